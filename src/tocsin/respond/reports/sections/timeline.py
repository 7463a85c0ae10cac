"""What happened, line by line, with who did it; lines that people pinned are marked."""

from tocsin.respond.reports.document import Block, Table
from tocsin.respond.reports.material import Material, when
from tocsin.respond.reports.section import Section
from tocsin.respond.reports.story import story

PINNED = "★ "


def build(material: Material) -> tuple[Block, ...]:
    """The journal as a story."""
    rows = tuple((when(told.at), (PINNED if told.is_pinned else "") + told.text, told.who) for told in story(material))
    return (Table(("When", "What", "Who"), rows, (3, 9, 2)),)


section = Section(id="timeline", title="Timeline", place=60, build=build)
