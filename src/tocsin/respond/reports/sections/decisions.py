"""What was decided, from which options, why, and by whom."""

from tocsin.respond.reports.document import Block, Line, Table
from tocsin.respond.reports.material import Material, when
from tocsin.respond.reports.section import Section


def build(material: Material) -> tuple[Block, ...]:
    """One decision a row."""
    rows = tuple(
        (
            when(each.at),
            each.what,
            "; ".join(each.options) or "none written down",
            each.why,
            material.name_of(each.decided_by or each.by),
        )
        for each in material.incident.decisions.values()
    )
    if not rows:
        return (Line("No decision is written down."),)
    return (Table(("When", "Decided", "Options", "Why", "By"), rows, (3, 4, 4, 4, 2)),)


section = Section(id="decisions", title="Decisions", place=100, build=build)
