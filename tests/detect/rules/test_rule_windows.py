"""Windows, counted quickly, are what counting slowly gives."""

from hypothesis import given
from hypothesis import strategies as st

from tocsin.detect.rules.windows import Event, counts, distinct, ordered, reached

SPAN = 10


def histories() -> st.SearchStrategy[list[Event]]:
    step = st.tuples(st.integers(0, 8), st.integers(0, 2), st.sampled_from("abc"))

    def timed(steps: list[tuple[int, int, str]]) -> list[Event]:
        now, events = 0, []
        for pause, rule, value in steps:
            now += pause
            events.append(Event(now, rule, value))
        return events

    return st.lists(step, max_size=30).map(timed)


def within(events: list[Event], at: int) -> list[Event]:
    return [event for event in events[: at + 1] if events[at].seconds - event.seconds <= SPAN]


@given(histories())
def test_counts(events: list[Event]) -> None:
    assert counts(events, SPAN) == [len(within(events, at)) for at in range(len(events))]


@given(histories())
def test_different_values_and_rules(events: list[Event]) -> None:
    windows = [within(events, at) for at in range(len(events))]
    assert distinct(events, SPAN, by_rule=False) == [len({each.value for each in window}) for window in windows]
    assert distinct(events, SPAN, by_rule=True) == [len({each.rule for each in window}) for window in windows]


def has_in_order(window: list[Event], rules: int) -> bool:
    wanted = 0
    for event in window:
        if event.rule == wanted:
            wanted += 1
            if wanted == rules:
                return True
    return False


@given(histories())
def test_order(events: list[Event]) -> None:
    expected = [has_in_order(within(events, at), 3) for at in range(len(events))]
    assert ordered(events, SPAN, 3) == expected


@given(histories(), st.integers(1, 4))
def test_what_happened_more_than_two_spans_ago_changes_nothing(events: list[Event], least: int) -> None:
    def begins(history: list[Event]) -> list[bool]:
        return reached(history, [level >= least for level in counts(history, SPAN)], SPAN)

    for at in range(len(events)):
        recent = [event for event in events[: at + 1] if events[at].seconds - event.seconds <= 2 * SPAN]
        assert begins(recent)[-1] == begins(events)[at]


@given(histories(), st.integers(1, 4))
def test_what_goes_on_is_told_once(events: list[Event], least: int) -> None:
    holds = [level >= least for level in counts(events, SPAN)]
    for at, begins in enumerate(reached(events, holds, SPAN)):
        goes_on = at > 0 and holds[at - 1] and events[at].seconds - events[at - 1].seconds <= SPAN
        assert begins is (holds[at] and not goes_on)
