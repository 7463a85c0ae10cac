"""Findings about one thing make one alert, scored so that anybody can work it out by hand."""

from dataclasses import replace
from math import log10
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.detect.alerts import score
from tocsin.detect.alerts.alerts import alerts
from tocsin.detect.alerts.calibration import COUNTS, TRANSACTIONS
from tocsin.detect.alerts.clusters import MOST_TRANSACTIONS
from tocsin.detect.catalogue import detectors
from tocsin.detect.known import KNOWN
from tocsin.detect.labels import Labels
from tocsin.intel.reference import REFERENCE_COLUMNS
from tocsin.model.alert import Alert, Stage
from tocsin.model.finding import Entity, Finding, Place, Severity
from tocsin.tables.literal import address, frame

NOBODY_KNOWN = Labels.of(KNOWN)


def finding(transaction: int = 1, *, who: str = "mallory", victim: str = "", **given: Any) -> Finding:
    roles = (("attacker", who), ("victim", victim))
    return Finding(
        place=Place(
            chain_id=given.pop("chain_id", 1),
            block_number=transaction,
            block_hash=hex(transaction),
            transaction_hash=hex(transaction),
            transaction_index=0,
        ),
        title="",
        summary="",
        entities=tuple(Entity(role, address(name)) for role, name in roles if name),
        **{"detector": "large-profit", "severity": Severity.MEDIUM, "confidence": 0.5, **given},
    )


def made(*findings: Finding, known: Labels = NOBODY_KNOWN) -> list[Alert]:
    return alerts(findings, detectors(), known)


def grouped(*findings: Finding, known: Labels = NOBODY_KNOWN) -> list[int]:
    return sorted(len(alert.reasons) for alert in made(*findings, known=known))


def test_what_is_about_one_transaction_or_one_actor_belongs_together() -> None:
    assert grouped(finding(1), finding(1, who="trent", detector="reentrancy")) == [2]
    assert grouped(finding(1), finding(2)) == [2]
    assert grouped(finding(1, who="mallory"), finding(2, who="trent")) == [1, 1]


def test_who_lost_connects_and_who_is_only_recorded_does_not() -> None:
    assert grouped(finding(1, victim="bank"), finding(2, who="trent", victim="bank")) == [2]
    assert grouped(finding(1, severity=Severity.INFO), finding(2, severity=Severity.INFO)) == [1, 1]


def test_who_is_only_suspected_to_have_lost_connects_nobody() -> None:
    both = [
        replace(each, entities=(*each.entities, Entity("suspected_victim", address("pool"))))
        for each in (finding(1), finding(2, who="trent"))
    ]
    assert grouped(*both) == [1, 1]


def test_a_victim_in_more_transactions_than_one_attack_has_connects_nobody() -> None:
    robbed = [finding(number, who=f"who {number}", victim="pool") for number in range(MOST_TRANSACTIONS + 1)]
    assert grouped(*robbed[:-1]) == [MOST_TRANSACTIONS]
    assert grouped(*robbed) == [1] * len(robbed)


def test_accounts_that_many_use_connect_nobody() -> None:
    router = {"address": "mallory", "kind": "router", "name": "", "source": ""}
    known = Labels(frame(REFERENCE_COLUMNS["labels"], [router]))
    assert grouped(finding(1), finding(2), known=known) == [1, 1]


def test_an_account_on_another_chain_is_another_account() -> None:
    assert grouped(finding(1), finding(2, chain_id=5)) == [1, 1]


def test_a_detector_that_labels_makes_no_alert() -> None:
    assert made(finding(1, detector="arbitrage", severity=Severity.INFO)) == []


def test_the_score_can_be_worked_out_by_hand() -> None:
    funding = finding(1, detector="suspicious-funding", severity=Severity.LOW, labels=("stage:funding",))
    profit = finding(2, severity=Severity.MEDIUM, confidence=0.6)
    reentry = finding(2, detector="reentrancy", severity=Severity.HIGH, confidence=0.2)
    (alert,) = made(funding, profit, reentry)
    by_hand = -0.5 * log10(score.rate("suspicious-funding", Severity.LOW))
    by_hand -= 0.6 * log10((COUNTS["large-profit"]["medium"] + 0.5) / (TRANSACTIONS + 1))
    assert alert.weight == pytest.approx(by_hand)
    assert alert.stages == (Stage.FUNDING, Stage.EXPLOITATION)
    assert [reason.counts for reason in alert.reasons].count(True) == 2
    assert not next(reason for reason in alert.reasons if reason.finding is reentry).counts


