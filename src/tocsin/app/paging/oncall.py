"""Who is on call: the plan in oncall.toml with the overrides and swaps that people made beside it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path

from tocsin.app.desk import Desk
from tocsin.app.estate.estate import estate_now
from tocsin.app.settings import Settings
from tocsin.edge.rule_files import read_text
from tocsin.edge.store import journal
from tocsin.edge.store import on_call as rows
from tocsin.edge.store.errors import named_errors
from tocsin.edge.store.on_call import Connection, KeptOverride, KeptSwap
from tocsin.model.actor import Actor
from tocsin.model.errors import EstateError, NotAllowed, NotFound, SourceError, Unacceptable, WrongState
from tocsin.respond.estate.estate import EMPTY, Estate
from tocsin.respond.estate.fields import nearest, shown
from tocsin.respond.journal import Draft
from tocsin.respond.oncall.schedule import Override, Schedule, Swap, on_call
from tocsin.respond.oncall.shifts import DAY_SECONDS, MOST_DAYS, HandOver, Stretch, gaps, hand_overs, shifts
from tocsin.respond.paging.policy import NO_PLAN, Plan
from tocsin.respond.paging.reading import parse

STREAM = "estate"
LONGEST_REASON = 500
MOST_OVERRIDES = 5_000
"""That hold or are to come, in all: each is looked at whenever somebody asks who is on call."""


def read_plan(settings: Settings) -> Plan:
    """The plan in the file that the settings name; none where they name none. Raises `EstateError`."""
    name = settings.estate.on_call
    if not name:
        return NO_PLAN
    try:
        return parse(read_text(Path(name)), name)
    except SourceError as error:
        raise EstateError(f"{error}; [estate] on_call in tocsin.toml names it; docs/paging.md has an example") from None


def changed(connection: Connection, plan: Plan, since: float) -> Plan:
    """The plan with the overrides and swaps that have not ended by then."""
    more: dict[str, list[tuple[float, Override]]] = {}
    for kept in rows.overrides(connection, since):
        more.setdefault(kept.schedule, []).append((kept.made_at, kept.override))
    for swap in rows.swaps(connection, since):
        if swap.state == rows.TAKEN:
            made = [(swap.made_at, each) for each in swap.swap.overrides()]
            more.setdefault(swap.schedule, []).extend(made)
    return replace(plan, schedules={name: _with(one, more.get(name, [])) for name, one in plan.schedules.items()})


def _with(schedule: Schedule, more: list[tuple[float, Override]]) -> Schedule:
    ordered = sorted(more, key=lambda each: (each[0], each[1].id))
    return schedule.with_overrides(tuple(override for _, override in ordered))


def plan_now(desk: Desk, since: float | None = None) -> Plan:
    """The plan with what was changed beside it. Raises `EstateError` and `StoreError`."""
    plan = read_plan(desk.settings)
    with named_errors(), desk.store.engine.begin() as connection:
        return changed(connection, plan, desk.clock() if since is None else since)


def schedule_of(plan: Plan, name: str) -> Schedule:
    """A schedule of the plan. Raises `NotFound` that names the nearest."""
    if name not in plan.schedules:
        raise NotFound(f"there is no schedule {shown(name)}; {nearest(name, plan.schedules)}")
    return plan.schedules[name]


def on_call_now(desk: Desk, at: float | None = None) -> Mapping[str, tuple[str, ...]]:
    """Who is on call, by schedule. Raises `EstateError` and `StoreError`."""
    moment = desk.clock() if at is None else at
    plan = plan_now(desk, moment)
    return {name: on_call(schedule, moment) for name, schedule in plan.schedules.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class LaidOut:
    """A schedule over some time."""

    schedule: Schedule
    shifts: tuple[Stretch, ...]
    hand_overs: tuple[HandOver, ...]
    gaps: tuple[Stretch, ...]


def laid_out(desk: Desk, name: str, *, begins: float, days: float) -> LaidOut:
    """A schedule over some days. Raises `NotFound`, `Unacceptable`, `EstateError` and `StoreError`."""
    if not 0 < days <= MOST_DAYS:
        raise Unacceptable(f"{days:g} days cannot be laid out at once; ask for up to {MOST_DAYS}")
    schedule = schedule_of(plan_now(desk, begins), name)
    ends = begins + days * DAY_SECONDS
    return LaidOut(
        schedule=schedule,
        shifts=shifts(schedule, begins, ends),
        hand_overs=hand_overs(schedule, begins, ends),
        gaps=gaps(schedule, begins, ends),
    )


def overrides(desk: Desk) -> tuple[KeptOverride, ...]:
    """The overrides that hold or are to come. Raises `StoreError`."""
    with named_errors(), desk.store.engine.begin() as connection:
        return rows.overrides(connection, desk.clock())


def swaps(desk: Desk) -> tuple[KeptSwap, ...]:
    """The swaps that are asked for or taken, and not over. Raises `StoreError`."""
    with named_errors(), desk.store.engine.begin() as connection:
        return rows.swaps(connection, desk.clock())


def add_override(desk: Desk, actor: Actor, schedule: str, override: Override, reason: str = "") -> KeptOverride:
    """
    Put a person on call in place of another; its id is made here.

    Raises `NotFound`, `Unacceptable`, `EstateError` and `StoreError`.
    """
    return add_overrides(desk, actor, schedule, [override], reason)[0]


def add_overrides(
    desk: Desk, actor: Actor, schedule: str, new: list[Override], reason: str
) -> tuple[KeptOverride, ...]:
    """Put several overrides beside the plan, all or none of them. Raises like `add_override`."""
    schedule_of(read_plan(desk.settings), schedule)
    people = estate_now(desk).people
    for override in new:
        _check(override, people, desk.clock())
    now = desk.clock()
    kept = tuple(
        KeptOverride(
            schedule=schedule,
            override=replace(each, id=desk.new_id()),
            reason=reason[:LONGEST_REASON],
            made_by=str(actor),
            made_at=now,
        )
        for each in new
    )
    with named_errors(), desk.store.engine.begin() as connection:
        if len(rows.overrides(connection, now)) + len(kept) > MOST_OVERRIDES:
            raise Unacceptable(f"there would be more than {MOST_OVERRIDES} overrides; remove some first")
        for each in kept:
            rows.add_override(connection, each)
        journal.append(connection, [_override_draft(each, actor, now) for each in kept], now=now)
    desk.ring()
    return kept


def remove_override(desk: Desk, actor: Actor, override: str) -> None:
    """Take an override back. Raises `NotFound` and `StoreError`."""
    now = desk.clock()
    with named_errors(), desk.store.engine.begin() as connection:
        rows.remove_override(connection, override, now)
        draft = Draft(
            stream=STREAM, kind="on_call_override_removed", actor=actor, occurred_at=now, data={"override": override}
        )
        journal.append(connection, [draft], now=now)
    desk.ring()


def ask_swap(desk: Desk, actor: Actor, schedule: str, swap: Swap) -> KeptSwap:
    """
    Ask somebody to take a shift, for one of his or for none; it holds when he takes it.

    Raises `NotFound`, `NotAllowed`, `Unacceptable`, `EstateError` and `StoreError`.
    """
    if not actor.is_person or actor.id != swap.asks:
        raise NotAllowed("only whose shift it is may ask somebody to take it")
    schedule_of(read_plan(desk.settings), schedule)
    people = estate_now(desk).people
    for override in swap.overrides():
        _check(override, people, desk.clock())
    now = desk.clock()
    kept = KeptSwap(schedule=schedule, swap=replace(swap, id=swap.id or desk.new_id()), state=rows.ASKED, made_at=now)
    with named_errors(), desk.store.engine.begin() as connection:
        rows.add_swap(connection, kept)
        journal.append(connection, [_swap_draft(kept, actor, now)], now=now)
    desk.ring()
    return kept


class Decision(StrEnum):
    """What becomes of a swap that somebody asked for."""

    TAKEN = rows.TAKEN
    DECLINED = rows.DECLINED
    WITHDRAWN = rows.WITHDRAWN


def decide_swap(desk: Desk, actor: Actor, swap: str, state: Decision) -> KeptSwap:
    """
    Take or decline a swap (who was asked), or withdraw it (who asked).

    Raises `NotFound`, `NotAllowed`, `WrongState` and `StoreError`.
    """
    now = desk.clock()
    with named_errors(), desk.store.engine.begin() as connection:
        kept = rows.swap(connection, swap)
        decides = kept.swap.asks if state is Decision.WITHDRAWN else kept.swap.takes
        if actor.id != decides or not actor.is_person:
            raise NotAllowed(f"only {decides} may decide that")
        if kept.state != rows.ASKED:
            raise WrongState(f"the swap is {kept.state} already")
        rows.decide_swap(connection, swap, state.value, now)
        decided = replace(kept, state=state.value)
        journal.append(connection, [_swap_draft(decided, actor, now)], now=now)
    desk.ring()
    return decided


def _check(override: Override, people: Mapping[str, object], now: float) -> None:
    for person in (override.person, override.instead_of):
        if person and person not in people:
            raise Unacceptable(f"{shown(person)} is nobody of the estate; {nearest(person, people)}")
    if not override.person and not override.instead_of:
        raise Unacceptable("say who takes whose place: an override of nobody by nobody is none")
    if not override.begins < override.ends:
        raise Unacceptable("it must end after it begins")
    if override.ends <= now:
        raise Unacceptable("it is over already: give an end that is to come")
    if override.ends - override.begins > MOST_DAYS * DAY_SECONDS:
        raise Unacceptable(f"it is longer than {MOST_DAYS} days; change the schedule instead")


def _override_draft(kept: KeptOverride, actor: Actor, now: float) -> Draft:
    override = kept.override
    names = ("id", "person", "instead_of", "begins", "ends")
    data = {name: getattr(override, name) for name in names} | {"schedule": kept.schedule, "reason": kept.reason}
    return Draft(stream=STREAM, kind="on_call_override_added", actor=actor, occurred_at=now, data=data)


def _swap_draft(kept: KeptSwap, actor: Actor, now: float) -> Draft:
    swap = kept.swap
    data = {"swap": swap.id, "schedule": kept.schedule, "asks": swap.asks, "takes": swap.takes, "state": kept.state}
    return Draft(stream=STREAM, kind=f"on_call_swap_{kept.state}", actor=actor, occurred_at=now, data=data)


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """Who there is, and who is told when."""

    estate: Estate = EMPTY
    plan: Plan = NO_PLAN
    fault: str = ""
    """Why the newest files could not be read: the last good ones count."""


@dataclass(slots=True, kw_only=True)
class Directory:
    """Estate and plan, read again when a file changes or somebody changed the estate beside it."""

    desk: Desk
    known: Known = field(default_factory=Known)
    stamp: tuple[object, ...] | None = None

    def read(self) -> Known:
        """What the files say now. Raises `StoreError`; a wrong file leaves what was known, with its fault."""
        now = tuple(self._stamps())
        if now != self.stamp:
            self.known = self._read()
            self.stamp = now
        return self.known

    def forget(self) -> None:
        """Read again next time."""
        self.stamp = None

    def _read(self) -> Known:
        try:
            return Known(estate=estate_now(self.desk), plan=read_plan(self.desk.settings))
        except EstateError as error:
            return replace(self.known, fault=str(error))

    def _stamps(self) -> Iterator[object]:
        for name in (self.desk.settings.estate.file, self.desk.settings.estate.on_call):
            try:
                stat = Path(name).stat() if name else None
            except OSError:
                stat = None
            yield stat and (stat.st_mtime_ns, stat.st_size, stat.st_ino)
