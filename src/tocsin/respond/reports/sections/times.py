"""How it came how far, and how long each step took."""

from tocsin.respond.reports.charts import Moment, moments
from tocsin.respond.reports.document import Block, Figure, Line, Table
from tocsin.respond.reports.material import UNKNOWN, Material, lasting, when
from tocsin.respond.reports.section import Section

NAMES = (
    "occurred",
    "detected",
    "declared",
    "acknowledged",
    "contained",
    "eradicated",
    "recovered",
    "resolved",
    "closed",
)


def build(material: Material) -> tuple[Block, ...]:
    """A drawing and the same as a table."""
    times = material.incident.times
    found = [(name, getattr(times, name)) for name in NAMES]
    known = [Moment(name, at) for name, at in found if at is not None]
    first = min(each.at for each in known)
    rows = tuple((name, when(at), UNKNOWN if at is None else lasting(at - first)) for name, at in found)
    corrected = ", ".join(material.incident.corrected)
    return (
        Figure(moments(known), f"From {known[0].name} on: {', '.join(each.name for each in known)}."),
        Table(("Step", "When", "After the first"), rows),
        *((Line(f"Corrected by hand: {corrected}."),) if corrected else ()),
    )


section = Section(id="times", title="Times", place=50, build=build)
