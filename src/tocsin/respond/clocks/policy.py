"""
What an organisation sets anew: its targets, when its clocks may stand, its working time, duties of its own.

`clocks.toml` says it; docs/clocks.md has the format. The required response stays a promise: it may be made shorter,
never longer, and is counted around the clock (reference: incident response, 4.1 and 4.2).
"""

import datetime as dt
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from tocsin.model.errors import EstateError
from tocsin.model.priority import Priority
from tocsin.respond.clocks import durations
from tocsin.respond.clocks.calendar import EVERY_WEEKDAY, Calendar
from tocsin.respond.clocks.definition import ClockDefinition, Waiting
from tocsin.respond.clocks.internal import ACKNOWLEDGE, RESPONSE, TARGETS, definitions
from tocsin.respond.clocks.plan import Rebase, Rules
from tocsin.respond.clocks.targets import Elapsed, Limit
from tocsin.respond.clocks.triggers import TRIGGERS
from tocsin.respond.estate import fields
from tocsin.respond.obligation import duty

CUSTOM = "custom"
"""The regime of duties that an organisation writes down itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnTarget:
    """What one of the organisation's clocks has other than by default."""

    limits: Mapping[Priority, Limit] = field(default_factory=dict)
    warn_percent: int | None = None
    pauses_in: frozenset[Waiting] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What an organisation sets anew."""

    rebase: Rebase = Rebase.FROM_START
    calendar: Calendar = EVERY_WEEKDAY
    targets: Mapping[str, OwnTarget] = field(default_factory=dict)
    duties: tuple[ClockDefinition, ...] = ()

    def rules(self, obligations: Iterable[ClockDefinition]) -> Rules:
        """All clocks: the organisation's own, and those of the regimes it is under."""
        limits = {name: {**TARGETS[name], **self._own(name).limits} for name in TARGETS}
        own = tuple(self._adapted(each) for each in definitions(limits))
        return Rules(definitions=(*own, *obligations, *self.duties), rebase=self.rebase, calendar=self.calendar)

    def _own(self, name: str) -> OwnTarget:
        return self.targets.get(name, OwnTarget())

    def _adapted(self, definition: ClockDefinition) -> ClockDefinition:
        own = self._own(definition.id)
        percent = definition.warn_percent if own.warn_percent is None else own.warn_percent
        return replace(
            definition,
            warn_percent=percent,
            pauses_in=definition.pauses_in if own.pauses_in is None else own.pauses_in,
        )


def parse(text: str, name: str, countries: tuple[str, ...] = ()) -> Policy:
    """The policy in the text of a file called `name`. Raises `EstateError`."""
    try:
        given = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise EstateError(f"{name}: not TOML: {error}") from None
    told = fields.table(given, _POLICY, name)
    targets = dict(_target(each, f"{name}: target.{clock}", clock) for clock, each in told.pop("target", {}).items())
    duties = tuple(_duty(each, f"{name}: [[duty]] {number}") for number, each in enumerate(told.pop("duty", ()), 1))
    fields.several(fields.identity)([each.id for each in duties], f"{name}: [[duty]] id")
    _refuse_twice([each.id for each in duties], name)
    calendar = Calendar(
        place=told.get("time_zone", "UTC"),
        countries=countries,
        opens=told.get("opens", dt.time()),
        closes=told.get("closes", dt.time()),
    )
    return Policy(rebase=told.get("rebase", Rebase.FROM_START), calendar=calendar, targets=targets, duties=duties)


def _time(value: object, where: str) -> dt.time:
    """A time of day: TOML has them without quotes."""
    if not isinstance(value, dt.time) or value.tzinfo is not None:
        raise EstateError(f"{where} is {fields.shown(value)}; write a time of day without quotes, such as 09:00:00")
    return value


def _tables(value: object, where: str) -> Any:
    if not isinstance(value, list):
        raise EstateError(f"{where}: write [[duty]], with two brackets: there may be several")
    return value


_POLICY: Mapping[str, fields.Reader] = {
    "rebase": fields.member(Rebase),
    "time_zone": fields.time_zone,
    "opens": _time,
    "closes": _time,
    "target": fields.mapping,
    "duty": _tables,
}
_TARGET: Mapping[str, fields.Reader] = {
    **{priority.value: durations.limit for priority in Priority},
    "warn_percent": fields.whole(1, 99),
    "pauses_in": fields.several(fields.member(Waiting)),
}
_DUTY: Mapping[str, fields.Reader] = {
    "id": fields.identity,
    "says": fields.name,
    "trigger": fields.one_of(TRIGGERS),
    "within": durations.limit,
    "recipient": fields.name,
    "source": fields.name,
}


def _target(value: object, where: str, clock: str) -> tuple[str, OwnTarget]:
    if clock not in TARGETS:
        raise EstateError(f"{where}: there is no clock {fields.shown(clock)}; {fields.nearest(clock, TARGETS)}")
    told = fields.table(value, _TARGET, where)
    limits = {priority: told[priority.value] for priority in Priority if priority.value in told}
    if clock in (RESPONSE, ACKNOWLEDGE):
        _refuse_longer(limits, where)
    pauses = frozenset(told["pauses_in"]) if "pauses_in" in told else None
    return clock, OwnTarget(limits=limits, warn_percent=told.get("warn_percent"), pauses_in=pauses)


def _refuse_longer(limits: Mapping[Priority, Limit], where: str) -> None:
    """Business days are longer than the limit over a weekend, so that none fits."""
    for priority, told in limits.items():
        most = priority.response_seconds
        if not isinstance(told, Elapsed) or told.seconds > most:
            raise EstateError(
                f"{where}: {priority.value} is {durations.written(told)}; the required response comes in less than "
                f"{durations.written(Elapsed(most))}, around the clock: write that or less"
            )


def _duty(value: object, where: str) -> ClockDefinition:
    told = fields.table(value, _DUTY, where, ("id", "says", "trigger", "within", "recipient", "source"))
    return duty(
        told["id"],
        told["says"],
        (told["trigger"],),
        told["within"],
        regime=CUSTOM,
        recipient=told["recipient"],
        note=told["source"],
    )


def _refuse_twice(names: list[str], where: str) -> None:
    for each in names:
        if names.count(each) > 1 or each in TARGETS:
            raise EstateError(f"{where}: a second clock is called {each!r}; rename one")
