"""Suppressions as people make, approve and end them."""

from dataclasses import dataclass, replace

from tocsin.app.desk import Desk
from tocsin.app.triage.batch import batch
from tocsin.edge.store import triage_rules as rows
from tocsin.model.actor import Actor
from tocsin.model.errors import NotAllowed, Unacceptable, WrongState
from tocsin.respond.triage.events import SuppressionApproved, SuppressionEnded, SuppressionMade
from tocsin.respond.triage.suppression import (
    DAY_SECONDS,
    Action,
    Mode,
    Suppression,
    check,
    check_approver,
    parse,
    waits,
)
from tocsin.respond.triage.verdicts import LONGEST_REASON_CHARACTERS


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A suppression with what it does now."""

    rule: Suppression
    waits: bool
    """Whether somebody else must approve it first."""
    is_over: bool
    hides: int
    """How many alerts it hides now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What somebody wants to be hidden."""

    expression: str
    days: float
    reason: str
    action: Action = Action.SNOOZE
    mode: Mode = Mode.ACTIVE


def suppress(desk: Desk, actor: Actor, wish: Wish) -> Listed:
    """Hide what matches, for so many days. Raises `Unacceptable`, `NotAllowed`, `StoreError`."""
    _check_person(actor)
    if len(wish.reason) > LONGEST_REASON_CHARACTERS:
        raise Unacceptable(f"the reason has {len(wish.reason)} characters; at most {LONGEST_REASON_CHARACTERS}")
    with batch(desk) as work:
        rule = Suppression(
            id=work.new_id(),
            expression=wish.expression.strip(),
            action=wish.action,
            mode=wish.mode,
            reason=wish.reason.strip(),
            author=actor.id,
            approver=None,
            made_at=work.now,
            expires_at=work.now + wish.days * DAY_SECONDS,
        )
        check(rule)
        rows.add(work.connection, rule)
        made = SuppressionMade(
            suppression=rule.id,
            expression=rule.expression,
            action=rule.action,
            mode=rule.mode,
            reason=rule.reason,
            expires_at=rule.expires_at,
        )
        work.enter("", made, actor)
    return _listed(rule, 0, rule.made_at)


def approve(desk: Desk, actor: Actor, suppression: str) -> Listed:
    """Let a suppression that can hide something high or worse do so. Raises `NotFound`, `WrongState`, `NotAllowed`."""
    _check_person(actor)
    with batch(desk) as work:
        rule = rows.load(work.connection, suppression)
        check_approver(rule, actor.id)
        if rule.expires_at <= work.now or not waits(rule, parse(rule.expression)):
            raise WrongState(f"suppression {rule.id} does not wait to be approved")
        rule = replace(rule, approver=actor.id)
        rows.change(work.connection, rule)
        work.enter("", SuppressionApproved(suppression=rule.id), actor)
        return _listed(rule, 0, work.now)


def end(desk: Desk, actor: Actor, suppression: str, reason: str) -> Listed:
    """End a suppression now: what it hides comes back. Raises `NotFound`, `WrongState`, `Unacceptable`."""
    _check_person(actor)
    if not reason.strip() or len(reason) > LONGEST_REASON_CHARACTERS:
        raise Unacceptable(f"write a reason of 1 to {LONGEST_REASON_CHARACTERS} characters")
    with batch(desk) as work:
        rule = rows.load(work.connection, suppression)
        if rule.expires_at <= work.now:
            raise WrongState(f"suppression {rule.id} has ended already")
        rule = replace(rule, expires_at=work.now)
        rows.change(work.connection, rule)
        work.enter("", SuppressionEnded(suppression=rule.id, reason=reason), actor)
        return _listed(rule, 0, work.now)


def suppressions(desk: Desk, *, with_ended: bool = False) -> list[Listed]:
    """The suppressions that last, the newest first; with `with_ended` all. Raises `StoreError`."""
    now = desk.clock()
    found = rows.listed(desk.store.engine, after_end=None if with_ended else now)
    return [_listed(rule, hides, now) for rule, hides in found]


def _listed(rule: Suppression, hides: int, now: float) -> Listed:
    is_waiting = waits(rule, parse(rule.expression))
    return Listed(rule=rule, waits=is_waiting, is_over=rule.expires_at <= now, hides=hides)


def _check_person(actor: Actor) -> None:
    if not actor.is_person:
        raise NotAllowed(f"{actor} is no person: people decide what is hidden")
