"""What is to change, who sees to it, and until when."""

from tocsin.respond.reports.document import Block, Line, Table
from tocsin.respond.reports.material import Material, spelt, when
from tocsin.respond.reports.section import Section


def build(material: Material) -> tuple[Block, ...]:
    """One item a row."""
    rows = tuple(
        (spelt(each.state), each.what, material.name_of(each.owner), when(each.due_at), each.note)
        for each in material.incident.items.values()
    )
    if not rows:
        return (Line("No action item is agreed."),)
    return (Table(("State", "What", "Owner", "Due", "Note"), rows, (2, 6, 3, 3, 4)),)


section = Section(id="action-items", title="Action items", place=160, build=build)
