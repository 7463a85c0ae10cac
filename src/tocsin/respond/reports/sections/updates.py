"""What stakeholders were told, when, and how confidential it was."""

from tocsin.respond.reports.document import Block, Line, Table
from tocsin.respond.reports.material import Material, when
from tocsin.respond.reports.section import Section


def build(material: Material) -> tuple[Block, ...]:
    """One update a row."""
    rows = tuple(
        (when(each.at), each.audience, f"TLP:{each.tlp.upper()}", each.text, material.name_of(each.by))
        for each in material.incident.updates
    )
    if not rows:
        return (Line("No stakeholder was told."),)
    return (Table(("When", "Whom", "TLP", "What", "By"), rows, (3, 2, 2, 7, 2)),)


section = Section(id="updates", title="Updates to stakeholders", place=120, build=build)
