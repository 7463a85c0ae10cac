"""The store, the same on SQLite and on PostgreSQL."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from importlib.resources import files
from pathlib import Path

import polars as pl
import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext

from tocsin.chain.header import Header
from tocsin.detect.engine import Blind
from tocsin.edge.store import gaps, health, memory, outbox, reorg
from tocsin.edge.store.done import DoneBlock
from tocsin.edge.store.engine import connect
from tocsin.edge.store.opening import Store, open_store
from tocsin.edge.store.schema.every import tables
from tocsin.edge.store.schema.watching import blocks, findings
from tocsin.edge.store.store import LANDMARK_EVERY_BLOCKS, begin, commit_block, position
from tocsin.edge.store.values import Checkpoint, Delivery, Gap, HealthAlert
from tocsin.model.errors import InconsistentInput, SettingError, StoreFull, StoreUnavailable
from tocsin.model.finding import Finding, Place, Severity

KEEP = 64


def header(number: int, fork: int = 0, parent_fork: int = 0) -> Header:
    return Header(number=number, hash=_hash(number, fork), parent_hash=_hash(number - 1, parent_fork), timestamp=number)


def _hash(number: int, fork: int) -> bytes:
    return bytes([fork]) + number.to_bytes(31, "big")


def finding(block: Header, amount: int = 2**256 - 1) -> Finding:
    block_hash = "0x" + block.hash.hex()
    place = Place(
        chain_id=1, block_number=block.number, block_hash=block_hash, transaction_hash="0x01", transaction_index=0
    )
    return Finding(
        place=place,
        severity=Severity.HIGH,
        confidence=1.0,
        title="t",
        summary="s",
        values={"amount": amount},
        detector="d",
    )


def done(block: Header) -> DoneBlock:
    rows = pl.DataFrame({"block_number": [block.number], "block_hash": [block.hash]})
    return DoneBlock(chain_id=1, header=block, findings=(finding(block),), remembered={"d": rows})


def write(store: Store, block: Header, keep: int = KEEP) -> bool:
    return commit_block(store, done(block), keep_blocks=keep, now=100.0)


def recent_headers(store: Store) -> tuple[Header, ...]:
    found = position(store, 1, KEEP)
    return found.headers if found else ()


def checkpoint(store: Store) -> Checkpoint | None:
    found = position(store, 1, KEEP)
    return found.checkpoint if found else None


def remembered(store: Store, detector: str = "d") -> list[int]:
    rows = memory.remembered(store.engine, 1, detector, from_block=0, before_block=99)
    return [] if rows is None else rows["block_number"].to_list()


def retract(store: Store, *orphans: Header, common: Header | None, by: Header | None = None) -> int:
    hashes = [orphan.hash for orphan in orphans]
    return reorg.retract(store.engine, 1, hashes, common=common, replaced_by=by.hash if by else None, now=101.0)


def count(store: Store, *where: "sa.ColumnElement[bool]") -> int:
    with store.engine.begin() as connection:
        return connection.scalar(sa.select(sa.func.count()).select_from(findings).where(*where)) or 0


def test_migrations_make_exactly_the_tables_of_the_schema(bare_url: str) -> None:
    store = open_store(bare_url)
    with store.engine.begin() as connection:
        assert compare_metadata(MigrationContext.configure(connection), tables()) == []
    store.close()


def test_opening_again_keeps_what_is_there(store: Store, store_url: str) -> None:
    write(store, header(7))

    again = open_store(store_url)

    assert checkpoint(again) == Checkpoint(number=7, hash=header(7).hash)
    again.close()


def test_a_block_is_written_whole_and_once(store: Store) -> None:
    assert write(store, header(7)) is True
    assert write(store, header(7)) is False

    (notice,) = outbox.due(store.engine, limit=10, now=100.0)
    assert (notice.kind, notice.body["values"]) == ("finding", {"amount": str(2**256 - 1)})
    assert recent_headers(store) == (header(7),)
    assert count(store) == 1


def test_a_block_that_fails_half_way_leaves_nothing(store: Store) -> None:
    class Unwritable(pl.DataFrame):
        def write_ipc(self, *_: object, **__: object) -> None:  # type: ignore[override]
            raise OSError

    bad = Unwritable({"block_number": [7]})
    half = DoneBlock(chain_id=1, header=header(7), findings=(finding(header(7)),), remembered={"d": bad})
    with pytest.raises(OSError):  # noqa: PT011 - any failure will do
        commit_block(store, half, keep_blocks=KEEP, now=1.0)

    assert (count(store), checkpoint(store), outbox.pending(store.engine)) == (0, None, 0)


@pytest.mark.parametrize("wrong", [header(9), header(8, fork=1, parent_fork=1), header(7, fork=1), header(6)])
def test_a_block_that_does_not_stand_on_the_checkpoint_is_refused(store: Store, wrong: Header) -> None:
    write(store, header(7))

    with pytest.raises(InconsistentInput, match="does not stand on the checkpoint"):
        write(store, wrong)

    assert recent_headers(store) == (header(7),)


def test_a_reorg_takes_back_by_block_hash_and_a_return_reinstates(store: Store) -> None:
    for number in (7, 8, 9):
        write(store, header(number))

    assert retract(store, header(8), header(9), common=header(7), by=header(8, 1)) == 2

    assert checkpoint(store) == Checkpoint(number=7, hash=header(7).hash)
    assert count(store, findings.c.retracted_at.is_not(None)) == 2
    assert remembered(store) == [7]
    assert retract(store, header(8), header(9), common=header(7)) == 0

    write(store, header(8))

    kinds = [(n.kind, n.body["block_number"]) for n in outbox.due(store.engine, limit=99, now=200.0)]
    assert kinds == [
        ("finding", 7),
        ("finding", 8),
        ("finding", 9),
        ("retraction", 8),
        ("retraction", 9),
        ("finding", 8),
    ]
    assert count(store, findings.c.retracted_at.is_(None)) == 2


def test_a_retraction_that_comes_late_does_not_touch_the_new_branch(store: Store) -> None:
    write(store, header(7))
    write(store, header(8))
    retract(store, header(8), common=header(7))
    write(store, header(8, fork=1))

    assert retract(store, header(8), common=header(7)) == 0
    assert checkpoint(store) == Checkpoint(number=8, hash=header(8, 1).hash)


def test_a_reorg_deeper_than_the_blocks_kept_goes_back_to_the_block_of_a_finding(store: Store) -> None:
    for number in (7, 8, 9):
        write(store, header(number), keep=2)
    assert [h.number for h in recent_headers(store)] == [8, 9]
    assert reorg.landmarks(store.engine, 1, 8) == (Checkpoint(number=7, hash=header(7).hash),)

    retract(store, header(8), header(9), common=header(7))

    assert checkpoint(store) == Checkpoint(number=7, hash=header(7).hash)
    assert recent_headers(store) == (header(7),)
    assert write(store, header(8, fork=1)) is True


def test_a_reorg_in_which_nothing_is_common_goes_back_to_the_start(store: Store) -> None:
    begin(store, 1, 7)
    for number in (7, 8, 9):
        write(store, header(number), keep=2)

    assert retract(store, header(7), header(8), header(9), common=None) == 3

    assert checkpoint(store) == Checkpoint(number=6, hash=None)
    assert write(store, header(7, fork=1, parent_fork=1)) is True


def test_one_of_every_thousand_blocks_stays_as_a_landmark(store: Store) -> None:
    for number in range(LANDMARK_EVERY_BLOCKS - 2, LANDMARK_EVERY_BLOCKS + 4):
        commit_block(store, DoneBlock(chain_id=1, header=header(number)), keep_blocks=2, now=1.0)

    landmark = header(LANDMARK_EVERY_BLOCKS)
    below = LANDMARK_EVERY_BLOCKS + 2
    assert reorg.landmarks(store.engine, 1, below) == (Checkpoint(number=landmark.number, hash=landmark.hash),)
    assert [h.number for h in recent_headers(store)] == [below, below + 1]


def test_where_a_chain_begins_is_written_once(store: Store) -> None:
    begin(store, 1, 7)
    begin(store, 1, 9)

    found = position(store, 1, KEEP)
    assert found is not None
    assert (found.start, found.checkpoint, found.headers) == (7, Checkpoint(number=6, hash=None), ())
    with pytest.raises(InconsistentInput, match="does not stand"):
        write(store, header(9))
    assert write(store, header(7)) is True


def test_notices_are_told_in_order_and_none_overtakes(store: Store) -> None:
    for number in (7, 8):
        write(store, header(number))
    first, second = outbox.due(store.engine, limit=10, now=100.0)

    outbox.put_off(store.engine, first.sequence, next_try_at=150.0)
    assert outbox.due(store.engine, limit=10, now=149.0) == ()
    assert [n.attempts for n in outbox.due(store.engine, limit=10, now=150.0)] == [1, 0]

    outbox.mark_delivered(store.engine, [first.sequence], now=151.0)
    assert outbox.due(store.engine, limit=10, now=151.0) == (second,)
    assert outbox.pending(store.engine) == 1


def test_every_attempt_to_tell_is_a_row(store: Store) -> None:
    write(store, header(7))
    (notice,) = outbox.due(store.engine, limit=10, now=100.0)

    tried = [Delivery(notice=notice.sequence, channel=c, error=e) for c, e in (("file", None), ("pager", "OSError"))]
    outbox.note_deliveries(store.engine, tried, now=101.0)

    assert outbox.told(store.engine, [notice.sequence]) == {(notice.sequence, "file")}


def test_memory_is_forgotten_below_a_block(store: Store) -> None:
    write(store, header(7))
    forgetful = DoneBlock(chain_id=1, header=header(8), remembered=done(header(8)).remembered, forget_before={"d": 8})
    commit_block(store, forgetful, keep_blocks=KEEP, now=1.0)

    assert remembered(store) == [8]
    assert remembered(store, "other") == []


def failing(block: Header) -> DoneBlock:
    return DoneBlock(chain_id=1, header=block, failures={"d": "ZeroDivisionError"})


def test_a_detector_that_fails_has_a_gap_until_it_is_filled(store: Store) -> None:
    for number in (7, 8):
        commit_block(store, failing(header(number)), keep_blocks=KEEP, now=1.0)
    (gap,) = gaps.open_gaps(store.engine, 1)
    assert (gap.first, gap.last, gap.detector, gap.attempts) == (7, 8, "d", 1)
    assert [(a.kind, a.times) for a in health.open_alerts(store.engine)] == [("detector-failure", 2)]

    gaps.put_off(store.engine, gap, "KeyError", next_try_at=9.0)
    (gap,) = gaps.open_gaps(store.engine, 1)
    assert (gap.reason, gap.attempts, gap.next_try_at) == ("KeyError", 2, 9.0)

    gaps.fill(store.engine, done(header(7)), gap, now=2.0)
    (gap,) = gaps.open_gaps(store.engine, 1)
    assert (gap.first, gap.last, gap.attempts) == (8, 8, 0)
    assert remembered(store) == [7]

    gaps.fill(store.engine, done(header(8)), gap, now=2.0)
    assert gaps.open_gaps(store.engine, 1) == ()
    assert health.open_alerts(store.engine) == ()
    assert count(store) == 2


def test_a_gap_is_not_filled_from_another_branch(store: Store) -> None:
    commit_block(store, failing(header(7)), keep_blocks=KEEP, now=1.0)
    (gap,) = gaps.open_gaps(store.engine, 1)

    with pytest.raises(InconsistentInput, match="not of"):
        gaps.fill(store.engine, done(header(7, fork=1)), gap, now=2.0)

    assert gaps.open_gaps(store.engine, 1) == (gap,)


def test_a_reorg_cuts_the_gaps_above_it(store: Store) -> None:
    for number in (7, 8):
        commit_block(store, failing(header(number)), keep_blocks=KEEP, now=1.0)

    retract(store, header(8), common=header(7))

    (gap,) = gaps.open_gaps(store.engine, 1)
    assert (gap.first, gap.last) == (7, 7)


def test_a_gap_shrinks_as_its_blocks_are_done(store: Store) -> None:
    gap = Gap(chain_id=1, first=7, last=8, detector="", reason="EndpointUnavailable", attempts=1)
    for _ in range(2):
        gaps.note_undone(store.engine, gap)
    (open_gap,) = gaps.open_gaps(store.engine, 1)
    assert open_gap.attempts == 2

    write(store, header(7))
    (shrunk,) = gaps.open_gaps(store.engine, 1)
    assert (shrunk.first, shrunk.last) == (8, 8)

    write(store, header(8))
    assert gaps.open_gaps(store.engine, 1) == ()


def test_one_alert_is_open_per_key(store: Store) -> None:
    alert = HealthAlert(key="chain:1", kind="endpoint", chain_id=1, detail="no answer", times=1)
    for _ in range(3):
        health.open_alert(store.engine, alert, now=1.0)
    (opened,) = health.open_alerts(store.engine)
    assert opened.times == 3

    assert health.close_alert(store.engine, "chain:1", now=2.0) is True
    assert health.close_alert(store.engine, "chain:1", now=2.0) is False
    health.open_alert(store.engine, alert, now=3.0)
    assert [a.times for a in health.open_alerts(store.engine)] == [1]


def test_blindness_remembers_since_when(store: Store) -> None:
    blind = (Blind("d", ("calls",), wholly=True),)
    for number in (7, 8):
        commit_block(store, DoneBlock(chain_id=1, header=header(number), blind=blind), keep_blocks=KEEP, now=1.0)

    with store.engine.begin() as connection:
        assert connection.execute(sa.text("SELECT detector, missing, since_block FROM blindness")).all() == [
            ("d", "calls", 7)
        ]


def test_a_full_database_is_named_and_loses_nothing(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path}/tocsin.db")
    write(store, header(7))
    with store.engine.connect() as connection:
        raw = connection.connection.dbapi_connection
        assert raw is not None
        pages = raw.execute("PRAGMA page_count").fetchone()[0]
        raw.execute(f"PRAGMA max_page_count = {pages}")
    big = DoneBlock(
        chain_id=1, header=header(8), remembered={"d": pl.DataFrame({"x": [str(i) * 9 for i in range(99_999)]})}
    )

    with pytest.raises(StoreFull, match="no room"):
        commit_block(store, big, keep_blocks=KEEP, now=1.0)
    assert checkpoint(store) == Checkpoint(number=7, hash=header(7).hash)

    with store.engine.connect() as connection:
        raw = connection.connection.dbapi_connection
        assert raw is not None
        raw.execute("PRAGMA max_page_count = 1000000")
    assert commit_block(store, big, keep_blocks=KEEP, now=1.0) is True
    store.close()


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("postgresql://u:hunter2@127.0.0.1:1/x", "Connection refused"),
        ("postgresql://u:hunt@er2@no-such-host.invalid/x", "resolve host|not known"),  # newer, older psycopg
        ("sqlite:////proc/nothing.db", "cannot be opened or made"),
    ],
)
def test_an_unreachable_database_is_named_with_the_reason_and_without_its_secrets(url: str, says: str) -> None:
    with pytest.raises(StoreUnavailable, match=says) as raised:
        open_store(url)

    assert "er2" not in str(raised.value)


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    (tmp_path / "junk.db").write_bytes(b"no database" * 999)
    with pytest.raises(StoreUnavailable, match="no SQLite database"):
        open_store(f"sqlite:///{tmp_path}/junk.db")


def test_a_store_of_a_newer_tocsin_is_refused_and_left_as_it_is(store: Store, store_url: str) -> None:
    with store.engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(SettingError, match=r"schema 9999.*Upgrade tocsin"):
        open_store(store_url)
    with store.engine.begin() as connection:
        assert connection.scalar(sa.text("SELECT version_num FROM alembic_version")) == "9999"


def test_a_store_of_the_first_tocsin_gets_what_came_since(bare_url: str) -> None:
    first = connect(bare_url)
    with first.begin() as connection:
        configuration = Config()
        configuration.set_main_option("script_location", str(files("tocsin.edge") / "migrations"))
        configuration.attributes["connection"] = connection
        command.upgrade(configuration, "0001")
    nothing_found = DoneBlock(chain_id=1, header=header(7))
    assert commit_block(Store(first), nothing_found, keep_blocks=KEEP, now=100.0)
    first.dispose()

    again = open_store(bare_url)

    with again.engine.begin() as connection:
        assert compare_metadata(MigrationContext.configure(connection), tables()) == []
    assert checkpoint(again) == Checkpoint(number=7, hash=header(7).hash)
    again.close()


def test_processes_that_start_at_once_make_the_tables_once(bare_url: str) -> None:
    with ThreadPoolExecutor(4) as threads:
        for opened in threads.map(open_store, [bare_url] * 4):
            opened.close()


@pytest.mark.parametrize("url", ["nonsense", "mysql://x/y", "sqlite:////no/such/folder/x.db"])
def test_a_wrong_url_is_a_setting_error(url: str) -> None:
    with pytest.raises(SettingError, match="url"):
        open_store(url)


def test_only_the_newest_headers_are_kept(store: Store) -> None:
    for number in range(1, 8):
        write(store, header(number), keep=3)

    with store.engine.begin() as connection:
        assert connection.scalars(sa.select(blocks.c.number).order_by(blocks.c.number)).all() == [5, 6, 7]


class Crash(Exception):
    """The process is gone."""


def crash_at(store: Store, statement: int) -> Callable[[], None]:
    """From now on the statement of this number is the last that is tried; gives the way back."""
    numbers = iter(range(statement + 1))

    def count_down(*_: object) -> None:
        if next(numbers, statement) == statement:
            raise Crash

    sa.event.listen(store.engine, "before_cursor_execute", count_down)
    return lambda: sa.event.remove(store.engine, "before_cursor_execute", count_down)


def test_a_crash_at_any_statement_leaves_the_block_before_or_the_block(store: Store) -> None:
    write(store, header(7))
    whole = DoneBlock(
        chain_id=1,
        header=header(8),
        findings=(finding(header(8)),),
        remembered=done(header(8)).remembered,
        forget_before={"d": 1},
        blind=(Blind("b", ("calls",), wholly=True),),
        failures={"f": "KeyError"},
    )
    crashes = 0
    while True:
        mend = crash_at(store, crashes)
        try:
            commit_block(store, whole, keep_blocks=KEEP, now=1.0)
        except Crash:
            crashes += 1
        else:
            break
        finally:
            mend()
        assert (checkpoint(store), count(store), outbox.pending(store.engine)) == (BEFORE, 1, 1)
        assert (remembered(store), gaps.open_gaps(store.engine, 1), health.open_alerts(store.engine)) == ([7], (), ())

    assert crashes > 10
    assert (checkpoint(store), count(store), remembered(store)) == (
        Checkpoint(number=8, hash=header(8).hash),
        2,
        [7, 8],
    )


BEFORE = Checkpoint(number=7, hash=header(7).hash)


def test_a_detector_that_sees_again_has_a_gap_to_fill(store: Store) -> None:
    blind = (Blind("d", ("calls",), wholly=True), Blind("other", ("logs",), wholly=False))
    for number in (7, 8):
        commit_block(store, DoneBlock(chain_id=1, header=header(number), blind=blind), keep_blocks=KEEP, now=1.0)
    assert gaps.open_gaps(store.engine, 1) == ()

    commit_block(store, DoneBlock(chain_id=1, header=header(9)), keep_blocks=KEEP, now=2.0)

    (gap,) = gaps.open_gaps(store.engine, 1)
    assert (gap.first, gap.last, gap.detector, gap.reason, gap.next_try_at) == (7, 8, "d", "blind", 2.0)
