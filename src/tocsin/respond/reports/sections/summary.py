"""What it is, how bad, how it stands: the first half page."""

from tocsin.respond.incident.types import TYPES
from tocsin.respond.reports.document import Block, Line, Pairs, Prose
from tocsin.respond.reports.material import UNKNOWN, Material, spelt, when
from tocsin.respond.reports.section import Section


def build(material: Material) -> tuple[Block, ...]:
    """The facts, and what people wrote."""
    incident = material.incident
    pairs = (
        ("Incident", incident.number),
        ("Type", TYPES[incident.type].name if incident.type in TYPES else incident.type),
        ("Priority", f"{incident.priority} ({incident.priority.word})"),
        ("Status", f"{incident.status}, phase {incident.phase}"),
        ("Commander", material.name_of(incident.commander) if incident.commander else "nobody"),
        ("Began", when(incident.times.occurred)),
        ("Detected", when(incident.times.detected)),
        ("Verdict", _verdict(material)),
        ("Confidentiality", f"TLP:{incident.tlp.upper()}"),
    )
    said: Block = Prose(incident.summary) if incident.summary else Line("Nobody has written a summary yet.")
    return (said, Pairs(pairs))


def _verdict(material: Material) -> str:
    verdict = material.incident.verdict
    return UNKNOWN if verdict is None else spelt(verdict.verdict) + (f": {verdict.reason}" if verdict.reason else "")


section = Section(id="summary", title="Summary", place=10, build=build)
