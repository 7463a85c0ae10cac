"""What is known about a finding's transaction, accounts and time changes how it is read; nothing is hidden."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.detect.catalogue import detectors
from tocsin.detect.engine import Outcome
from tocsin.detect.fusion import fuse
from tocsin.detect.known import KNOWN
from tocsin.intel.kinds import BENIGN, HOSTILE, KINDS
from tocsin.intel.reference import REFERENCE_COLUMNS
from tocsin.model.finding import Entity, Finding, Place, Severity
from tocsin.tables.literal import address, frame, named

BLOCK, NOON = 7, 1_700_000_000


def finding(
    severity: Severity = Severity.CRITICAL, labels: tuple[str, ...] = (), detector: str = "proxy-upgrade"
) -> Finding:
    entities = (Entity("proxy", address("vault")), Entity("attacker", address("mallory")))
    return Finding(
        detector=detector,
        place=Place(chain_id=1, block_number=BLOCK, block_hash="0x01", transaction_hash="0x02", transaction_index=0),
        severity=severity,
        confidence=0.9,
        title="",
        summary="",
        entities=entities,
        values={"implementation": address("second")},
        labels=labels,
    )


def change(**given: Any) -> Mapping[str, Any]:
    return {"address": "vault", "not_before": NOON - 60, "not_after": NOON + 60, "reference": "CHG-1", **given}


def label(who: str, kind: str) -> Mapping[str, Any]:
    return {"address": who, "kind": kind, "name": "", "source": ""}


def fused(one: Finding, *more: Finding, timed: bool = True, **known: list[Mapping[str, Any]]) -> Finding:
    tables = {**KNOWN, **{name: frame(REFERENCE_COLUMNS[name], rows) for name, rows in known.items()}}
    if timed:
        times = {"chain_id": [1], "block_number": [BLOCK], "timestamp": [NOON]}
        tables["blocks"] = pl.DataFrame(times, schema=dict.fromkeys(times, pl.UInt64()))
    return fuse(Outcome((one, *more), (), (), (), {}), detectors(), tables).findings[0]


@pytest.mark.parametrize(
    ("announced", "severity", "labels"),
    [
        (change(), Severity.MEDIUM, ("announced:CHG-1", "lowered-from:critical")),
        (change(becomes=named("second")), Severity.INFO, ("announced:CHG-1", "lowered-from:critical")),
        (change(becomes=named("third")), Severity.CRITICAL, ("announced-otherwise:CHG-1",)),
        (change(detector="proxy-upgrade"), Severity.MEDIUM, ("announced:CHG-1", "lowered-from:critical")),
        (change(detector="control-change"), Severity.CRITICAL, ()),
        (change(address="treasury"), Severity.CRITICAL, ()),
        (change(not_after=NOON - 1), Severity.CRITICAL, ()),
        (change(chain_id=5), Severity.CRITICAL, ()),
    ],
    ids=[
        "the account is named",
        "so is what it becomes",
        "it becomes something else",
        "for this detector",
        "for another detector",
        "another account",
        "too late",
        "another chain",
    ],
)
def test_a_change_that_was_announced(announced: Mapping[str, Any], severity: Severity, labels: tuple[str, ...]) -> None:
    read = fused(finding(), announced_changes=[announced])
    assert (read.severity, read.labels) == (severity, labels)


def test_of_two_announcements_the_one_that_names_it_counts() -> None:
    both = [change(becomes=named("third")), change(becomes=named("second"), reference="CHG-2")]
    assert fused(finding(), announced_changes=both).labels == ("announced:CHG-2", "lowered-from:critical")


def test_what_comes_along_with_an_announced_change_was_not_announced() -> None:
    both = replace(finding(), values={"gaining": (address("second"), address("third"))})
    (one, two) = (change(becomes=named(name)) for name in ("second", "third"))
    assert fused(both, announced_changes=[one]).severity is Severity.CRITICAL
    assert fused(both, announced_changes=[one, two]).severity is Severity.INFO


def test_where_no_time_is_known_no_announcement_holds() -> None:
    assert fused(finding(), timed=False, announced_changes=[change()]).severity is Severity.CRITICAL


def test_a_known_actor_explains_and_a_hostile_one_raises() -> None:
    assert fused(finding(), labels=[label("mallory", "mev")]).labels == ("known:mev", "lowered-from:critical")
    assert fused(finding(), labels=[label("mallory", "mev")]).severity is Severity.HIGH
    both = [label("mallory", "exchange"), label("mallory", "exploit")]
    raised = fused(finding(Severity.MEDIUM), labels=both)
    assert (raised.severity, raised.labels) == (Severity.HIGH, ("known:exploit", "raised-from:medium"))


def test_a_list_alone_makes_nothing_critical() -> None:
    assert fused(finding(Severity.HIGH), labels=[label("mallory", "phishing")]).severity is Severity.HIGH


def test_who_is_no_actor_changes_nothing() -> None:
    assert fused(finding(), labels=[label("vault", "mev"), label("second", "sanctioned")]).labels == ()


def test_the_loss_of_a_watched_account_is_lowered_by_an_announcement_alone() -> None:
    lost = finding(labels=("watched-loss",))
    arbitrage = finding(Severity.INFO, detector="arbitrage")
    assert fused(lost, arbitrage, labels=[label("mallory", "own")]).severity is Severity.CRITICAL
    assert fused(lost, announced_changes=[change()]).severity is Severity.MEDIUM


@given(
    st.sampled_from(Severity),
    st.lists(st.sampled_from(sorted(KINDS))),
    st.lists(st.sampled_from([change(), change(becomes=named("second")), change(becomes=named("third"))]), max_size=3),
)
def test_it_is_never_hidden_and_says_from_what_it_was_changed(
    severity: Severity, kinds: list[str], changes: list[Mapping[str, Any]]
) -> None:
    read = fused(finding(severity), labels=[label("mallory", kind) for kind in kinds], announced_changes=changes)
    said = [each for each in read.labels if each.startswith(("lowered-from:", "raised-from:"))]
    assert bool(said) is (read.severity is not severity)
    assert read.severity <= severity or HOSTILE & set(kinds)
    assert read.severity >= severity or changes or BENIGN & set(kinds)
    assert named("mallory").hex() in read.entities[1].address
