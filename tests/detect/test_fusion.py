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
from tocsin.intel.kinds import EXPLAINING, HOSTILE, KINDS
from tocsin.intel.reference import REFERENCE_COLUMNS
from tocsin.model.finding import (
    ACTING_ROLES,
    ACTOR_ROLES,
    FORMER_ROLES,
    TAKING_ROLES,
    VICTIM_ROLES,
    Entity,
    Finding,
    Place,
    Severity,
)
from tocsin.tables.columns import NATIVE
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


def upgrade(severity: Severity = Severity.CRITICAL, **given: Any) -> Finding:
    """A change of which nobody is said to have taken anything."""
    return replace(finding(severity), entities=(Entity("proxy", address("vault")),), **given)


def change(**given: Any) -> Mapping[str, Any]:
    return {"address": "vault", "not_before": NOON - 60, "not_after": NOON + 60, "reference": "CHG-1", **given}


def label(who: str, kind: str) -> Mapping[str, Any]:
    return {"address": who, "kind": kind, "name": "", "source": ""}


def fused(
    one: Finding, *more: Finding, timed: bool = True, watched: bool = True, **known: list[Mapping[str, Any]]
) -> Finding:
    ours = [label("vault", "watched")] if watched else []
    known["labels"] = [*ours, *known.get("labels", [])]
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
    read = fused(upgrade(), announced_changes=[announced])
    assert (read.severity, read.labels) == (severity, labels)


def test_nobody_is_both_an_actor_and_a_victim_by_his_role() -> None:
    assert ACTOR_ROLES.isdisjoint(VICTIM_ROLES | FORMER_ROLES)
    assert TAKING_ROLES | ACTING_ROLES < ACTOR_ROLES
    assert TAKING_ROLES.isdisjoint(ACTING_ROLES)


def test_of_two_announcements_the_one_that_names_it_counts() -> None:
    both = [change(becomes=named("third")), change(becomes=named("second"), reference="CHG-2")]
    assert fused(upgrade(), announced_changes=both).labels == ("announced:CHG-2", "lowered-from:critical")


def test_what_comes_along_with_an_announced_change_was_not_announced() -> None:
    both = upgrade(values={"gaining": (address("second"), address("third"))})
    (one, two) = (change(becomes=named(name)) for name in ("second", "third"))
    assert fused(both, announced_changes=[one]).severity is Severity.CRITICAL
    assert fused(both, announced_changes=[one, two]).severity is Severity.INFO


def test_the_change_after_the_announced_one_is_another() -> None:
    entities = (("proxy", "vault"), ("implementation", "evil"), ("previous", "second"))
    after = upgrade(values={"old_code": address("second")})
    after = replace(after, entities=tuple(Entity(role, address(name)) for role, name in entities))
    read = fused(after, announced_changes=[change(becomes=named("second"))])
    assert (read.severity, read.labels) == (Severity.CRITICAL, ("announced-otherwise:CHG-1",))


@pytest.mark.parametrize("role", ["attacker", "beneficiary", "recipient", "holder"])
def test_who_gains_and_was_not_announced_is_not_explained_by_what_is_named_beside_him(role: str) -> None:
    entities = (("contract", "vault"), ("token", "second"), (role, "mallory"))
    beside = replace(finding(), entities=tuple(Entity(role, address(name)) for role, name in entities))
    assert fused(beside, announced_changes=[change(becomes=named("second"))]).severity is Severity.CRITICAL
    assert fused(beside, announced_changes=[change(becomes=named("mallory"))]).severity is Severity.INFO


def test_who_lost_is_not_what_the_change_is_to() -> None:
    robbed = upgrade(values={})
    robbed = replace(robbed, entities=(*robbed.entities, Entity("victim", address("second"))))
    assert fused(robbed, announced_changes=[change(becomes=named("second"))]).severity is Severity.CRITICAL


@pytest.mark.parametrize("role", ["attacker", "attack_contract", "beneficiary", "victim", "suspected_victim"])
def test_an_announcement_of_anything_explains_no_theft(role: str) -> None:
    theft = upgrade()
    theft = replace(theft, entities=(*theft.entities, Entity(role, address("mallory"))))
    read = fused(theft, announced_changes=[change()])
    assert (read.severity, read.labels) == (Severity.CRITICAL, ("announced-otherwise:CHG-1",))


def test_where_no_time_is_known_no_announcement_holds() -> None:
    assert fused(upgrade(), timed=False, announced_changes=[change()]).severity is Severity.CRITICAL


