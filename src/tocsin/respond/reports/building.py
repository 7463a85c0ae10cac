"""A report of chosen sections."""

import difflib
from collections.abc import Collection, Mapping
from dataclasses import replace
from functools import cache

import tocsin.respond.reports.sections
from tocsin.model.errors import Unacceptable
from tocsin.model.extension import load
from tocsin.respond.reports.document import Block, Document, Part, Table
from tocsin.respond.reports.material import Material, when
from tocsin.respond.reports.section import Section

MOST_ROWS = 10_000
"""Of one table: a storm of alerts must not make a report that nobody can open."""
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


def document(
    material: Material, kind: str = "incident", names: Collection[str] = (), *, most_rows: int = MOST_ROWS
) -> Document:
    """
    The report of a kind, or of these sections; of a longer table the first and the last rows. Raises `Unacceptable`.
    """
    incident = material.incident
    parts = (sections()[name] for name in chosen(kind, names))
    return Document(
        title=incident.name,
        number=incident.number,
        tlp=f"TLP:{incident.tlp.upper()}",
        is_exercise=bool(incident.exercise),
        made=f"Made {when(material.made_at)} by {material.name_of(material.made_by)}",
        made_at=material.made_at,
        parts=tuple(
            Part(id=each.id, title=each.title, blocks=tuple(_cut(block, most_rows) for block in each.build(material)))
            for each in parts
        ),
    )


def _cut(block: Block, most_rows: int) -> Block:
    if not isinstance(block, Table) or len(block.rows) <= most_rows:
        return block
    half, columns = most_rows // 2, len(block.headings)
    left_out = (f"{len(block.rows) - 2 * half:,} rows are left out here; the journal and the exports have them.",)
    gap = (*left_out, *("" for _ in range(columns - 1)))
    return replace(block, rows=(*block.rows[:half], gap, *block.rows[-half:]))


def _nearest(name: str, known: Collection[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1, cutoff=0)
    return f"did you mean {near[0]!r}? Known: {', '.join(known)}"
