"""A report as Markdown (CommonMark with tables)."""

import re
from collections.abc import Iterable, Sequence

from tocsin.respond.reports.document import Block, Bullets, Document, Figure, Line, Pairs, Part, Prose, Table
from tocsin.respond.reports.plain import line, visible

EXERCISE = "EXERCISE. Nothing of this happened for real."
_ACTS = re.compile(r"([\\`*_{}\[\]<>#|~&$@]|(?<=:)/(?=/)|(?<=www)\.|^[-+=]|(?<=^\d)[.)])", re.IGNORECASE)
"""What is markup wherever it stands, what makes a link of plain text, and what is markup where a line begins."""
_MARKED = re.compile(r"([\\<\[\]|&@]|(?<=:)/(?=/)|(?<=www)\.)", re.IGNORECASE)


def render(document: Document) -> str:
    """The whole report; its confidentiality stands first and last."""
    exercise = [f"**{EXERCISE}**"] if document.is_exercise else []
    head = [f"**{escaped(document.tlp)}**", *exercise, f"# {escaped(document.number)}: {escaped(document.title)}"]
    parts = [block for part in document.parts for block in _part(part)]
    foot = [escaped(document.made), *exercise, f"**{escaped(document.tlp)}**"]
    return "\n\n".join([*head, *parts, "---", *foot]) + "\n"


def escaped(text: str) -> str:
    """Text in which nothing is markup: no link, no picture, no heading, no mention."""
    return _ACTS.sub(r"\\\1", line(text))


def _part(part: Part) -> Iterable[str]:
    yield f"## {escaped(part.title)}"
    yield from map(_block, part.blocks)


def _block(block: Block) -> str:
    match block:
        case Line(text):
            return escaped(text)
        case Prose(text):
            return _prose(text)
        case Bullets(items):
            return "\n".join(f"- {escaped(item)}" for item in items)
        case Pairs(rows):
            return _table(("", ""), rows)
        case Table(headings, rows):
            return _table(headings, rows)
        case Figure(_, says):
            return f"*{escaped(says)}*"


def _prose(text: str) -> str:
    """Quoted, so that it begins no section of ours; emphasis and lists stay, links, pictures and HTML do not."""
    return "\n".join(f"> {_MARKED.sub(_BEFORE, each)}" for each in visible(text).split("\n"))


_BEFORE = r"\\\1"


def _table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = (_row(headings), _row(["---"] * len(headings), raw=True), *map(_row, rows))
    return "\n".join(lines)


def _row(cells: Sequence[str], *, raw: bool = False) -> str:
    return "| " + " | ".join(each if raw else escaped(each) for each in cells) + " |"
