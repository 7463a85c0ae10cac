"""A report as one HTML file that loads nothing and runs nothing."""

import html
from collections.abc import Iterable, Sequence

import nh3
from markdown_it import MarkdownIt

from tocsin.respond.reports.document import Block, Bullets, Document, Figure, Line, Pairs, Part, Prose, Table
from tocsin.respond.reports.markdown import EXERCISE
from tocsin.respond.reports.plain import line, visible

TAGS = {"p", "em", "strong", "ul", "ol", "li", "code", "pre", "blockquote", "br", "h4", "h5", "h6", "hr"}
"""What may be in what people write: nothing that loads, links or runs."""
_HEADINGS = {"h1": "h4", "h2": "h5", "h3": "h6"}
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
_STYLE = """
body { font: 15px/1.5 Georgia, serif; color: #222; max-width: 62rem; margin: 0 auto; padding: 3.5rem 1.5rem; }
h1, h2 { line-height: 1.2; } h2 { margin-top: 2.5rem; border-bottom: 1px solid #999; }
table { border-collapse: collapse; width: 100%; margin: 1rem 0; }
th, td { border: 1px solid #bbb; padding: .3rem .5rem; text-align: left; vertical-align: top; overflow-wrap: anywhere; }
th { background: #eee; } blockquote { margin-left: 0; padding-left: 1rem; border-left: 3px solid #bbb; }
.tlp { position: fixed; left: 0; right: 0; background: #000; padding: .2rem 1.5rem; font: bold 14px monospace; }
.tlp.top { top: 0; text-align: right; } .tlp.foot { bottom: 0; text-align: right; }
.tlp.red { color: #ff2b2b; } .tlp.amber { color: #ffc000; } .tlp.green { color: #33ff00; } .tlp.clear { color: #fff; }
.exercise { position: fixed; top: 40%; left: 0; right: 0; text-align: center; transform: rotate(-24deg);
  font: bold 8rem sans-serif; color: #b3261e; opacity: .12; pointer-events: none; }
svg { max-width: 100%; height: auto; } figcaption { font-style: italic; }
"""
"""Colours of labels as FIRST gives them for TLP 2.0."""


def render(document: Document) -> str:
    """The whole report; its confidentiality stands on every page."""
    title = f"{_text(document.number)}: {_text(document.title)}"
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        f"<title>{_text(document.tlp)} {title}</title><style>{_STYLE}</style></head><body>"
        f"{_tlp(document, 'top')}{_watermark(document)}<h1>{title}</h1>{_exercise(document)}"
        f"{''.join(map(_part, document.parts))}<p>{_text(document.made)}</p>{_tlp(document, 'foot')}</body></html>\n"
    )


def prose(text: str) -> str:
    """What people wrote in Markdown, as HTML in which nothing acts."""
    made: str = MarkdownIt("commonmark", {"html": False}).disable(["link", "image", "autolink"]).render(visible(text))
    for large, small in _HEADINGS.items():
        made = made.replace(f"<{large}>", f"<{small}>").replace(f"</{large}>", f"</{small}>")
    return nh3.clean(made, tags=TAGS, attributes={})


def _tlp(document: Document, place: str) -> str:
    colour = document.tlp.removeprefix("TLP:").partition("+")[0].lower()
    return f'<div class="tlp {place} {_text(colour)}">{_text(document.tlp)}</div>'


def _watermark(document: Document) -> str:
    return '<div class="exercise" aria-hidden="true">EXERCISE</div>' if document.is_exercise else ""


def _exercise(document: Document) -> str:
    return f"<p><strong>{EXERCISE}</strong></p>" if document.is_exercise else ""


def _part(part: Part) -> str:
    return f'<section id="{_text(part.id)}"><h2>{_text(part.title)}</h2>{"".join(map(_block, part.blocks))}</section>'


def _block(block: Block) -> str:
    match block:
        case Line(text):
            return f"<p>{_text(text)}</p>"
        case Prose(text):
            return f"<blockquote>{prose(text)}</blockquote>"
        case Bullets(items):
            return f"<ul>{''.join(f'<li>{_text(item)}</li>' for item in items)}</ul>"
        case Pairs(rows):
            return (
                f"<table>{''.join(f'<tr><th>{_text(name)}</th>{_cells([value])}</tr>' for name, value in rows)}</table>"
            )
        case Table(headings, rows):
            return _table(headings, rows)
        case Figure(svg, says):
            return f"<figure>{svg}<figcaption>{_text(says)}</figcaption></figure>"


def _table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    head = "".join(f"<th>{_text(each)}</th>" for each in headings)
    body = "".join(f"<tr>{_cells(row)}</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _cells(row: Iterable[str]) -> str:
    return "".join(f"<td>{_text(each)}</td>" for each in row)


def _text(text: str) -> str:
    return html.escape(line(text))
