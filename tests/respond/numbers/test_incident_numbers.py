"""Numbers of response, from the journal alone, with hand-made entries."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.model.actor import TOCSIN, Actor, ActorKind
from tocsin.model.priority import Priority
from tocsin.respond.incident import events
from tocsin.respond.journal import Draft, Entry
from tocsin.respond.numbers.figures import Compliance, Figures, Teams, Wanted, figures
from tocsin.respond.numbers.periods import Period
from tocsin.respond.numbers.spread import spread
from tocsin.respond.numbers.subjects import gather
from tocsin.respond.triage import events as alert_events

ADA = Actor(ActorKind.USER, "ada")
T0, MINUTE, HOUR, DAY = 1_772_452_800.0, 60.0, 3_600.0, 86_400.0


class Told:
    """A journal in the making."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.sequences: dict[str, int] = {}

    def incident(self, name: str, at: float, *told: tuple[events.Event, float], by: Actor = ADA) -> "Told":
        for event, later in told:
            self.enter(events.draft(name, event, by, at + later), at + later)
        return self

    def alert(self, name: str, event: alert_events.AlertEvent, at: float, happened_at: float | None = None) -> "Told":
        occurred_at = at if happened_at is None else happened_at
        self.enter(alert_events.draft(name, event, actor=ADA, occurred_at=occurred_at), at)
        return self

    def enter(self, draft: Draft, at: float) -> None:
        sequence = self.sequences[draft.stream] = self.sequences.get(draft.stream, 0) + 1
        entry = Entry(
            stream=draft.stream,
            kind=draft.kind,
            actor=draft.actor,
            occurred_at=draft.occurred_at,
            data=draft.data,
            position=len(self.entries),
            sequence=sequence,
            recorded_at=at,
            previous="",
        )
        self.entries.append(entry)

    def figures(self, teams: Teams = Teams(), **wanted: object) -> tuple[Figures, ...]:  # noqa: B008 - frozen
        return figures(gather(self.entries), Wanted(**wanted), now=T0 + 400 * DAY, teams=teams)


def declared(priority: str = "P1", exercise: str = "", at: float = T0, began: float | None = -120.0) -> events.Declared:
    return events.Declared(
        number="INC-2026-0001",
        title="Drain",
        type="exploit",
        priority=Priority(priority),
        because=("value is leaving",),
        rule="loss",
        detected_at=at,
        began_at=None if began is None else at + began,
        exercise=exercise,
    )


def opened(source: str = "large-profit") -> alert_events.AlertOpened:
    return alert_events.AlertOpened(key="k", source=source, severity="high", title="t")


def moved(after: str) -> alert_events.AlertMoved:
    return alert_events.AlertMoved(act="a", before="new", after=after)


def judged(verdict: str, reason: str = "") -> alert_events.AlertJudged:
    return alert_events.AlertJudged(verdict=verdict, reason=reason, before="new")


def linked(alert: str, at: float) -> events.AlertLinked:
    return events.AlertLinked(alert=alert, title="t", severity="high", detected_at=at)


def status(after: str, before: str) -> events.StatusChanged:
    return events.StatusChanged(before=before, after=after)


def clock(name: str, *, priority: str = "P1", due: float = 900.0) -> events.ClockStarted:
    return events.ClockStarted(
        clock=name, definition="response", started_at=T0, due_at=T0 + due, priority=Priority(priority)
    )


def named(kind: type[events.Event], name: str, **more: object) -> events.Event:
    return kind(clock=name, definition="response", **more)


def test_an_attack_from_its_block_to_its_end() -> None:
    """Began at -2 min, alert at 0, declared at 5 s, an alert taken at 2 min, acknowledged at 3 min, and so on."""
    story = Told().alert("a", opened(), T0, happened_at=T0 - 120).alert("a", moved("acknowledged"), T0 + 2 * MINUTE)
    story.incident(
        "i",
        T0,
        (declared(), 5.0),
        (linked("a", T0), 6.0),
        (clock("c"), 7.0),
        (events.Acknowledged(via="cli"), 3 * MINUTE),
        (named(events.ClockMet, "c", at=T0 + 3 * MINUTE), 3 * MINUTE),
        (status("stable", "active"), 30 * MINUTE),
        (status("resolved", "stable"), 5 * HOUR),
    )

    (told,) = story.figures()
    seconds = {name: each.median for name, each in told.durations.items()}
    assert seconds == {
        "detect": 120.0,
        "triage": 2 * MINUTE,
        "acknowledge": 4 * MINUTE,
        "respond": 3 * MINUTE,
        "qualify": 5.0,
        "contain": 30 * MINUTE,
        "resolve": 5 * HOUR - 2 * MINUTE,
    }
    assert told.clocks == (Compliance(clock="response", priority="P1", met=1, breached=0, waived=0, open=0),)
    assert (told.alerts, told.alert_acknowledge.median) == (1, 2 * MINUTE)


