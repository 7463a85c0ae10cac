"""
Clocks as people ask for them: which run, by time left; pausing, resuming, waiving; triggers, submissions, decisions.

Every question first acts on what is new in the journal and what is due, so that what is shown is true, whether or not
a service runs.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tocsin.app.clocks.timekeeper import rules_of
from tocsin.app.desk import Desk
from tocsin.edge.store import clocks as rows
from tocsin.edge.store import incidents, timekeeping
from tocsin.edge.store.clocks import Shown
from tocsin.edge.store.errors import named_errors
from tocsin.edge.store.incident_rows import named
from tocsin.edge.store.timekeeping import follow
from tocsin.model.actor import Actor
from tocsin.model.errors import NotAllowed, NotFound, Unacceptable
from tocsin.respond.clocks import acts
from tocsin.respond.clocks.clock import Clock
from tocsin.respond.clocks.definition import ClockDefinition
from tocsin.respond.clocks.plan import Board
from tocsin.respond.clocks.triggers import NOT_REPORTABLE, SUBMITTED, known_trigger
from tocsin.respond.estate.fields import nearest, shown
from tocsin.respond.incident import events
from tocsin.respond.obligation import Obligation
from tocsin.respond.obligation_catalogue import obligations

FUTURE_SECONDS = 60.0
"""A trigger cannot be met later than now, but people's clocks differ by this much."""
EARLIEST = 1_230_940_800.0
"""The first block of the first chain, 3 January 2009: nothing here began before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How the clocks of one incident stand."""

    incident: str
    number: str
    exercise: str
    clocks: tuple[Clock, ...]
    """Oldest first, with those that are over."""
    undecided: tuple[ClockDefinition, ...]
    """Duties of regimes one is under for which nobody has declared a trigger, nor that there is nothing to report."""
    has_duties: bool
    """Whether anything here is a duty to somebody outside: then it is to be said that it is no legal advice."""


def catch_up(desk: Desk) -> None:
    """Act on what is new and due. Raises `StoreError`, and `SettingError`, `EstateError` of the rules."""
    rules = rules_of(desk.settings)
    done = False
    while follow(desk.store.engine, rules, now=desk.clock()):
        done = True
    if done:
        desk.ring()


def open_clocks(
    desk: Desk,
    actor: Actor,
    *,
    incident: str = "",
    is_open: bool = True,
    after: tuple[float, str] | None = None,
    limit: int | None = None,
) -> tuple[Shown, ...]:
    """The clocks that are open, or all, those with the least time left first. Raises `NotFound`, `StoreError`."""
    catch_up(desk)
    with named_errors(), desk.store.engine.begin() as connection:
        one = named(connection, incident, viewer=actor) if incident else ""
        return rows.shown(connection, viewer=actor, incident=one, is_open=is_open, after=after, limit=limit)


def clock_of(desk: Desk, actor: Actor, clock: str) -> Shown:
    """One clock. Raises `NotFound`, `StoreError`."""
    catch_up(desk)
    with named_errors(), desk.store.engine.begin() as connection:
        found = _visible(connection, actor, clock)
        situation = rows.board(connection, found.incident).situation
    number, exercise = ("", "") if situation is None else (situation.number, situation.exercise)
    return Shown(clock=found, number=number, exercise=exercise)


def standing(desk: Desk, actor: Actor, incident: str) -> Standing:
    """How the clocks of an incident stand, and what is undecided. Raises `NotFound`, `StoreError`."""
    catch_up(desk)
    with named_errors(), desk.store.engine.begin() as connection:
        board = rows.board(connection, named(connection, incident, viewer=actor))
    situation, undecided = board.situation, _undecided(desk, board)
    return Standing(
        incident=board.incident,
        number=situation.number if situation else "",
        exercise=situation.exercise if situation else "",
        clocks=tuple(board.clocks.values()),
        undecided=undecided,
        has_duties=bool(undecided) or any(is_duty(desk, each) for each in board.clocks.values()),
    )


def pause(desk: Desk, actor: Actor, clock: str, *, waiting: str, reason: str) -> Clock:
    """Let a clock stand. Raises `NotFound`, `NotAllowed`, `WrongState`, `Unacceptable`, `StoreError`."""
    return _change(desk, actor, clock, lambda found: acts.pause(found, definition(desk, found), waiting, reason, actor))


def resume(desk: Desk, actor: Actor, clock: str) -> Clock:
    """Let a clock go on. Raises `NotFound`, `NotAllowed`, `WrongState`, `StoreError`."""
    return _change(desk, actor, clock, lambda found: acts.resume(found, actor, desk.clock()))


def waive(desk: Desk, actor: Actor, clock: str, *, reason: str) -> Clock:
    """Say that a clock does not count. Raises `NotFound`, `NotAllowed`, `WrongState`, `Unacceptable`, `StoreError`."""
    return _change(desk, actor, clock, lambda found: acts.waive(found, reason, actor))


def declare_trigger(desk: Desk, actor: Actor, incident: str, trigger: str, *, at: float, why: str) -> Standing:
    """Say that a trigger was met, when and why. Raises `NotFound`, `NotAllowed`, `Unacceptable`, `StoreError`."""
    return _tell(desk, actor, incident, events.TriggerMet(trigger=known_trigger(trigger), at=at, why=why))


