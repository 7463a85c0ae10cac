"""
The timeline as CSV: for Timesketch, other timeline tools and spreadsheets.

## What it holds
One line an event, as the report's timeline has it, in UTC: `datetime`, `timestamp_desc`, `message`, and beside them the
actor, the kind of entry, and `timestamp` in microseconds.

## What it leaves out
Everything but the timeline. Lines that people keep out of reports are not in it. A cell that a spreadsheet would take
for a formula begins with an apostrophe.

## Source
Timesketch, "Create timeline from JSON/JSONL/CSV file": the first three columns are required there.
"""

import csv
import io

from tocsin.respond.export import Export, timestamp
from tocsin.respond.reports.material import Material
from tocsin.respond.reports.plain import line
from tocsin.respond.reports.story import story

COLUMNS = ("datetime", "timestamp", "timestamp_desc", "message", "actor", "kind")
MICROSECONDS = 1_000_000
FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""How a cell begins that a spreadsheet works out."""


def write(material: Material) -> bytes:
    """The lines, oldest first."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(COLUMNS)
    for told in story(material):
        at = (timestamp(told.at), str(round(told.at * MICROSECONDS)), "Event Time")
        writer.writerow((*at, *(_cell(text) for text in (told.text, told.who, told.kind))))
    return buffer.getvalue().encode()


def _cell(text: str) -> str:
    shown = line(text)
    return f"'{shown}" if shown.startswith(FORMULA) else shown


export = Export(id="timeline-csv", title="Timeline as CSV", media_type="text/csv", ending=".csv", write=write)
