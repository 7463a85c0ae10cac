"""The journal is signed and time-stamped, and whoever changes its past is found out."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from evidence_case import ADA, Case, case, chunks, given
from time_stamper import Authority, authority
from tocsin.app.backoff import Backoff
from tocsin.app.evidence import custody as evidence
from tocsin.app.evidence.audit import faults
from tocsin.app.evidence.checkpoint import Checkpointer, seal
from tocsin.app.evidence.stamps import stampers_of
from tocsin.edge.evidence.key import SigningKey, signing_key
from tocsin.edge.store import log_checkpoints
from tocsin.edge.store.health import open_alerts
from tocsin.edge.store.opening import Store
from tocsin.model.errors import InconsistentInput, InputError, SettingError
from tocsin.respond.evidence import checkpoint, stamps
from tocsin.respond.journal import leaf

BACKOFF = Backoff(first_seconds=10.0, longest_seconds=100.0, jitter=lambda: 1.0)


@pytest.fixture
def here(store: Store, tmp_path: Path) -> Case:
    return case(store, tmp_path)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Authority]:
    with authority(tmp_path_factory.mktemp("authority") / "tsa") as made:
        yield made


@pytest.fixture
def tsa(running: Authority) -> Authority:
    """The authority, as if nobody had asked it yet."""
    running.asked, running.answers_with, running.says = 0, 200, None
    return running


def key_of(here: Case) -> SigningKey:
    return signing_key(Path(here.desk.settings.evidence.key))


def checkpointer(here: Case) -> Checkpointer:
    stampers = stampers_of(here.desk.settings.evidence, BACKOFF)
    return Checkpointer(desk=here.desk, key=key_of(here), stampers=stampers)


def once(checkpointer: Checkpointer) -> bool:
    return asyncio.run(checkpointer.once())


def happen(here: Case, count: int = 3) -> None:
    for number in range(count):
        evidence.add(here.desk, ADA, given(), chunks(b"%d" % number))


def alerts(here: Case) -> dict[str, str]:
    return {alert.key: alert.detail for alert in open_alerts(here.desk.store.engine)}


def tamper(here: Case, statement: str) -> None:
    """Change the journal as somebody could who may do everything in the database."""
    with here.desk.store.engine.begin() as connection:
        if connection.dialect.name == "sqlite":
            connection.execute(sa.text("DROP TRIGGER journal_no_update"))
            connection.execute(sa.text("DROP TRIGGER journal_no_delete"))
        else:
            connection.execute(sa.text("ALTER TABLE journal DISABLE TRIGGER ALL"))
        connection.execute(sa.text(statement))


def test_the_journal_is_signed_whenever_it_grew(here: Case) -> None:
    happen(here)
    pulse = checkpointer(here)

    assert once(pulse)
    assert not once(pulse)
    happen(here, 5)
    assert once(pulse)

    with here.desk.store.engine.begin() as connection:
        first, second = log_checkpoints.every(connection)
    assert (first.size, second.size) == (3, 8)
    assert checkpoint.opened(second.note, key_of(here).verifying).root.hex() == second.root
    assert faults(here.desk, key_of(here).verifying) == ()
    assert alerts(here) == {}


def test_the_key_is_for_its_owner_alone_and_stays_the_same(here: Case, tmp_path: Path) -> None:
    first = key_of(here)

    assert (tmp_path / "key.pem").stat().st_mode & 0o777 == 0o600
    assert key_of(here).verifying == first.verifying
    assert "PRIVATE" not in repr(first)
    (tmp_path / "key.pem").chmod(0o640)
    with pytest.raises(SettingError, match="600"):
        key_of(here)


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        (
            "UPDATE journal SET line = replace(line, 'user:ada', 'user:eve') WHERE position = 1",
            "record 1, of evidence:",
        ),
        ("DELETE FROM journal WHERE position = 1", "record 1 is missing"),
        ("DELETE FROM journal WHERE position = 2", "1 records are missing at the end"),
        ("UPDATE log_checkpoints SET root = repeat_0", "is not the one that was signed"),
    ],
)
def test_a_changed_past_is_found_out(here: Case, statement: str, told: str) -> None:
    happen(here)
    pulse = checkpointer(here)
    once(pulse)

    tamper(here, statement.replace("repeat_0", f"'{'0' * 64}'"))
    pulse.audited_at = 0.0
    once(pulse)

    assert told in "; ".join(faults(here.desk, key_of(here).verifying))
    assert list(alerts(here)) == ["journal"]


def test_a_past_that_was_changed_with_all_its_digests_is_found_out_by_the_signed_root(here: Case) -> None:
    happen(here, 1)
    pulse = checkpointer(here)
    once(pulse)
    (line,) = log_checkpoints.lines(here.desk.store.engine, 0, 1)
    forged = line.line.replace(b"user:ada", b"user:eve")
    tamper(
        here,
        f"UPDATE journal SET line = '{forged.decode()}', digest = '{leaf(forged)}'".replace(":", "\\:"),  # noqa: S608 - that is the point
    )

    assert "the first 1 records are not those that were signed" in faults(here.desk, key_of(here).verifying)


def test_a_store_that_was_put_back_is_found_out_by_the_checkpoint_beside_the_evidence(here: Case) -> None:
    happen(here)
    once(checkpointer(here))

    tamper(here, "DELETE FROM journal WHERE position >= 1")
    with here.desk.store.engine.begin() as connection:
        connection.execute(sa.text("DELETE FROM log_checkpoints"))
        connection.execute(sa.text("UPDATE journal_size SET size = 1"))

    with pytest.raises(InconsistentInput, match="has 1 records, and had 3"):
        seal(here.desk, key_of(here))
    assert not once(checkpointer(here))
    assert "older copy" in alerts(here)["journal"]


def test_an_authority_says_when_it_was(store: Store, tmp_path: Path, tsa: Authority) -> None:
    here = case(store, tmp_path, f'time_stampers = ["{tsa.url}"]\ntime_stamper_roots = "{tsa.roots}"\n')
    happen(here)
    pulse = checkpointer(here)

    assert once(pulse)
    assert not once(pulse)

    with here.desk.store.engine.begin() as connection:
        (stamp,) = log_checkpoints.stamps(connection)
        (sealed,) = log_checkpoints.every(connection)
    roots = stamps.read_roots(tsa.roots.read_bytes(), "roots")
    assert tsa.asked == 1
    assert "secret" not in stamp.authority
    assert stamps.stamped(stamp.response, sealed.note.encode(), roots).timestamp() == stamp.stamped_at
    with pytest.raises(InconsistentInput, match="other bytes"):
        stamps.stamped(stamp.response, b"other bytes", roots)


def test_an_authority_that_others_vouch_for_is_not_believed(store: Store, tmp_path: Path, tsa: Authority) -> None:
    with authority(tmp_path / "other") as other:
        more = f'time_stampers = ["{tsa.url}"]\ntime_stamper_roots = "{other.roots}"\n'
        here = case(store, tmp_path, more)
        happen(here)

        once(checkpointer(here))

    (detail,) = alerts(here).values()
    assert "vouch" in detail


def test_an_authority_that_fails_is_asked_again_later_and_told_of(store: Store, tmp_path: Path, tsa: Authority) -> None:
    here = case(store, tmp_path, f'time_stampers = ["{tsa.url}"]\ntime_stamper_roots = "{tsa.roots}"\n')
    happen(here)
    pulse = checkpointer(here)
    tsa.says, tsa.answers_with = b"down", 503

    once(pulse)
    assert "503" in alerts(here)[f"time_stamps:{tsa.url.partition('/tsa')[0]}"]
    tsa.says, tsa.answers_with = None, 200
    once(pulse)
    assert tsa.asked == 0  # it is left alone for a while
    here.clock.now += 60
    once(pulse)

    assert tsa.asked == 1
    assert alerts(here) == {}


def test_nonsense_is_no_time_stamp(here: Case, tmp_path: Path, tsa: Authority) -> None:
    here = case(here.desk.store, tmp_path, f'time_stampers = ["{tsa.url}"]\n')
    happen(here)
    tsa.says = b"x" * 100_000

    once(checkpointer(here))

    with here.desk.store.engine.begin() as connection:
        assert log_checkpoints.stamps(connection) == ()
    (detail,) = alerts(here).values()
    assert "more than 65,536 bytes" in detail


@pytest.mark.parametrize("says", [b"", b"\x30\x03\x02\x01\x02", b"x" * 100_000, b"\xff" * 50])
def test_nonsense_is_refused_by_name(says: bytes) -> None:
    with pytest.raises(InputError):
        stamps.stamped(says, b"data", ())
