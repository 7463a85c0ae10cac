"""Every regime keeps the contract of its kind: its examples hold, its sources are named, its clocks never stand."""

import datetime as dt

import pytest
from clock_stories import T0, Story, declared, iso, met, seconds

from tocsin.model.errors import SettingError
from tocsin.respond.clocks.plan import Rules
from tocsin.respond.clocks.triggers import NOT_REPORTABLE, SUBMITTED, TRIGGERS
from tocsin.respond.obligation import Example, Obligation
from tocsin.respond.obligation_catalogue import clocks_of, obligations

ALL = obligations()
EXAMPLES = [
    pytest.param(each, example, id=f"{name}: {example.says}") for name, each in ALL.items() for example in each.examples
]


@pytest.mark.parametrize(("obligation", "example"), EXAMPLES)
def test_from_these_triggers_it_is_due_then(obligation: Obligation, example: Example) -> None:
    story = Story(Rules(definitions=obligation.clocks)).happens(declared(), T0)
    first = min(seconds(at) for _, at in example.triggers)
    for place, (name, at) in enumerate(example.triggers):
        story.happens(met(name, seconds(at)), first + place, is_read=False)
    story.passes(first + len(example.triggers))

    running = [clock for clock in story.board.clocks.values() if clock.is_open]
    due = {clock.definition: None if clock.due_at is None else iso(clock.due_at) for clock in running}
    assert due == dict(example.due)


@pytest.mark.parametrize("name", ALL)
def test_every_clock_of_it_has_an_example_a_recipient_and_known_triggers(name: str) -> None:
    obligation = ALL[name]
    shown = {clock for example in obligation.examples for clock in example.due}
    submitted = {trigger for example in obligation.examples for trigger, _ in example.triggers}
    for clock in obligation.clocks:
        assert clock.id in shown or f"submitted:{clock.id}" in submitted
        assert clock.recipient
        assert clock.obligation == name
        for anchor in clock.starts:
            assert anchor.where["trigger"] <= {*TRIGGERS, SUBMITTED}
        assert any(anchor.where.get("trigger") == {NOT_REPORTABLE} for anchor in clock.ends)


@pytest.mark.parametrize("name", ALL)
def test_no_duty_to_a_regulator_stands_still(name: str) -> None:
    assert all(clock.pauses_in == frozenset() for clock in ALL[name].clocks)


@pytest.mark.parametrize("name", ALL)
def test_the_source_is_named(name: str) -> None:
    obligation = ALL[name]
    assert obligation.citation
    assert obligation.name
    assert not obligation.is_review_due(obligation.reviewed_on)
    assert obligation.is_review_due(obligation.reviewed_on + dt.timedelta(days=181))


def test_no_two_rules_have_one_name() -> None:
    names = [clock.id for each in ALL.values() for clock in each.clocks]
    assert len(names) == len(set(names))


def test_what_is_not_in_force_runs_for_nobody() -> None:
    assert clocks_of(("circia",)) == ()
    assert {clock.id for clock in clocks_of(("nis2",))} == {"nis2-early", "nis2-notify", "nis2-final"}


def test_a_misspelt_regime_is_named() -> None:
    with pytest.raises(SettingError, match="did you mean 'gdpr'"):
        clocks_of(("gpdr",))


def test_the_rules_of_the_reference_are_all_there() -> None:
    """Every rule id of the table (reference: incident response, 11.6)."""
    table = {
        *("gdpr-33", "gdpr-34", "dora-initial", "dora-intermediate", "dora-final", "nis2-early", "nis2-notify"),
        *("nis2-final", "nydfs-notify", "nydfs-extortion", "sec-8k", "mas-psn05-notify", "mas-psn05-cause"),
        *("mas-psn05-rto", "seal-return"),
    }
    names = {clock.id for each in ALL.values() for clock in each.clocks}
    assert table <= names
    assert {"circia", "vara", "uk-ops"} <= set(ALL)
