"""The page of a bundle that people read first: no scripts, nothing from outside, everything foreign escaped."""

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from html import escape
from typing import Any

from tocsin.respond.evidence.contents import Contents, Record
from tocsin.respond.evidence.item import Item
from tocsin.respond.evidence.note import VerifyingKey

STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;margin:2em auto;max-width:75em;padding:0 1em;color:#111;background:#fff}"
    "table{border-collapse:collapse;width:100%;margin:1em 0}td,th{border:1px solid #bbb;padding:.3em .5em;"
    "text-align:left;vertical-align:top;overflow-wrap:anywhere}th{background:#eee}code{font-size:.85em}"
    "h1,h2{line-height:1.2}"
)
LONGEST_DETAIL = 400


def page(contents: Contents, key: VerifyingKey, file_of: Callable[[Item], str]) -> str:
    """The page, as HTML."""
    title = f"Evidence of {contents.incident.get('number', '')}: {contents.incident.get('title', '')}"
    return (
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f"<title>{_safe(title)}</title><style>{STYLE}</style></head><body><h1>{_safe(title)}</h1>"
        f"{_about(contents, key)}<h2>Evidence</h2>{_evidence(contents, file_of)}"
        f"<h2>Custody: who did what with it</h2>{_records(contents.custody)}"
        f"<h2>What happened</h2>{_records(contents.journal)}</body></html>\n"
    )


def _about(contents: Contents, key: VerifyingKey) -> str:
    exported = contents.exported
    told = (
        ("Sealed", f"{_time(exported['at'])} by {exported['by']}: {exported['why']}"),
        ("Journal", f"the first {contents.checkpoint.size} records, root {contents.checkpoint.root}"),
        ("Time-stamped by", ", ".join(authority for _, authority, _ in contents.stamps) or "nobody"),
        ("Key", key.text),
        ("Its fingerprint", key.fingerprint),
        (
            "To verify",
            "python3 verify.py BUNDLE.zip --key KEYFILE, or tocsin evidence verify BUNDLE.zip --key KEYFILE; "
            "get the key from the organisation by another way than this bundle",
        ),
    )
    return _table((), told)


def _evidence(contents: Contents, file_of: Callable[[Item], str]) -> str:
    rows = [
        (
            item.id,
            file_of(item) or "(destroyed)",
            item.name,
            item.type.value,
            f"{item.size:,}",
            item.sha256,
            item.source,
        )
        for item in contents.items
    ]
    return _table(("id", "file", "name", "type", "bytes", "SHA-256", "source"), rows)


def _records(records: Sequence[Record]) -> str:
    return _table(("record", "when", "who", "what", "of", "details"), [_row(record) for record in records])


def _row(record: Record) -> tuple[str, ...]:
    told: dict[str, Any] = json.loads(record.line)
    details = json.dumps(told["data"], ensure_ascii=False)
    shown = details if len(details) <= LONGEST_DETAIL else f"{details[:LONGEST_DETAIL]} …"
    return (str(record.position), _time(told["occurred_at"]), told["actor"], told["kind"], record.stream, shown)


def _table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    head = f"<tr>{''.join(f'<th>{_safe(each)}</th>' for each in headings)}</tr>" if headings else ""
    body = "".join(f"<tr>{''.join(f'<td>{_safe(cell)}</td>' for cell in row)}</tr>" for row in rows)
    return f"<table>{head}{body}</table>"


def _safe(text: str) -> str:
    """Escaped, and with what would turn the reading order around or be invisible written as its code."""
    return escape("".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in str(text)))


def _time(seconds: float) -> str:
    try:
        return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")
    except (OverflowError, ValueError, OSError):
        return str(seconds)
