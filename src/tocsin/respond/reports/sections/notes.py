"""What people wrote down on the way, each note in its newest version."""

from collections.abc import Iterator

from tocsin.respond.reports.document import Block, Line, Prose
from tocsin.respond.reports.material import Material, when
from tocsin.respond.reports.section import Section


def build(material: Material) -> tuple[Block, ...]:
    """The notes, oldest first."""
    return tuple(_notes(material)) or (Line("There are no notes."),)


def _notes(material: Material) -> Iterator[Block]:
    for note in material.incident.notes.values():
        newest = note.versions[-1]
        yield Line(f"{material.name_of(newest.by)}, {when(newest.at)}:")
        yield Prose(newest.text)


section = Section(id="notes", title="Notes", place=130, build=build)
