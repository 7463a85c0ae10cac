"""
oncall.toml: schedules, policies and the matrix that says which policy is for what. docs/paging.md has the format.

Every error names the file, the table and its id, the field, and the nearest right spelling. What it says of people and
assets is compared with the estate by `faults`, so that a person who left is told of and stops nobody's pages.
"""

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from tocsin.model.errors import EstateError
from tocsin.model.priority import HOUR_SECONDS, MINUTE_SECONDS, Priority
from tocsin.respond.estate.estate import AssetKind, Criticality, Estate
from tocsin.respond.estate.fields import (
    Reader,
    identity,
    member,
    nearest,
    several,
    shown,
    table,
    time_zone,
    whole,
    word,
)
from tocsin.respond.oncall import reading as schedules
from tocsin.respond.oncall.schedule import Schedule
from tocsin.respond.paging.policy import (
    AGAIN_SECONDS,
    DEFAULT,
    REMIND_SECONDS,
    ROUNDS,
    Mode,
    Plan,
    Policy,
    Rule,
    Step,
    Target,
    TargetKind,
)

MOST_ROUNDS = 100
SHORTEST_AGAIN_SECONDS = 30
LONGEST_SECONDS = 7 * 24 * HOUR_SECONDS
_UNITS = {"s": 1, "sec": 1, "second": 1, "min": MINUTE_SECONDS, "minute": MINUTE_SECONDS, "h": HOUR_SECONDS}
_UNITS["hour"] = HOUR_SECONDS
_DURATION = re.compile(r"([0-9]{1,6}) ?([a-z]+?)s?")
_KINDS = tuple(kind.value for kind in TargetKind)
T = TypeVar("T", Schedule, Policy)


def parse(text: str, name: str) -> Plan:
    """The plan in the text of a file called `name`. Raises `EstateError`."""
    try:
        given = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise EstateError(f"{name}: not TOML: {error}") from None
    found = table(given, _FILE, name)
    plan = Plan(
        schedules=_by_id((schedules.schedule(each, where) for each, where in _each(found, "schedule", name)), name),
        policies=_by_id((_policy(each, where) for each, where in _each(found, "policy", name)), name),
        rules=tuple(_rule(each, where) for each, where in _each(found, "when", name)),
        remind_seconds=found.get("remind_after", REMIND_SECONDS),
    )
    _check_named(plan, name)
    return plan


def duration(value: object, where: str) -> int:
    """A length of time in seconds, such as `2 min`, `90 s` or `1 h`."""
    found = _DURATION.fullmatch(value.strip().lower()) if isinstance(value, str) else None
    if found is None or found[2] not in _UNITS or int(found[1]) * _UNITS[found[2]] > LONGEST_SECONDS:
        raise EstateError(f'{where} is {shown(value)}; write a time such as "90 s", "2 min" or "1 h", up to a week')
    return int(found[1]) * _UNITS[found[2]]


def target(value: object, where: str) -> Target:
    """Whom a step tells: `person:ada`, `schedule:primary`, `team:protocol`, `role:commander`, `signers:safe`, all."""
    if not isinstance(value, str):
        raise EstateError(f"{where} is {shown(value)}; write a target such as schedule:primary")
    kind, colon, name = value.partition(":")
    if kind not in _KINDS:
        raise EstateError(f"{where}: {shown(kind)} is no kind of target; {nearest(kind, _KINDS)}")
    if kind == TargetKind.EVERYONE:
        if colon:
            raise EstateError(f"{where} is {shown(value)}; write everyone alone")
        return Target(TargetKind.EVERYONE)
    return Target(TargetKind(kind), word(name, where) if kind == TargetKind.ROLE else identity(name, where))


def faults(plan: Plan, estate: Estate) -> tuple[str, ...]:
    """What the plan names that the estate does not have, in words."""
    return tuple(dict.fromkeys(_faults(plan, estate)))


def _faults(plan: Plan, estate: Estate) -> Iterator[str]:
    for schedule in plan.schedules.values():
        for person in _people(schedule):
            if person not in estate.people:
                yield f"schedule {schedule.id}: {person!r} is nobody of the estate; {nearest(person, estate.people)}"
    for policy in plan.policies.values():
        for step in policy.steps:
            for each in step.targets:
                known = _known(each.kind, estate)
                if known is not None and each.id not in known:
                    yield f"policy {policy.id}: {each} is nothing of the estate; {nearest(each.id, known)}"
    for number, rule in enumerate(plan.rules, 1):
        for asset in sorted(rule.assets - set(estate.assets)):
            yield f"when {number}: the asset {asset!r} is not in the estate; {nearest(asset, estate.assets)}"


