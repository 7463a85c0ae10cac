"""States, verdicts, suppressions and quality, as values."""

import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.model.errors import NotAllowed, Unacceptable, WrongState
from tocsin.model.finding import Severity
from tocsin.respond.triage.alert import Kept, keep, named
from tocsin.respond.triage.machine import TRANSITIONS, Act, State, after, possible
from tocsin.respond.triage.quality import Judged, quality, wilson
from tocsin.respond.triage.suppression import (
    DAY_SECONDS,
    LONGEST_DAYS,
    Action,
    Facets,
    Mode,
    Suppression,
    acts,
    check,
    check_approver,
    matches,
    parse,
    waits,
    worst,
)
from tocsin.respond.triage.verdicts import DEFINITIONS, NEEDS_REASON, Verdict, verdict


def test_what_the_table_does_not_allow_is_refused_with_what_is_allowed() -> None:
    for state, act in itertools.product(State, Act):
        if act in possible(state):
            assert after(state, act) is TRANSITIONS[act][1]
        else:
            with pytest.raises(WrongState, match=state.value):
                after(state, act)


def test_every_open_alert_can_be_judged_and_every_other_can_come_back() -> None:
    for state in State:
        assert (Act.JUDGE in possible(state)) is state.is_open
    assert possible(State.MERGED) == (Act.UNMERGE,)
    assert possible(State.CLOSED) == (Act.REOPEN,)


def test_every_verdict_is_defined_and_false_ones_need_a_reason() -> None:
    assert set(DEFINITIONS) == set(Verdict)
    for each in Verdict:
        assert verdict(each, "because") is each
        if each in NEEDS_REASON:
            with pytest.raises(Unacceptable, match="reason"):
                verdict(each, "  ")
    with pytest.raises(Unacceptable, match="did you mean false_positive"):
        verdict("false_positve", "")


FACETS = Facets(
    source="detectors",
    severity=Severity.MEDIUM,
    detector="large-profit",
    chain=10,
    addresses=frozenset({"0x" + "a" * 40}),
    labels=frozenset({"mev:arbitrage"}),
)


@pytest.mark.parametrize(
    ("expression", "holds"),
    [
        ("detector = large-profit", True),
        ("detector = takeover, large-profit", True),
        ("detector != large-profit", False),
        ("chain = 1", False),
        ("chain = 1, 10 and severity <= medium", True),
        ("severity < medium", False),
        ("severity >= medium", True),
        ("severity > medium", False),
        (f"address = 0x{'A' * 40}", True),
        ("label = mev:arbitrage AND source = detectors", True),
        ("label != mev:arbitrage", False),
        ("label = mev:sandwich", False),
    ],
)
def test_an_expression_asks_fields(expression: str, holds: bool) -> None:
    assert matches(parse(expression), FACETS) is holds


@pytest.mark.parametrize(
    ("expression", "says"),
    [
        ("", "no term"),
        ("detector", "no term"),
        ("detektor = x", "did you mean 'detector'"),
        ("severity <= hgh", "did you mean 'high'"),
        ("severity <= low, high", "compares one severity"),
        ("detector <= x", "compares one severity"),
        ("chain = ethereum", "no chain id"),
        ("address = 0x12", "no address"),
        ("chain = 1, ", "values"),
        (" and ".join(["chain = 1"] * 21), "at most 20"),
        ("detector = " + "x" * 2_000, "at most 2000"),
    ],
)
def test_a_wrong_expression_says_what_is_wrong(expression: str, says: str) -> None:
    with pytest.raises(Unacceptable, match=says):
        parse(expression)


@given(st.text(max_size=60))
def test_no_text_does_anything_but_parse_or_be_refused(text: str) -> None:
    try:
        terms = parse(text)
    except Unacceptable:
        return
    assert matches(terms, FACETS) in (True, False)


def rule(**given: Any) -> Suppression:
    plain: dict[str, Any] = {
        "id": "1",
        "expression": "severity < high",
        "action": Action.SNOOZE,
        "mode": Mode.ACTIVE,
        "reason": "known noise",
        "author": "ada",
        "approver": None,
        "made_at": 0.0,
        "expires_at": float(DAY_SECONDS),
    }
    return Suppression(**{**plain, **given})