def record_submission(  # noqa: PLR0913 - what a submission consists of, by name
    desk: Desk, actor: Actor, incident: str, rule: str, *, at: float, why: str, evidence: str = ""
) -> Standing:
    """Say that a duty was done, when, and what was sent. Raises as `declare_trigger` does."""
    (known,) = _rules_named(desk, rule, is_one=True)
    told = events.TriggerMet(trigger=SUBMITTED, at=at, why=why, obligation=known.id, evidence=evidence)
    return _tell(desk, actor, incident, told)


def not_reportable(desk: Desk, actor: Actor, incident: str, rule: str, *, why: str) -> Standing:
    """Say that there is nothing to report under a rule or a whole regime, and why. Raises as `declare_trigger` does."""
    at = desk.clock()
    told = [
        events.TriggerMet(trigger=NOT_REPORTABLE, at=at, why=why, obligation=each.id)
        for each in _rules_named(desk, rule)
    ]
    return _tell(desk, actor, incident, *told)


def rebuild(desk: Desk) -> int:
    """Make the rows of all clocks again from the journal; of how many incidents. Raises `StoreError`."""
    with named_errors(), desk.store.engine.begin() as connection:
        every = rows.every_incident(connection)
        for incident in every:
            timekeeping.rebuild(connection, incident)
    catch_up(desk)
    return len(every)


def definition(desk: Desk, clock: Clock) -> ClockDefinition | None:
    """What a clock was started by, of the rules as they are now; None where they have it no more."""
    return rules_of(desk.settings).by_id.get(clock.definition)


def rules(desk: Desk) -> tuple[tuple[ClockDefinition, bool], ...]:
    """Every clock there is, and whether it runs here: the organisation's own, and those of every regime."""
    running = rules_of(desk.settings).by_id
    others = [clock for each in obligations().values() for clock in each.clocks if clock.id not in running]
    return (*((each, True) for each in running.values()), *((each, False) for each in others))


def regime(clock: ClockDefinition) -> Obligation | None:
    """The regime whose duty a clock is; None for the organisation's own."""
    return obligations().get(clock.obligation)


def _change(desk: Desk, actor: Actor, clock: str, decide: Callable[[Clock], events.Event]) -> Clock:
    catch_up(desk)
    with named_errors(), desk.store.engine.begin() as connection:
        rules, now = rules_of(desk.settings), desk.clock()
        one = _visible(connection, actor, clock).id
        changed = timekeeping.change(connection, rules, one, decide, actor=actor, now=now)
    desk.ring()
    return changed


def _tell(desk: Desk, actor: Actor, incident: str, *told: events.TriggerMet) -> Standing:
    _check(desk, actor, told)
    catch_up(desk)
    now = desk.clock()
    with named_errors(), desk.store.engine.begin() as connection:
        one = named(connection, incident, viewer=actor)
        incidents.record(connection, one, told, actor=actor, occurred_at=now, now=now)
    desk.ring()
    return standing(desk, actor, one)


def _check(desk: Desk, actor: Actor, told: Sequence[events.TriggerMet]) -> None:
    if not actor.is_person:
        raise NotAllowed(f"a trigger is a decision of a person, who can be asked why; {actor} is none")
    for each in told:
        acts.checked(each.why)
        if not EARLIEST <= each.at <= desk.clock() + FUTURE_SECONDS:
            raise Unacceptable("the moment lies in the future, or before there were any chains; write when it was")


def _visible(connection: rows.Connection, actor: Actor, clock: str) -> Clock:
    """
    The clock, if `actor` may see its incident, which may be called by any of its names: 42:response. Raises `NotFound`.
    """
    incident, _, rest = clock.partition(":")
    try:
        board = rows.board(connection, named(connection, incident, viewer=actor))
    except NotFound:
        board = Board(incident="")
    number = board.situation.number if board.situation else ""
    if (found := board.clocks.get(f"{number}:{rest}")) is not None:
        return found
    raise NotFound(f"there is no clock {shown(clock)}; `tocsin clocks list` shows those that are open")


def _rules_named(desk: Desk, name: str, *, is_one: bool = False) -> tuple[ClockDefinition, ...]:
    """The rules of this id, or of this regime. Raises `Unacceptable`, which names the nearest right spelling."""
    duties = [each for each in rules_of(desk.settings).definitions if each.obligation]
    found = tuple(each for each in duties if each.id == name)
    if not found and not is_one:
        found = tuple(each for each in duties if each.obligation == name)
    if found:
        return found
    known = [each.id for each in duties] + ([] if is_one else sorted({each.obligation for each in duties}))
    more = "" if duties else "; [respond] regimes in tocsin.toml names the regimes one is under"
    raise Unacceptable(f"no rule {shown(name)}; {nearest(name, known)}{more}")


def _undecided(desk: Desk, board: Board) -> tuple[ClockDefinition, ...]:
    """The duties that begin with a trigger of their own, and of which nothing has been said."""
    if board.situation is None:
        return ()
    met = board.situation.triggers
    return tuple(
        each
        for each in rules_of(desk.settings).definitions
        if each.obligation
        and f"{NOT_REPORTABLE}:{each.id}" not in met
        and not any(name in met for name in _triggers(each))
        and SUBMITTED not in _triggers(each)
        and (not each.follows or f"{SUBMITTED}:{each.follows}" in met)
    )


def _triggers(clock: ClockDefinition) -> frozenset[str]:
    return frozenset[str]().union(*(anchor.where.get("trigger", frozenset()) for anchor in clock.starts))


def is_duty(desk: Desk, clock: Clock) -> bool:
    """Whether a clock is a duty to somebody outside: what is shown of it is no legal advice."""
    known = definition(desk, clock)
    return known is not None and bool(known.obligation)