def test_waived_stands_apart_from_met_and_a_breach_stays_a_breach() -> None:
    story = Told()
    breach = {"due_at": T0 + 900, "noticed_at": T0 + 900}
    story.incident("i", T0, (declared(), 0.0), (clock("m"), 0.0), (named(events.ClockMet, "m", at=T0 + 1), 1.0))
    story.incident(
        "j",
        T0,
        (declared(), 0.0),
        (clock("b"), 0.0),
        (named(events.ClockBreached, "b", **breach), 900.0),
        (named(events.ClockMet, "b", at=T0 + 950, is_late=True), 950.0),
        (clock("w"), 960.0),
        (named(events.ClockBreached, "w", **breach), 970.0),
        (named(events.ClockWaived, "w", reason="a drill of the line"), 980.0),
        (clock("s"), 990.0),
        (named(events.ClockSuperseded, "s", by="o"), 991.0),
        (clock("o", priority="P2"), 992.0),
    )
    (told,) = story.figures()
    first, second = told.clocks
    assert (first.met, first.breached, first.waived, first.open) == (1, 1, 1, 0)
    assert first.share_met == pytest.approx(1 / 3)
    assert (second.priority, second.open, second.share_met) == ("P2", 1, None)


def test_exercises_change_their_own_numbers_only() -> None:
    story = Told().incident("i", T0, (declared(), 0.0))
    before = story.figures()
    story.incident(
        "x",
        T0,
        (declared(exercise="spring"), 0.0),
        (clock("c"), 0.0),
        (named(events.ClockBreached, "c", due_at=T0 + 900, noticed_at=T0 + 900), 900.0),
    )
    assert story.figures() == before
    (drill,) = story.figures(is_exercise=True)
    assert (drill.incidents, drill.clocks[0].breached) == (1, 1)


def test_what_is_merged_is_counted_where_it_goes_on_and_false_alarms_have_nothing_to_resolve() -> None:
    story = Told().incident("i", T0, (declared(), 0.0), (events.Merged(into="j", reason="same"), 1.0))
    story.incident(
        "j",
        T0,
        (declared(), 0.0),
        (events.Acknowledged(via="cli"), 60.0),
        (events.VerdictGiven(verdict="false_positive", reason="a test"), 70.0),
        (status("resolved", "active"), 80.0),
    )
    (told,) = story.figures()
    assert told.incidents == 1
    assert (told.durations["detect"].count, told.durations["resolve"].count) == (0, 0)
    assert told.durations["triage"].count == 1


def test_a_corrected_time_counts_and_one_that_makes_no_sense_does_not() -> None:
    story = Told().incident(
        "i", T0, (declared(began=None), 0.0), (events.TimeCorrected(what="occurred", at=T0 - 300, reason="r"), 9.0)
    )
    assert story.figures()[0].durations["detect"].median == 300
    story.incident("i", T0, (events.TimeCorrected(what="occurred", at=T0 + 300, reason="r"), 10.0))
    assert story.figures()[0].durations["detect"].count == 0


def test_alerts_are_judged_by_source() -> None:
    story = Told()
    for number, verdict in enumerate(("tp_impact", "false_positive", "benign", None)):
        story.alert(f"a{number}", opened("reentrancy"), T0)
        if verdict:
            story.alert(f"a{number}", judged(verdict, "a keeper"), T0 + HOUR)
    story.alert("other", opened("honeypot"), T0)
    (told,) = story.figures()
    by_source = {each.detector: each for each in told.quality}
    assert by_source["reentrancy"].precision == 0.5
    assert by_source["reentrancy"].unjudged == 1
    assert by_source["honeypot"].precision is None
    assert told.alert_close.count == 3


def test_periods_and_teams() -> None:
    hit = events.AssetsIdentified(assets=("vault", "pool"), directly=("vault",))
    story = Told().incident("i", T0, (declared(), 0.0), (hit, 1.0))
    later = T0 + 40 * DAY
    story.incident("j", later, (declared(at=later), 0.0), (events.RoleAssigned(role="commander", person="bob"), 1.0))
    teams = Teams(of_asset={"vault": ("core",), "pool": ("other",)}, of_person={"bob": ("night",)})

    assert [each.period for each in story.figures(period=Period.MONTH)] == ["2026-03", "2026-04"]
    assert [each.period for each in story.figures(period=Period.WEEK)] == ["2026-W10", "2026-W15"]
    assert [each.incidents for each in story.figures(teams, team="core")] == [1]
    assert [each.incidents for each in story.figures(teams, team="night", period=Period.MONTH)] == [1]
    assert [each.incidents for each in story.figures(teams, team="other")] == [0]
    assert [each.incidents for each in story.figures(since=T0 + DAY)] == [1]
    assert [each.incidents for each in story.figures(until=T0 + DAY)] == [1]


def test_an_empty_journal_has_empty_numbers() -> None:
    (told,) = Told().figures()
    assert told.incidents == 0
    assert all(each.count == 0 and each.median is None for each in told.durations.values())
    assert Told().figures(period=Period.MONTH) == ()


@given(st.lists(st.floats(0, 1e6), min_size=1))
def test_nine_in_ten_took_no_longer(seconds: Sequence[float]) -> None:
    told = spread(seconds)
    assert told.p90 is not None
    assert told.median is not None
    assert sum(each <= told.p90 for each in seconds) >= 0.9 * len(seconds)
    assert min(seconds) <= told.median <= max(seconds)
    assert told.p90 in seconds


def test_programs_do_not_take_alerts_up() -> None:
    story = Told().alert("a", opened(), T0)
    draft = alert_events.draft("a", moved("acknowledged"), actor=TOCSIN, occurred_at=T0 + 1)
    story.enter(draft, T0 + 1)
    assert story.figures()[0].alert_acknowledge.count == 0