def _people(schedule: Schedule) -> Iterator[str]:
    for layer in schedule.layers:
        yield from layer.rotation.people if layer.rotation else ()
        yield from (shift.person for shift in layer.shifts)


def _known(kind: TargetKind, estate: Estate) -> Mapping[str, object] | None:
    return {TargetKind.PERSON: estate.people, TargetKind.TEAM: estate.teams, TargetKind.SIGNERS: estate.assets}.get(
        kind
    )


def _each(found: Mapping[str, Any], kind: str, name: str) -> Iterator[tuple[object, str]]:
    for number, content in enumerate(found.get(kind, ()), 1):
        named = content.get("id") if isinstance(content, Mapping) else None
        yield content, f"{name}: [[{kind}]] {named if isinstance(named, str) else f'number {number}'}"


def _by_id(found: Iterable[T], name: str) -> Mapping[str, T]:
    every: dict[str, T] = {}
    for each in found:
        if each.id in every:
            raise EstateError(f"{name}: two tables of a kind have the id {each.id!r}; rename one")
        every[each.id] = each
    return every


def _policy(content: object, where: str) -> Policy:
    given = table(content, _POLICY, where, ("id", "step"))
    if given["id"].startswith(DEFAULT):
        raise EstateError(f"{where}: ids that begin with {DEFAULT} are those of tocsin's own policies; rename it")
    steps = tuple(_step(each, f"{where}: step {number}") for number, each in enumerate(given["step"], 1))
    if not steps:
        raise EstateError(f"{where}: step is empty; write at least one [[policy.step]]")
    if list(steps) != sorted(steps, key=lambda step: step.after_seconds):
        raise EstateError(f"{where}: its steps are not in order of time; put the one that comes first first")
    return Policy(
        id=given["id"],
        steps=steps,
        rounds=given.get("rounds", ROUNDS),
        pause_seconds=max(given.get("pause", AGAIN_SECONDS), SHORTEST_AGAIN_SECONDS),
    )


def _step(content: object, where: str) -> Step:
    given = table(content, _STEP, where, ("to",))
    if not given["to"]:
        raise EstateError(f"{where}: to is empty; name whom it tells, such as schedule:primary")
    mode = given.get("mode", Mode.SINGLE)
    if (mode is Mode.QUORUM) is not ("needed" in given):
        raise EstateError(f"{where}: needed goes with mode = quorum, and a quorum with needed: how many must answer")
    return Step(
        after_seconds=given.get("after", 0),
        targets=given["to"],
        mode=mode,
        needed=given.get("needed", 1),
        again_seconds=max(given.get("again", AGAIN_SECONDS), SHORTEST_AGAIN_SECONDS),
    )


def _rule(content: object, where: str) -> Rule:
    given = table(content, _RULE, where, ("policy",))
    return Rule(
        policy=given["policy"],
        priorities=frozenset(given.get("priority", ())),
        assets=frozenset(given.get("assets", ())),
        criticalities=frozenset(given.get("criticality", ())),
        kinds=frozenset(given.get("kinds", ())),
        teams=frozenset(given.get("teams", ())),
        windows=given.get("hours", ()),
        zone=ZoneInfo(given.get("time_zone", "UTC")),
    )


def _check_named(plan: Plan, name: str) -> None:
    for number, rule in enumerate(plan.rules, 1):
        if rule.policy not in plan.policies:
            near = nearest(rule.policy, plan.policies)
            raise EstateError(f"{name}: [[when]] number {number}: there is no policy {rule.policy!r}; {near}")
    for policy in plan.policies.values():
        for each in (each for step in policy.steps for each in step.targets):
            if each.kind is TargetKind.SCHEDULE and each.id not in plan.schedules:
                near = nearest(each.id, plan.schedules)
                raise EstateError(f"{name}: [[policy]] {policy.id}: there is no schedule {each.id!r}; {near}")


def _tables(value: object, where: str) -> list[object]:
    if not isinstance(value, list):
        raise EstateError(f"{where}: write it with two brackets: there may be several")
    return value


_FILE: Mapping[str, Reader] = {"schedule": _tables, "policy": _tables, "when": _tables, "remind_after": duration}
_POLICY: Mapping[str, Reader] = {
    "id": identity,
    "step": _tables,
    "rounds": whole(1, MOST_ROUNDS),
    "pause": duration,
}
_STEP: Mapping[str, Reader] = {
    "after": duration,
    "to": several(target),
    "mode": member(Mode),
    "needed": whole(1, 100),
    "again": duration,
}
_RULE: Mapping[str, Reader] = {
    "priority": several(member(Priority)),
    "assets": several(identity),
    "criticality": several(member(Criticality)),
    "kinds": several(member(AssetKind)),
    "teams": several(identity),
    "hours": several(schedules.window),
    "time_zone": time_zone,
    "policy": identity,
}
