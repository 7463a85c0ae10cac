"""Reports and exports of an incident: gathered, made, noted in the audit, and kept where that is asked for."""

import hashlib
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum

from tocsin.app.desk import Desk
from tocsin.app.estate.estate import estate_now, holdings_now
from tocsin.app.evidence import custody as evidence
from tocsin.app.evidence.rules import Given
from tocsin.app.incidents import incidents
from tocsin.edge.store import journal
from tocsin.edge.store.errors import named_errors
from tocsin.edge.typesetting import pdf
from tocsin.model.actor import Actor
from tocsin.model.errors import Unacceptable
from tocsin.respond.estate.fields import nearest, shown
from tocsin.respond.evidence.item import Item
from tocsin.respond.export import exports
from tocsin.respond.journal import AUDIT, Draft
from tocsin.respond.reports import markdown, pages, web_page
from tocsin.respond.reports.building import MOST_ROWS, document
from tocsin.respond.reports.document import Document
from tocsin.respond.reports.material import Material

REPORT_MADE, EXPORTED = "report_made", "incident_exported"
"""Kinds of entries in the audit: what left the house, by its digest."""
MOST_PRINTED_ROWS = 1_000
"""Of one table on paper: the typesetter holds all pages in memory, about 200 MiB for so many rows of three tables."""
MOST_PIECES = 10_000
"""Of evidence in one report."""


class Form(StrEnum):
    """The forms of a report."""

    MARKDOWN = "markdown"
    HTML = "html"
    PDF = "pdf"


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A file that was made."""

    name: str
    media_type: str
    content: bytes
    incident: str
    """The incident's id."""

    @property
    def sha256(self) -> str:
        """The digest of its content, 64 hexadecimal digits."""
        return hashlib.sha256(self.content).hexdigest()


@dataclass(frozen=True, slots=True)
class _Renderer:
    ending: str
    media_type: str
    render: Callable[[Document], bytes]
    most_rows: int = MOST_ROWS


_RENDERERS: Mapping[Form, _Renderer] = {
    Form.MARKDOWN: _Renderer(".md", "text/markdown; charset=utf-8", lambda made: markdown.render(made).encode()),
    Form.HTML: _Renderer(".html", "text/html; charset=utf-8", lambda made: web_page.render(made).encode()),
    Form.PDF: _Renderer(
        ".pdf",
        "application/pdf",
        lambda made: pdf(pages.TEMPLATE, pages.data(made), made_at=made.made_at),
        MOST_PRINTED_ROWS,
    ),
}


def report(
    desk: Desk,
    actor: Actor,
    incident: str,
    *,
    form: Form,
    kind: str = "incident",
    sections: Collection[str] = (),
) -> Made:
    """
    The report of a kind, or of these sections, as it stands now; that it was made stands in the audit.

    Raises `NotFound`, `Unacceptable` and `StoreError`.
    """
    material = gathered(desk, actor, incident)
    renderer = _RENDERERS[form]
    made = document(material, kind, sections, most_rows=renderer.most_rows)
    content = renderer.render(made)
    name = f"{material.incident.number}-{kind}{renderer.ending}"
    file = Made(name=name, media_type=renderer.media_type, content=content, incident=material.incident.id)
    _note(desk, actor, REPORT_MADE, file)
    return file


def export(desk: Desk, actor: Actor, incident: str, form: str) -> Made:
    """
    The incident in another program's form; that it was made stands in the audit.

    Raises `NotFound`, `Unacceptable` and `StoreError`.
    """
    if form not in exports():
        raise Unacceptable(f"there is no export {shown(form)}; {nearest(form, exports())}")
    material, how = gathered(desk, actor, incident), exports()[form]
    name = f"{material.incident.number}{how.ending}"
    file = Made(name=name, media_type=how.media_type, content=how.write(material), incident=material.incident.id)
    _note(desk, actor, EXPORTED, file)
    return file


def keep(desk: Desk, actor: Actor, made: Made, why: str) -> Item:
    """Keep a report as evidence of its incident, so that what was told when can be shown later. Raises `StoreError`."""
    given = Given(
        name=made.name,
        why=why,
        media=made.media_type.partition(";")[0],
        source="tocsin",
        method="made of the journal",
        tool="tocsin report",
        incident=made.incident,
    )
    return evidence.add(desk, actor, given, [made.content], sha256=made.sha256)


def gathered(desk: Desk, actor: Actor, incident: str) -> Material:
    """What a report is made of, as far as this actor may see it. Raises `NotFound`, `EstateError`, `StoreError`."""
    found, entries = incidents.entries(desk, actor, incident)
    return Material(
        incident=found,
        entries=entries,
        evidence=evidence.listing(desk, actor, incident=found.id, limit=MOST_PIECES),
        made_at=desk.clock(),
        made_by=str(actor),
        estate=estate_now(desk),
        holdings=holdings_now(desk),
    )


def _note(desk: Desk, actor: Actor, kind: str, made: Made) -> None:
    now = desk.clock()
    data = {"incident": made.incident, "name": made.name, "sha256": made.sha256}
    with named_errors(), desk.store.engine.begin() as connection:
        journal.append(connection, [Draft(stream=AUDIT, kind=kind, actor=actor, occurred_at=now, data=data)], now=now)
    desk.ring()
