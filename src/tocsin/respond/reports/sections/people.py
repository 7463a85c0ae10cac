"""Who had which role when, and who was paged."""

from tocsin.respond.reports.document import Block, Line, Table
from tocsin.respond.reports.material import Material, spelt, when
from tocsin.respond.reports.section import Section


def build(material: Material) -> tuple[Block, ...]:
    """Roles with their times, then pages."""
    incident = material.incident
    roles = tuple(
        (
            spelt(each.role),
            material.name_of(each.person),
            when(each.since),
            "until now" if each.until is None else when(each.until),
        )
        for each in incident.assignments
    )
    pages = tuple(
        (when(each.at), material.name_of(each.person), spelt(each.state), each.channel, each.reason)
        for each in incident.pages.values()
    )
    first: Block = Table(("Role", "Who", "From", "To"), roles) if roles else Line("Nobody had a role.")
    second: Block = (
        Table(("Last seen", "Who", "Page", "Channel", "Reason"), pages) if pages else Line("Nobody was paged.")
    )
    return (first, second)


section = Section(id="people", title="People", place=90, build=build)
