"""Alerts of what waits to be triaged: what stands, with the funding of days before, and nothing twice."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from stores import store
from tocsin.app.settings import Settings, parse
from tocsin.app.triage.standing import DAY_SECONDS, standing_alerts
from tocsin.chain.header import Header
from tocsin.edge.store import reorg
from tocsin.edge.store.done import DoneBlock
from tocsin.edge.store.findings import standing
from tocsin.edge.store.opening import Store
from tocsin.edge.store.store import begin, commit_block
from tocsin.model.alert import Stage
from tocsin.model.errors import SourceError
from tocsin.model.finding import Entity, Finding, Place, Severity
from tocsin.tables.literal import address

__all__ = ["store"]
NOW = 10_000_000.0


def settings(*known: str) -> Settings:
    return parse(f"[known]\nfiles = {list(known)}", "tocsin.toml", {})


def header(number: int) -> Header:
    return Header(
        number=number, hash=number.to_bytes(32, "big"), parent_hash=(number - 1).to_bytes(32, "big"), timestamp=number
    )


def finding(number: int, key: str = "", labels: Iterable[str] = ()) -> Finding:
    return Finding(
        detector="large-profit",
        place=Place(
            chain_id=1,
            block_number=number,
            block_hash="0x" + header(number).hash.hex(),
            transaction_hash=hex(number),
            transaction_index=0,
        ),
        severity=Severity.HIGH,
        confidence=0.75,
        title="t",
        summary="s",
        entities=(Entity("attacker", address("mallory"), "a name"),),
        values={"amount": 2**256 - 1, "tokens": ("0x01",), "is": True},
        labels=tuple(labels),
        key=key,
    )


def write(store: Store, number: int, *found: Finding, at: float) -> None:
    begin(store, 1, 1)
    done = DoneBlock(chain_id=1, header=header(number), findings=found, remembered={})
    assert commit_block(store, done, keep_blocks=64, now=at)


def test_findings_come_back_as_they_were_and_those_taken_back_do_not(store: Store) -> None:
    write(store, 1, finding(1, "a"), finding(1, "b"), at=NOW)
    write(store, 2, finding(2), at=NOW)
    reorg.retract(store.engine, 1, [header(2).hash], common=header(1), replaced_by=None, now=NOW)

    found = standing(store.engine, since=NOW - 1)

    assert sorted(each.id for each in found) == sorted(finding(1, key).id for key in "ab")
    assert found[0].entities == finding(1).entities
    assert found[0].to_json()["values"] == finding(1).to_json()["values"]
    assert standing(store.engine, since=NOW + 1) == []


def test_what_was_seen_is_read_by_time_and_by_what_it_says(store: Store) -> None:
    """The time it is asked from counts, the time until does not; the signs of a pattern are plain characters."""
    write(store, 1, finding(1, labels=["stage:funding"]), finding(1, "b", labels=["stage_funding"]), at=NOW - 2)
    write(store, 2, finding(2), at=NOW)

    def seen(**given: Any) -> list[tuple[str, ...]]:
        return sorted(each.labels for each in standing(store.engine, **given))

    assert seen(since=NOW - 2, until=NOW) == [("stage:funding",), ("stage_funding",)]
    assert seen(since=NOW - 1) == [()]
    assert seen(since=NOW - 2, saying="stage_funding") == [("stage_funding",)]


def test_an_account_funded_days_ago_belongs_to_what_it_does_now(store: Store) -> None:
    write(store, 1, finding(1, labels=["stage:funding"]), at=NOW - 5 * DAY_SECONDS)
    write(store, 2, finding(2, "old"), at=NOW - 5 * DAY_SECONDS)
    write(store, 3, finding(3), at=NOW)

    (alert,) = standing_alerts(settings(), store, now=NOW, hours=24)

    assert alert.stages == (Stage.FUNDING, Stage.EXPLOITATION)
    assert alert.transactions == ("0x1", "0x3")


def test_funding_alone_from_days_ago_is_no_alert_of_today(store: Store) -> None:
    write(store, 1, finding(1, labels=["stage:funding"]), at=NOW - 5 * DAY_SECONDS)
    assert standing_alerts(settings(), store, now=NOW, hours=24) == []


def test_a_file_of_labels_that_is_not_there_is_said(store: Store, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="absent"):
        standing_alerts(settings(str(tmp_path / "absent.csv")), store, now=NOW, hours=24)