def test_who_was_not_observed_weighs_as_if_common() -> None:
    """A rule of somebody's own, and a detector that needs labels, were not silent: nobody asked them."""
    assert score.rate("a-rule-of-mine", Severity.CRITICAL) == score.UNKNOWN_RATE
    assert score.rate("suspicious-funding", Severity.LOW) == score.UNKNOWN_RATE
    assert score.rate("reentrancy", Severity.HIGH) == pytest.approx(0.5 / (TRANSACTIONS + 1))


def test_two_stages_that_weigh_enough_are_high_and_three_findings_critical() -> None:
    funding = finding(1, detector="suspicious-funding", labels=("stage:funding",), confidence=0.9)
    exploit = finding(2, detector="reentrancy", confidence=0.7)
    (two,) = made(funding, exploit)
    assert two.severity is Severity.HIGH
    assert two.why.startswith("2 stages of an attack weigh")
    (three,) = made(funding, exploit, finding(3, detector="laundering", labels=("stage:laundering",), confidence=0.9))
    assert three.severity is Severity.CRITICAL


def test_one_stage_is_as_bad_as_its_worst_finding() -> None:
    (alert,) = made(*(finding(1, detector=name) for name in ("large-profit", "reentrancy", "price-manipulation")))
    assert (alert.severity, alert.why) == (Severity.MEDIUM, "the worst of its findings")


def test_who_lost_is_no_attacker_whatever_another_finding_says() -> None:
    (alert,) = made(finding(1, who="alice"), finding(1, who="mallory", victim="alice", detector="ice-phishing"))
    assert alert.victims == (address("alice"),)
    assert alert.attackers == (address("mallory"),)


def test_every_label_by_which_a_detector_explains_is_told_as_a_reason() -> None:
    for label in sorted({each.label for each in detectors().values() if each.label}):
        (alert,) = made(finding(1, labels=(label, "lowered-from:high")))
        assert alert.reasons[0].lowered == (label, "lowered-from:high")


def test_a_change_that_was_announced_is_no_evidence_beside_something_else() -> None:
    funding = finding(1, detector="suspicious-funding", labels=("stage:funding",), confidence=0.9)
    planned = finding(1, detector="proxy-upgrade", severity=Severity.INFO, labels=("announced:CHG-1",), confidence=0.9)
    (alert,) = made(funding, planned)
    assert alert.severity is Severity.MEDIUM
    (unplanned,) = made(funding, replace(planned, labels=("announced-otherwise:CHG-1",)))
    assert unplanned.severity is Severity.HIGH


def test_what_lowered_a_finding_is_told() -> None:
    lowered = finding(1, labels=("mev:arbitrage", "lowered-from:high", "family:price-manipulation"))
    (alert,) = made(lowered)
    assert alert.reasons[0].lowered == ("mev:arbitrage", "lowered-from:high")
    assert alert.to_json()["reasons"][0]["lowered"] == ["mev:arbitrage", "lowered-from:high"]


@given(
    st.lists(
        st.tuples(st.integers(1, 3), st.sampled_from("abc"), st.sampled_from(Severity), st.floats(0, 1)), max_size=8
    )
)
def test_nothing_is_lost_and_the_order_changes_nothing(rows: list[tuple[int, str, Severity, float]]) -> None:
    found = [
        finding(at, who=who, severity=severity, confidence=sure, key=str(number))
        for number, (at, who, severity, sure) in enumerate(rows)
    ]
    told = made(*found)
    assert sorted(r.finding.key for a in told for r in a.reasons) == sorted(f.key for f in found)
    assert {alert.id for alert in told} == {alert.id for alert in made(*reversed(found))}
    for alert in told:
        assert alert.severity >= max(reason.finding.severity for reason in alert.reasons)
        assert 0 <= alert.probability <= 1


def test_a_heavier_alert_is_likelier_an_attack() -> None:
    assert score.probability(4) > score.probability(2) > score.probability(0)