def test_hiding_what_is_high_takes_two() -> None:
    assert worst(parse("severity < high")) is Severity.MEDIUM
    assert worst(parse("detector = large-profit")) is Severity.CRITICAL
    assert not waits(rule(), check(rule()))
    bad = rule(expression="detector = large-profit")
    assert waits(bad, check(bad))
    assert not acts(bad, check(bad))
    with pytest.raises(NotAllowed, match="somebody else"):
        check_approver(bad, "ada")
    check_approver(bad, "bob")
    assert acts(rule(expression=bad.expression, approver="bob"), check(bad))
    watching = rule(expression=bad.expression, mode=Mode.MONITOR)
    assert not waits(watching, check(watching))
    assert not acts(watching, check(watching))


@pytest.mark.parametrize("expires_at", [0.0, -1.0, (LONGEST_DAYS * DAY_SECONDS) + 1.0, float("inf"), float("nan")])
def test_a_suppression_ends(expires_at: float) -> None:
    with pytest.raises(Unacceptable, match="ends"):
        check(rule(expires_at=expires_at))


def test_a_suppression_says_why() -> None:
    with pytest.raises(Unacceptable, match="reason"):
        check(rule(reason=" "))


@given(st.integers(1, 500).flatmap(lambda of: st.tuples(st.integers(0, of), st.just(of))))
def test_the_interval_holds_the_share_and_lies_between_none_and_all(counts: tuple[int, int]) -> None:
    hits, of = counts
    low, high = wilson(hits, of)
    assert 0.0 <= low <= hits / of <= high <= 1.0


def test_the_interval_is_that_of_the_book() -> None:
    """8 of 10, worked out by hand."""
    assert wilson(8, 10) == pytest.approx((0.490, 0.943), abs=0.001)


def test_quality_counts_what_people_said() -> None:
    rows = [
        Judged(detector="d", verdict="tp_impact", reason="", alerts=3, oldest=1.0),
        Judged(detector="d", verdict="false_positive", reason="a router", alerts=1, oldest=1.0),
        Judged(detector="d", verdict="benign", reason="", alerts=2, oldest=1.0),
        Judged(detector="d", verdict=None, reason="", alerts=4, oldest=10.0),
        Judged(detector="e", verdict=None, reason="", alerts=1, oldest=90.0),
    ]
    one, other = quality(rows, now=100.0)
    assert (one.alerts, one.precision, one.unjudged, one.oldest_unjudged_seconds) == (10, 0.75, 4, 90.0)
    assert one.noise == (("benign", 2), ("a router", 1))
    assert (other.precision, other.interval) == (None, None)


KEPT = st.builds(
    Kept,
    finding=st.uuids().map(str),
    stage=st.sampled_from(["funding", "exploitation", "laundering"]),
    weight=st.sampled_from([0.0, 1.0, 2.5, 3.0]),
    rank=st.tuples(st.integers(1, 5), st.booleans(), st.sampled_from([0.1, 0.9])),
)


@given(st.lists(KEPT, max_size=80, unique_by=lambda each: each.finding), st.integers(1, 20))
def test_what_is_kept_one_after_another_is_what_is_kept_of_all(every: list[Kept], size: int) -> None:
    """And it holds the weightiest of each stage and the worst, which the score rests on."""
    kept: tuple[Kept, ...] = ()
    for begin in range(0, len(every), size):
        kept = keep([*kept, *every[begin : begin + size]])
    assert kept == keep(every)
    for stage in {each.stage for each in every}:
        weights = {each.weight for each in kept if each.stage == stage}
        assert max(weights) == max(each.weight for each in every if each.stage == stage)
    assert max((each.rank for each in kept), default=None) == max((each.rank for each in every), default=None)


def test_an_alert_names_so_many_and_no_more() -> None:
    assert len(named((), map(str, range(1_000)))) == 100
    assert named(("a",), ["b", "a"]) == ("a", "b")
