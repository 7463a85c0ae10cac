"""A report of chosen sections."""

import difflib
from collections.abc import Collection, Mapping
from functools import cache

import tocsin.respond.reports.sections
from tocsin.model.errors import Unacceptable
from tocsin.model.extension import load
from tocsin.respond.reports.document import Document, Part
from tocsin.respond.reports.material import Material, when
from tocsin.respond.reports.section import Section

EXECUTIVE = ("summary", "impact", "funds", "times", "decisions", "updates", "action-items")
REGULATOR = ("summary", "classification", "impact", "funds", "times", "timeline", "clocks", "decisions", "updates")
REVIEW = ("summary", "impact", "funds", "times", "timeline", "clocks", "decisions", "review", "action-items")


@cache
def sections() -> Mapping[str, Section]:
    """Every section, in the order in which they stand."""
    found = load(tocsin.respond.reports.sections, Section).values()
    return {each.id: each for each in sorted(found, key=lambda each: each.place)}


def kinds() -> Mapping[str, Collection[str]]:
    """The kinds of reports, and the sections of each (reference: incident response, 12.3)."""
    return {"incident": tuple(sections()), "executive": EXECUTIVE, "regulator": REGULATOR, "review": REVIEW}


def chosen(kind: str, names: Collection[str] = ()) -> tuple[str, ...]:
    """The sections of a kind, or these instead, in their order. Raises `Unacceptable` for one that is not there."""
    if kind not in kinds():
        raise Unacceptable(f"there is no kind of report {kind[:40]!r}; {_nearest(kind, kinds())}")
    for name in names:
        if name not in sections():
            raise Unacceptable(f"there is no section {name[:40]!r}; {_nearest(name, sections())}")
    wanted = names or kinds()[kind]
    return tuple(name for name in sections() if name in wanted)


def document(material: Material, kind: str = "incident", names: Collection[str] = ()) -> Document:
    """The report of a kind, or of these sections. Raises `Unacceptable`."""
    incident = material.incident
    parts = (sections()[name] for name in chosen(kind, names))
    return Document(
        title=incident.name,
        number=incident.number,
        tlp=f"TLP:{incident.tlp.upper()}",
        is_exercise=bool(incident.exercise),
        made=f"Made {when(material.made_at)} by {material.name_of(material.made_by)}",
        made_at=material.made_at,
        parts=tuple(Part(id=each.id, title=each.title, blocks=each.build(material)) for each in parts),
    )


def _nearest(name: str, known: Collection[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1, cutoff=0)
    return f"did you mean {near[0]!r}? Known: {', '.join(known)}"
