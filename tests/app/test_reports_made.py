"""Reports of what stands in a store: gathered as far as somebody may see, noted in the audit, kept as evidence."""

import hashlib
from pathlib import Path

import pytest

from estates import ACME
from incident_case import ADA, BEGAN, BEN, INCIDENT, told
from stores import store
from tocsin.app.desk import Desk
from tocsin.app.evidence.custody import show
from tocsin.app.reports import Form, export, gathered, keep, report
from tocsin.app.settings import parse
from tocsin.edge import clock
from tocsin.edge.store import incidents, journal
from tocsin.edge.store.opening import Store
from tocsin.model.actor import Actor, ActorKind
from tocsin.model.errors import NotFound, Unacceptable
from tocsin.respond.incident.events import Declared, RestrictionChanged
from tocsin.respond.journal import AUDIT

__all__ = ["store"]
CAS = Actor(ActorKind.USER, "cas")


@pytest.fixture
def desk(store: Store, tmp_path: Path) -> Desk:
    """With the incident of `incident_case` in its store."""
    (tmp_path / "estate.toml").write_text(ACME)
    said = f'[estate]\nfile = "{tmp_path}/estate.toml"\n[evidence]\nfolder = "{tmp_path}/evidence"\n'
    made = Desk(
        settings=parse(said, "tocsin.toml", {}), store=store, clock=lambda: BEGAN + 10_000, entropy=clock.entropy
    )
    with store.engine.begin() as connection:
        for after, actor, event in told(str):
            at = {"actor": actor, "occurred_at": BEGAN + after, "now": BEGAN + after}
            if isinstance(event, Declared):
                incidents.declare(connection, incident=INCIDENT, events=[event], **at)
            else:
                incidents.record(connection, INCIDENT, [event], **at)
    return made


def audit(desk: Desk) -> list[tuple[str, str, str]]:
    entries = journal.stream(desk.store.engine, AUDIT)
    return [(entry.kind, str(entry.actor), entry.data["sha256"]) for entry in entries]


@pytest.mark.parametrize("form", list(Form))
def test_a_report_is_made_in_every_form_and_its_digest_stands_in_the_audit(desk: Desk, form: Form) -> None:
    made = report(desk, ADA, INCIDENT, form=form)

    assert made.name.startswith("INC-2025-0001-incident."), "the number that the store gave"
    assert audit(desk) == [("report_made", "user:ada", hashlib.sha256(made.content).hexdigest())]


def test_an_export_is_noted_too_and_a_misspelt_one_is_refused(desk: Desk) -> None:
    made = export(desk, BEN, INCIDENT, "stix")

    assert (made.name, made.media_type) == ("INC-2025-0001.stix.json", "application/stix+json;version=2.1")
    assert audit(desk) == [("incident_exported", "user:ben", made.sha256)]
    with pytest.raises(Unacceptable, match="did you mean 'stix'"):
        export(desk, BEN, INCIDENT, "stixx")


def test_a_report_that_is_kept_is_evidence_and_stands_in_the_next_one(desk: Desk) -> None:
    made = report(desk, ADA, INCIDENT, form=Form.PDF, kind="executive")
    item = keep(desk, ADA, made, "as told to the board")

    kept, custody = show(desk, ADA, item.id)
    assert (kept.sha256, kept.media, kept.incident) == (made.sha256, "application/pdf", INCIDENT)
    assert custody[0].data["why"] == "as told to the board"
    assert item.id in {piece.id for piece in gathered(desk, ADA, INCIDENT).evidence}
    assert made.sha256 in report(desk, ADA, INCIDENT, form=Form.MARKDOWN).content.decode()


def test_a_restricted_incident_is_not_there_for_others_and_reading_it_is_entered(desk: Desk) -> None:
    with desk.store.engine.begin() as connection:
        restricted = RestrictionChanged(is_restricted=True, codename="HERON", reason="insider")
        now = BEGAN + 9_500
        incidents.record(connection, INCIDENT, [restricted], actor=ADA, occurred_at=now, now=now)

    with pytest.raises(NotFound):
        report(desk, CAS, INCIDENT, form=Form.HTML)
    with pytest.raises(NotFound):
        export(desk, CAS, INCIDENT, "misp")

    made = report(desk, ADA, INCIDENT, form=Form.MARKDOWN)
    assert "# INC-2025-0001: HERON" in made.content.decode(), "its title is not told"
    assert [kind for kind, _, _ in audit(desk)] == ["report_made"]
    entries = journal.stream(desk.store.engine, f"incident:{INCIDENT}")
    assert entries[-1].kind == "viewed"