def test_a_known_actor_explains_and_a_hostile_one_raises() -> None:
    assert fused(finding(), labels=[label("mallory", "mev")]).labels == ("known:mev", "lowered-from:critical")
    assert fused(finding(), labels=[label("mallory", "mev")]).severity is Severity.HIGH
    both = [label("mallory", "exchange"), label("mallory", "exploit")]
    raised = fused(finding(Severity.MEDIUM), labels=both)
    assert (raised.severity, raised.labels) == (Severity.HIGH, ("known:exploit", "raised-from:medium"))


def test_a_known_actor_among_strangers_explains_nothing() -> None:
    through = replace(finding(), entities=(*finding().entities, Entity("sender", address("relayer"))))
    known = [label("relayer", "relayer")]
    assert fused(through, labels=known).labels == ()
    assert fused(through, labels=[*known, label("mallory", "own")]).severity is Severity.HIGH


ETHER = "0x" + NATIVE.hex()
WRAPPED = "0xc02aaa39b223fe8d0a0e5c4f27ead9083c756cc2"


def circle(profit: int) -> Finding:
    made = replace(finding(Severity.INFO, detector="arbitrage"), entities=(Entity("pool", address("pool")),))
    return replace(made, values={"profit_token": WRAPPED, "profit_amount": profit})


def gain(severity: Severity = Severity.HIGH, loser: str = "pool") -> Finding:
    made = replace(finding(severity), values={"gained_tokens": [ETHER], "gained_amounts": [1_000]})
    return replace(made, entities=(*made.entities, Entity("suspected_victim", address(loser))))


def test_an_arbitrage_that_accounts_for_the_gain_explains_it() -> None:
    assert fused(gain(), circle(500)).labels == ("mev:arbitrage", "lowered-from:high")
    assert fused(gain(), circle(300), replace(circle(200), key="another")).severity is Severity.LOW


@pytest.mark.parametrize(
    ("what", "beside"),
    [
        (gain(), circle(499)),
        (gain(loser="vault"), circle(10_000)),
        (gain(), circle(-10_000)),
        (finding(Severity.HIGH), circle(10_000)),
        (gain(), finding(Severity.INFO, detector="liquidation")),
    ],
    ids=["too little", "a vault lost", "it lost", "a fact, no gain", "nobody says what it gained"],
)
def test_a_label_that_costs_a_thief_nothing_lets_nobody_sleep(what: Finding, beside: Finding) -> None:
    assert fused(what, beside).severity is Severity.HIGH
    assert fused(replace(what, severity=Severity.CRITICAL), beside).severity is Severity.HIGH
    assert fused(replace(what, severity=Severity.MEDIUM), beside).severity is Severity.INFO


def test_what_a_bridge_had_been_sent_explains_what_it_pays() -> None:
    arrived = finding(Severity.INFO, detector="matched-bridge-transfer")
    assert fused(finding(Severity.HIGH), arrived).labels == ("bridge:matched", "lowered-from:high")


def test_a_list_alone_makes_nothing_critical() -> None:
    assert fused(finding(Severity.HIGH), labels=[label("mallory", "phishing")]).severity is Severity.HIGH


def test_what_is_administered_elsewhere_wakes_less() -> None:
    elsewhere = fused(finding(), watched=False)
    assert (elsewhere.severity, elsewhere.labels) == (Severity.HIGH, ("not-watched", "lowered-from:critical"))
    assert fused(finding()).severity is Severity.CRITICAL


def test_who_is_no_actor_changes_nothing() -> None:
    assert fused(finding(), labels=[label("vault", "mev"), label("second", "sanctioned")]).labels == ()


def test_the_loss_of_a_watched_account_is_lowered_by_an_announcement_alone() -> None:
    lost = finding(labels=("watched-loss",))
    arbitrage = finding(Severity.INFO, detector="arbitrage")
    assert fused(lost, arbitrage, labels=[label("mallory", "own")]).severity is Severity.CRITICAL
    assert fused(lost, announced_changes=[change()]).severity is Severity.CRITICAL
    moved = upgrade(labels=("watched-loss",))
    assert fused(moved, announced_changes=[change()]).severity is Severity.CRITICAL
    assert fused(moved, announced_changes=[change(becomes=named("second"))]).severity is Severity.INFO


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
    assert read.severity >= severity or changes or EXPLAINING & set(kinds)
    assert named("mallory").hex() in read.entities[1].address
