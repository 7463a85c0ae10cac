"""Evidence is kept with its bytes, and what anybody does with it stands in its custody record."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from evidence_case import ADA, BOB, Case, case, chunks, given
from tocsin.app.evidence import custody as evidence
from tocsin.app.evidence.check import check
from tocsin.app.evidence.custody import Purpose
from tocsin.edge.store.evidence import insert
from tocsin.edge.store.health import open_alerts
from tocsin.edge.store.journal import stream
from tocsin.edge.store.opening import Store
from tocsin.model.errors import DigestMismatch, NotFound, StoreUnavailable, Unacceptable, WrongState
from tocsin.respond.evidence.custody import Act
from tocsin.respond.evidence.item import Copy, Item, State

BYTES = b"what happened" * 1_000
SHA256 = hashlib.sha256(BYTES).hexdigest()


@pytest.fixture
def here(store: Store, tmp_path: Path) -> Case:
    return case(store, tmp_path)


def added(here: Case, data: bytes = BYTES, **more: object) -> Item:
    return evidence.add(here.desk, ADA, given(**more), chunks(data[:7], data[7:]))  # type: ignore[arg-type] # of Given


def acts(here: Case, item: Item) -> list[str]:
    return [entry.kind for entry in evidence.show(here.desk, ADA, item.id)[1]]


def test_what_is_added_is_kept_by_its_digest_and_read_only(here: Case) -> None:
    item = added(here)

    place = evidence.kept_in(here.desk).place(SHA256)
    assert (item.sha256, item.size) == (SHA256, len(BYTES))
    assert place.read_bytes() == BYTES
    assert place.stat().st_mode & 0o222 == 0
    assert place.parent.name == SHA256[2:4]
    assert acts(here, item) == ["collected"]
    assert here.rings


def test_what_is_added_to_an_incident_stands_in_its_stream(here: Case) -> None:
    incident = here.declare()

    item = added(here, incident="1")

    assert item.incident == incident
    assert stream(here.desk.store.engine, f"incident:{incident}")[-1].data["evidence"] == item.id


def test_a_digest_that_came_with_it_is_compared_and_a_mismatch_is_refused_and_recorded(here: Case) -> None:
    with pytest.raises(DigestMismatch, match=SHA256):
        evidence.add(here.desk, ADA, given(), chunks(BYTES), sha256="0" * 64)

    (entry,) = stream(here.desk.store.engine, "audit")
    assert (entry.kind, entry.data["found"], entry.data["said"]) == ("evidence_refused", SHA256, "0" * 64)
    assert evidence.listing(here.desk, ADA) == ()
    assert check(here.desk, ADA, "daily").orphans == ()


def test_too_much_is_refused_and_leaves_nothing(store: Store, tmp_path: Path) -> None:
    here = case(store, tmp_path, "most_bytes = 100\n")

    with pytest.raises(Unacceptable, match="100 bytes"):
        added(here)

    assert [path for path in (tmp_path / "evidence").rglob("*") if path.is_file()] == []


def test_an_upload_that_breaks_off_leaves_nothing(here: Case, tmp_path: Path) -> None:
    def broken() -> Iterator[bytes]:
        yield b"begin"
        raise ConnectionResetError

    with pytest.raises(StoreUnavailable):
        evidence.add(here.desk, ADA, given(), broken())

    assert [path for path in (tmp_path / "evidence").rglob("*") if path.is_file()] == []


def test_an_incident_that_is_not_there_takes_nothing(here: Case) -> None:
    with pytest.raises(NotFound):
        added(here, incident="INC-2026-0099")

    assert check(here.desk, ADA, "daily").orphans == ()


def test_whoever_reads_it_is_in_the_record_with_the_reason(here: Case) -> None:
    item = added(here)

    _, parts = evidence.get(here.desk, BOB, item.id, "for the report")

    assert b"".join(parts) == BYTES
    last = evidence.show(here.desk, ADA, item.id)[1][-1]
    assert (last.kind, str(last.actor), last.data["why"]) == ("accessed", "user:bob", "for the report")
    assert last.data["before"] == last.data["after"] == SHA256


def test_nobody_reads_it_without_a_reason(here: Case) -> None:
    item = added(here)

    with pytest.raises(Unacceptable, match="why"):
        evidence.get(here.desk, BOB, item.id, " ")


def test_bytes_that_changed_are_not_given_out_and_are_told(here: Case) -> None:
    item = added(here)
    place = evidence.kept_in(here.desk).place(SHA256)
    place.chmod(0o600)
    place.write_bytes(b"something else")

    with pytest.raises(DigestMismatch, match="have the SHA-256"):
        evidence.get(here.desk, BOB, item.id, "for the report")

    assert [alert.key for alert in open_alerts(here.desk.store.engine)] == [f"evidence:{item.id}"]
    last = evidence.show(here.desk, ADA, item.id)[1][-1]
    assert last.data["after"] == hashlib.sha256(b"something else").hexdigest()
    place.write_bytes(BYTES)
    assert check(here.desk, ADA, "daily").is_sound
    assert open_alerts(here.desk.store.engine) == ()


def test_a_check_finds_what_is_missing_and_what_is_left_over(here: Case) -> None:
    kept, gone = added(here), added(here, b"gone")
    evidence.kept_in(here.desk).remove(gone.sha256)
    folder = evidence.kept_in(here.desk)
    folder.keep(orphan := folder.receive(chunks(b"no row tells of it"), 100))

    found = check(here.desk, ADA, "daily")

    assert (found.sound, found.missing, found.changed, found.orphans) == (1, (gone.id,), (), (orphan.sha256,))
    assert not found.is_sound
    assert acts(here, kept) == ["collected", "verified"]


def test_what_is_under_legal_hold_is_not_destroyed(here: Case) -> None:
    item = added(here)
    evidence.hold(here.desk, ADA, item.id, "court order 7", by="counsel")

    with pytest.raises(WrongState, match="legal hold"):
        evidence.destroy(here.desk, ADA, item.id, "no longer needed")

    evidence.hold(here.desk, ADA, item.id, "order lifted", on=False, by="counsel")
    assert evidence.destroy(here.desk, ADA, item.id, "no longer needed").state is State.DESTROYED
    assert acts(here, item) == ["collected", "legal_hold_set", "legal_hold_lifted", "destroyed"]
    assert not evidence.kept_in(here.desk).place(SHA256).exists()
    with pytest.raises(WrongState, match="destroyed"):
        evidence.get(here.desk, ADA, item.id, "after all")


def test_what_is_to_be_kept_until_a_time_is_kept_until_then(here: Case) -> None:
    item = added(here, retain_until=here.clock.now + 1_000)

    with pytest.raises(WrongState, match="longer"):
        evidence.destroy(here.desk, ADA, item.id, "tidying up")

    here.clock.now += 2_000
    evidence.destroy(here.desk, ADA, item.id, "tidying up")


def test_bytes_that_another_piece_has_too_stay(here: Case) -> None:
    first = added(here)
    copy = added(here, copy=Copy.WORKING_COPY, parent=first.id)

    evidence.destroy(here.desk, ADA, copy.id, "work is done")

    assert evidence.kept_in(here.desk).whole(SHA256) == BYTES
    assert acts(here, first) == ["collected", "copied"]


def test_a_working_copy_has_the_bytes_of_its_original(here: Case) -> None:
    first = added(here)

    with pytest.raises(Unacceptable, match="differ"):
        added(here, b"other bytes", copy=Copy.WORKING_COPY, parent=first.id)
    with pytest.raises(Unacceptable, match="parent"):
        added(here, parent=first.id)


def test_who_gets_it_is_named(here: Case) -> None:
    item = added(here)

    evidence.release(here.desk, ADA, item.id, "court asked", to="Officer Dibble, LKA 42")

    last = evidence.show(here.desk, ADA, item.id)[1][-1]
    assert (last.kind, last.data["to"]) == ("released", "Officer Dibble, LKA 42")
    with pytest.raises(Unacceptable, match="to"):
        evidence.transfer(here.desk, ADA, item.id, "court asked", to="")


def test_evidence_of_a_restricted_incident_is_for_those_who_may_see_it(here: Case) -> None:
    incident = here.declare(is_restricted=True)
    insert_as = given(incident=None)
    with here.desk.store.engine.begin() as connection:
        item = insert_as.item(here.desk.new_id(), SHA256, 1, at=1.0, by="user:ada")
        insert(connection, Item(**{name: getattr(item, name) for name in item.__slots__ if name != "incident"}))
    secret = evidence.add(here.desk, ADA, given(incident=incident), chunks(b"x"))

    assert [each.id for each in evidence.listing(here.desk, BOB)] == [item.id]
    for asks in (evidence.seen, evidence.show):
        with pytest.raises(NotFound):
            asks(here.desk, BOB, secret.id)
    with pytest.raises(NotFound):
        evidence.handle(here.desk, BOB, secret.id, Act.ACCESSED, Purpose("curious"))


@pytest.mark.parametrize("name", ["../../etc/passwd", "..\\..\\boot.ini", "a\nb\x00c", "\u202egpj.exe"])
def test_a_name_cannot_act(here: Case, name: str) -> None:
    item = added(here, name=name)

    assert "/" not in item.name
    assert "\\" not in item.name
    assert item.name.isprintable()
