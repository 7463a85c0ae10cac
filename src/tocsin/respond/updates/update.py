"""
An update for a group of stakeholders, and how it becomes one that was sent (reference: incident response, 3.12.7).

| move | from | to | guard |
|---|---|---|---|
| submit | draft | review | |
| change | review, approved, failed | draft | a reason |
| approve | review | approved | a person who wrote none of it |
| send | approved, failed, sent | sending | somebody says that the channels are safe; of one sent, who was not told |
| withdraw | draft, review, approved, failed | withdrawn | a reason |

From `sending` it goes to `sent` when every delivery has ended and one was taken, to `failed` when none was.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from tocsin.model.actor import Actor
from tocsin.model.errors import NotAllowed, Unacceptable, WrongState


class UpdateState(StrEnum):
    """How far an update is."""

    DRAFT = "draft"
    REVIEW = "review"
    APPROVED = "approved"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    WITHDRAWN = "withdrawn"


class DeliveryState(StrEnum):
    """How far the telling of one recipient is (3.12.6)."""

    PENDING = "pending"
    SENDING = "sending"
    SENT = "sent"
    DELIVERED = "delivered"
    FAILED = "failed"

    @property
    def is_over(self) -> bool:
        """Whether nothing more is done."""
        return self not in {DeliveryState.PENDING, DeliveryState.SENDING}

    @property
    def is_taken(self) -> bool:
        """Whether the channel took it."""
        return self in {DeliveryState.SENT, DeliveryState.DELIVERED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """One update."""

    id: str
    incident: str
    """The incident's id."""
    number: int
    """In its incident, from 1."""
    group: str
    """The name of the group of stakeholders in channels.toml."""
    title: str
    text: str
    tlp: str
    state: UpdateState
    version: int
    """Counts every change of the update, from 1."""
    authors: tuple[str, ...]
    """Everybody who wrote any of it, as actors."""
    approver: str = ""
    sender: str = ""
    note: str = ""
    """Why it was changed back, withdrawn, or failed."""
    created_at: float
    changed_at: float
    published_at: float | None = None
    """When the first recipient was told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """The telling of one recipient of an update."""

    update: str
    position: int
    channel: str
    address: str
    state: DeliveryState = DeliveryState.PENDING
    attempts: int = 0
    due_at: float
    may_have_gone: bool = False
    """Whether an attempt may have been taken without our knowing."""
    provider_id: str = ""
    detail: str = ""
    """What the channel said last."""


@dataclass(frozen=True, slots=True)
class Move:
    """What people do with an update."""

    before: frozenset[UpdateState]
    after: UpdateState
    needs_reason: bool = False


_OPEN = (UpdateState.REVIEW, UpdateState.APPROVED, UpdateState.FAILED)
MOVES: Mapping[str, Move] = {
    "submit": Move(frozenset({UpdateState.DRAFT}), UpdateState.REVIEW),
    "change": Move(frozenset(_OPEN), UpdateState.DRAFT, needs_reason=True),
    "approve": Move(frozenset({UpdateState.REVIEW}), UpdateState.APPROVED),
    "send": Move(frozenset({UpdateState.APPROVED, UpdateState.FAILED, UpdateState.SENT}), UpdateState.SENDING),
    "withdraw": Move(frozenset({UpdateState.DRAFT, *_OPEN}), UpdateState.WITHDRAWN, needs_reason=True),
}
MOST_ATTEMPTS = 8
FIRST_SECONDS, LONGEST_SECONDS = 15.0, 600.0


def moved(update: Update, move: str, actor: Actor, *, reason: str = "") -> UpdateState:
    """
    The state after a move.

    Raises `WrongState` for one that is not possible now, `NotAllowed` for an approver who wrote any of it or is no
    person, `Unacceptable` where a reason is missing.
    """
    wanted = MOVES[move]
    if update.state not in wanted.before:
        possible = [name for name, each in MOVES.items() if update.state in each.before]
        raise WrongState(
            f"the update is {update.state}: it cannot {move}; possible: {', '.join(possible) or 'nothing'}"
        )
    if wanted.needs_reason and not reason.strip():
        raise Unacceptable(f"to {move} an update needs a reason")
    if move == "approve":
        _check_approver(update, actor)
    return wanted.after


def _check_approver(update: Update, actor: Actor) -> None:
    if not actor.is_person:
        raise NotAllowed("only a person approves an update")
    if str(actor) in update.authors:
        raise NotAllowed("whoever wrote any of an update does not approve it: ask somebody else")


def delay(attempts: int, asked_seconds: float) -> float:
    """How long to wait after so many failed attempts: doubled each time, and no less than the channel asked for."""
    return max(min(LONGEST_SECONDS, FIRST_SECONDS * float(2 ** (attempts - 1))), asked_seconds)
