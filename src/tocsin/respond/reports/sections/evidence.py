"""The evidence: each piece with its digest, so that anybody who has the bytes can hold them against it."""

from tocsin.respond.reports.document import Block, Line, Table
from tocsin.respond.reports.material import Material, when
from tocsin.respond.reports.section import Section


def build(material: Material) -> tuple[Block, ...]:
    """One piece a row."""
    kept = {item.id: item for item in material.evidence}
    of_events = (
        ("", each.name, each.type, each.sha256, each.evidence)
        for each in material.incident.evidence
        if each.evidence not in kept
    )
    of_items = (
        (when(item.added_at), f"{item.name}, {item.size:,} bytes, {item.state}", item.type.value, item.sha256, item.id)
        for item in kept.values()
    )
    rows = (*of_items, *of_events)
    if not rows:
        return (Line("No evidence is kept."),)
    return (
        Table(("Kept", "Piece", "Type", "SHA-256", "Id"), rows, (3, 4, 2, 6, 4)),
        Line("Check a sealed bundle of it without tocsin's help: tocsin evidence verify BUNDLE."),
    )


section = Section(id="evidence", title="Evidence", place=140, build=build)
