"""Why it has the priority it has, and every one it had before."""

from tocsin.respond.reports.document import Block, Bullets, Line, Table
from tocsin.respond.reports.material import Material, spelt, when
from tocsin.respond.reports.section import Section


def build(material: Material) -> tuple[Block, ...]:
    """The reasons, and the history where there is one."""
    incident = material.incident
    by = f"by the rule {incident.rule}" if incident.rule else "by a person, who overrode the table"
    rows = tuple(
        (when(each.at), each.priority, spelt(each.type), material.name_of(each.by), "; ".join(each.because))
        for each in incident.ratings
    )
    history = (Table(("When", "Priority", "Type", "By", "Because"), rows, (3, 1, 2, 2, 5)),) if len(rows) > 1 else ()
    return (Line(f"{incident.priority}, {spelt(incident.type)}, {by}."), Bullets(incident.because), *history)


section = Section(id="classification", title="Classification", place=20, build=build)
