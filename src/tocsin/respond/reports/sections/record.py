"""What the report rests on: how far the journal was read, and the digest of its last entry."""

from tocsin.respond.reports.document import Block, Line, Pairs
from tocsin.respond.reports.material import Material, when
from tocsin.respond.reports.section import Section


def build(material: Material) -> tuple[Block, ...]:
    """The state of the record."""
    last = material.entries[-1]
    pairs = (
        ("Incident id", material.incident.id),
        ("Entries read", f"{len(material.entries):,}"),
        ("Last entry", f"number {last.sequence}, recorded {when(last.recorded_at)}"),
        ("Its digest (RFC 6962 leaf)", last.digest),
    )
    says = "Each entry names the digest of the one before it: this digest stands for all of them. Times are UTC."
    return (Pairs(pairs), Line(says))


section = Section(id="record", title="The record", place=170, build=build)
