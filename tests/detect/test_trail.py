"""Proceeds followed forward: parts, hops, services, and what is not followed."""

from typing import Any

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from tocsin.detect.detectors.theft._trail import (
    LEAST_SHARE,
    LISTED,
    LOST,
    MOST_HOPS,
    PAID,
    REMEMBERED,
    Taint,
    Trail,
)  # fmt: skip
from tocsin.detect.labels import Labels
from tocsin.intel.reference import LABELS, REFERENCE_COLUMNS
from tocsin.tables.columns import PLACE
from tocsin.tables.literal import frame, named

WINDOW = 1_000
COLUMNS = {**PLACE, **REMEMBERED}


def row(block: int, sender: str, receiver: str, dollars: float, role: str = PAID) -> dict[str, Any]:
    key = int.from_bytes(named(sender)[:8], "little")
    return {
        "block_number": block, "sender": sender, "receiver": receiver, "dollars": dollars, "role": role,
        "sender_key": key,
    }  # fmt: skip


def taint(rows: list[dict[str, Any]], account: str, block: int = 100, **kinds: str) -> Taint | None:
    given_ = [{"chain_id": 1, "address": who, "kind": kind} for who, kind in kinds.items()]
    labels = Labels.of({LABELS: frame(REFERENCE_COLUMNS[LABELS], given_)})
    now = {"chain_id": 1, "block_number": block, "transaction_index": 0}
    return Trail(frame(COLUMNS, rows), labels, WINDOW).taint(now, named(account))


def test_half_of_the_proceeds_is_half_a_taint() -> None:
    rows = [row(1, "thief", "carol", 50.0), row(2, "bob", "carol", 50.0), row(3, "carol", "dave", 10.0)]

    found = taint(rows, "dave", thief="exploit")

    assert found == Taint(0.5, named("thief"), "exploit", 2)


def test_what_comes_before_the_proceeds_is_clean() -> None:
    rows = [row(1, "carol", "dave", 10.0), row(2, "thief", "carol", 50.0)]

    assert taint(rows, "dave", thief="exploit") is None


@given(st.integers(1, MOST_HOPS + 5))
def test_it_is_followed_for_so_many_hops(hops: int) -> None:
    names = ["thief", *(f"hop {number}" for number in range(hops))]
    rows = [row(number, names[number], names[number + 1], 9.0) for number in range(hops)]

    found = taint(rows, names[-1], thief="phishing")

    assert (found is not None) == (hops <= MOST_HOPS)
    assert found is None or found.hops == hops


@given(st.floats(1.0, 1_000.0), st.lists(st.tuples(st.booleans(), st.floats(1.0, 1_000.0)), max_size=6))
def test_a_part_is_never_more_than_the_whole(first: float, others: list[tuple[bool, float]]) -> None:
    rows = [row(1, "thief", "carol", first)]
    rows += [row(2 + n, "thief" if bad else "bob", "carol", sum_) for n, (bad, sum_) in enumerate(others)]

    found = taint(rows, "carol", thief="exploit")

    dirty = first + sum(sum_ for bad, sum_ in others if bad)
    share = dirty / (first + sum(sum_ for _, sum_ in others))
    assert (found is None) == (share < LEAST_SHARE) or abs(share - LEAST_SHARE) < 1e-9
    assert found is None or abs(found.share - share) < 1e-9


def test_services_end_the_trail() -> None:
    rows = [row(1, "thief", "exchange", 9.0), row(2, "exchange", "customer", 9.0)]

    assert taint(rows, "customer", thief="exploit", exchange="exchange") is None


def test_a_loss_taints_who_got_most_of_it_and_no_customer() -> None:
    rows = [row(1, "vault", "mallory", 900_000.0, LOST), row(2, "vault", "customer", 200_000.0, LOST)]

    found = taint(rows, "mallory")

    assert found is not None
    assert (found.why, found.share) == (LOST, 1.0)
    assert taint(rows, "customer") is None


def test_who_is_listed_is_wholly_tainted_whatever_else_it_gets() -> None:
    rows = [row(1, "issuer", "dave", 0.0, LISTED), row(2, "bob", "dave", 90.0), row(3, "dave", "erin", 50.0)]

    found = taint(rows, "erin")

    assert found is not None
    assert (found.share, found.origin, found.hops) == (1.0, named("dave"), 1)


def test_what_is_forgotten_is_not_followed() -> None:
    assert taint([row(1, "thief", "carol", 50.0)], "carol", block=WINDOW + 2, thief="exploit") is None


def test_nothing_is_remembered_of_nothing() -> None:
    empty = pl.DataFrame(schema=frame(COLUMNS, []).schema)

    assert (
        Trail(empty, Labels.of({LABELS: frame(REFERENCE_COLUMNS[LABELS], [])}), WINDOW).taint({"chain_id": 1}, b"")
        is None
    )
