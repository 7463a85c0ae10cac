"""The journal: an entry is written once, in order, and nobody changes it."""

import hashlib
import json
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from tocsin.edge.store import journal
from tocsin.edge.store.opening import Store
from tocsin.model.actor import TOCSIN
from tocsin.model.errors import MalformedInput, Outdated
from tocsin.respond.journal import Draft, Entry, canonical, leaf, read


def draft(stream: str = "audit", kind: str = "said", **data: object) -> Draft:
    return Draft(stream=stream, kind=kind, actor=TOCSIN, occurred_at=99.5, data=data)


def append(store: Store, *drafts: Draft, expected: int | None = None) -> tuple[Entry, ...]:
    with store.engine.begin() as connection:
        return journal.append(connection, drafts, now=100.25, expected=expected)


def test_entries_are_numbered_over_all_and_chained_in_their_stream(store: Store) -> None:
    first, other = append(store, draft("incident:a", n=1), draft("incident:b"))
    (second,) = append(store, draft("incident:a", n=2))

    assert [(e.position, e.sequence) for e in (first, other, second)] == [(0, 1), (1, 1), (2, 2)]
    assert (first.previous, other.previous, second.previous) == ("", "", first.digest)
    assert journal.stream(store.engine, "incident:a") == (first, second)
    assert journal.size(store.engine) == 3


def test_what_is_stored_is_what_was_digested(store: Store) -> None:
    (entry,) = append(store, draft(amount=str(2**256 - 1), word="ünïcode", rate=0.25))

    with store.engine.begin() as connection:
        line, digest = connection.execute(sa.text("SELECT line, digest FROM journal")).one()
    assert digest == leaf(line.encode()) == hashlib.sha256(b"\x00" + line.encode()).hexdigest()
    assert read(line.encode(), 0) == entry
    assert read(line.encode(), 0).line == line.encode()
    assert list(json.loads(line)) == sorted(json.loads(line))


def test_who_thinks_of_an_older_stream_is_refused(store: Store) -> None:
    append(store, draft("incident:a"), expected=0)

    with pytest.raises(Outdated, match="has 1 entries, not 0"):
        append(store, draft("incident:a"), expected=0)
    assert journal.size(store.engine) == 1


@pytest.mark.parametrize("change", ["UPDATE journal SET line = 'x'", "DELETE FROM journal"])
def test_the_database_refuses_changes(store: Store, change: str) -> None:
    append(store, draft())

    with pytest.raises(sa.exc.DBAPIError, match="only ever added to"), store.engine.begin() as connection:
        connection.execute(sa.text(change))


def test_who_writes_at_the_same_time_leaves_no_holes(store: Store) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: append(store, draft(f"s{number % 3}", n=number)), range(60)))

    with store.engine.begin() as connection:
        entries = journal.since(connection, 0)
    assert [entry.position for entry in entries] == list(range(60))
    for name in ("s0", "s1", "s2"):
        assert [e.sequence for e in entries if e.stream == name] == list(range(1, 21))


def test_a_follower_acts_once_on_each_entry_and_not_at_all_when_it_fails(store: Store) -> None:
    append(store, draft(n=1), draft(n=2))

    def follow(*, fail: bool = False) -> list[object]:
        with store.engine.begin() as connection:
            entries = journal.unread(connection, "pager")
            journal.acted_on(connection, "pager", entries)
            if fail:
                raise RuntimeError("killed")
        return [entry.data["n"] for entry in entries]

    with pytest.raises(RuntimeError, match="killed"):
        follow(fail=True)
    assert follow() == [1, 2]
    append(store, draft(n=3))
    assert follow() == [3]
    assert follow() == []


def test_numbers_that_json_would_round_are_refused() -> None:
    with pytest.raises(MalformedInput, match="strings"):
        canonical({"amount": 2**60})
