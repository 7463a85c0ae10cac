"""
A report for the typesetter: a fixed template, and the text as data beside it.

The template never contains text of a report: it reads it as JSON, and Typst shows a string as it is. So nothing in a
report can be markup or code, whoever wrote it. Characters that the typesetter's own fonts lack are written as their
code, so that none vanishes; the test of this module holds `HAS` against the fonts.
"""

import json
from collections.abc import Mapping
from typing import Any

from tocsin.respond.reports.document import Block, Bullets, Document, Figure, Line, Pairs, Prose, Table
from tocsin.respond.reports.markdown import EXERCISE
from tocsin.respond.reports.plain import line, visible

HAS = (
    (0x20, 0x7E),
    (0xA0, 0x17F),
    (0x391, 0x3A1),
    (0x3A3, 0x3A9),
    (0x3B1, 0x3C9),
    (0x410, 0x44F),
    (0x2010, 0x2015),
    (0x2018, 0x201E),
    (0x2020, 0x2022),
    (0x2026, 0x2026),
    (0x20AC, 0x20AC),
    (0x2190, 0x2193),
    (0x2605, 0x2605),
)
"""First and last of each range of characters that the fonts within the typesetter have."""

TEMPLATE = """\
#let d = json(bytes(sys.inputs.report))
#let tlp-colour = (red: rgb("#ff2b2b"), amber: rgb("#ffc000"), green: rgb("#33ff00"), clear: rgb("#ffffff"))
#let label = box(fill: black, inset: 4pt, text(
  fill: tlp-colour.at(d.colour, default: white), font: "DejaVu Sans Mono", weight: "bold", size: 9pt, d.tlp))
#set document(title: d.number + ": " + d.title, author: "tocsin")
#set text(font: ("Libertinus Serif", "DejaVu Sans Mono"), size: 10pt, lang: "en", hyphenate: false)
#set page(
  paper: "a4",
  margin: (x: 1.8cm, y: 2.3cm),
  header: align(right, label),
  footer: grid(columns: (1fr, auto, 1fr), align: (left, center, right),
    text(size: 8pt, d.number), text(size: 8pt, context counter(page).display("1 / 1", both: true)), label),
  background: if d.exercise {
    rotate(-35deg, text(size: 90pt, weight: "bold", fill: rgb("#f3dedc"), "EXERCISE"))
  },
)
#show heading.where(level: 2): it => block(above: 1.6em, below: 0.8em, it)
#let broken(s) = for (number, word) in s.split(" ").enumerate() {
  if number > 0 [ ]
  if word.len() > 12 { word.codepoints().chunks(6).map(chunk => box(chunk.join())).join() } else { word }
}
#let cells(row) = row.map(cell => text(size: 8pt, broken(cell)))
#let show-block(b) = {
  if b.kind == "line" { par(broken(b.text)) }
  if b.kind == "prose" {
    block(inset: (left: 1em), stroke: (left: 1.5pt + luma(180)), for p in b.paragraphs { par(broken(p)) })
  }
  if b.kind == "bullets" { list(..b.items.map(item => broken(item))) }
  if b.kind == "pairs" {
    table(columns: (auto, 1fr), stroke: 0.5pt + luma(180),
      ..b.rows.map(row => (text(size: 8pt, weight: "bold", row.at(0)), text(size: 8pt, broken(row.at(1))))).flatten())
  }
  if b.kind == "table" {
    table(columns: b.widths.map(width => width * 1fr), stroke: 0.5pt + luma(180), align: left,
      table.header(..b.headings.map(heading => text(size: 8pt, weight: "bold", heading))),
      ..b.rows.map(cells).flatten())
  }
  if b.kind == "figure" {
    figure(image(bytes(b.svg), format: "svg", width: 100%, alt: b.says), caption: b.says, numbering: none)
  }
}
= #d.heading
#if d.exercise { par(strong(d.exercise-says)) }
#for part in d.parts {
  heading(level: 2, part.title)
  for b in part.blocks { show-block(b) }
}
#par(text(size: 8pt, d.made))
"""


def data(document: Document) -> str:
    """What the template reads: JSON."""
    return json.dumps(
        {
            "number": printed(document.number),
            "title": printed(document.title),
            "heading": printed(f"{document.number}: {document.title}"),
            "tlp": printed(document.tlp),
            "colour": document.tlp.removeprefix("TLP:").partition("+")[0].lower(),
            "exercise": document.is_exercise,
            "exercise-says": EXERCISE,
            "made": printed(document.made),
            "parts": [
                {"title": printed(part.title), "blocks": [_block(block) for block in part.blocks]}
                for part in document.parts
            ],
        }
    )


def printed(text: str) -> str:
    """The text in characters that the fonts have."""
    return "".join(each if _is_there(ord(each)) else f"[U+{ord(each):04X}]" for each in line(text))


def _is_there(code: int) -> bool:
    return any(first <= code <= last for first, last in HAS)


def _block(block: Block) -> Mapping[str, Any]:
    match block:
        case Line(text):
            return {"kind": "line", "text": printed(text)}
        case Prose(text):
            return {
                "kind": "prose",
                "paragraphs": [printed(each) for each in visible(text).split("\n") if each.strip()],
            }
        case Bullets(items):
            return {"kind": "bullets", "items": list(map(printed, items))}
        case Pairs(rows):
            return {"kind": "pairs", "rows": [list(map(printed, row)) for row in rows]}
        case Table(headings, rows, widths):
            return {
                "kind": "table",
                "headings": list(map(printed, headings)),
                "rows": [list(map(printed, row)) for row in rows],
                "widths": list(widths or [1] * len(headings)),
            }
        case Figure(svg, says):
            return {"kind": "figure", "svg": svg, "says": printed(says)}
