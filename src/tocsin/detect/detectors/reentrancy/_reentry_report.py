"""What is told about entries into one contract that was still at work: how bad, by whom, in which words."""

from collections.abc import Sequence
from dataclasses import dataclass

from tocsin.detect.actors import Cluster
from tocsin.detect.detectors._frames import HOOKS
from tocsin.detect.detectors.reentrancy._reentry import Reentry, Way
from tocsin.detect.detectors.reentrancy._reentry_signs import Signs
from tocsin.detect.worth import about
from tocsin.model.finding import Entity, Place, Severity, Sighting, hexadecimal

LOSS_DOLLARS = 10_000
"""A loss from which on a certain reentrancy is critical (design: the entry threshold of large profit)."""
UNSURE = 0.4
"""Confidence where it is not certain that who entered acts for the actors (reference: the weak form's ceiling)."""

FAMILY = "family:reentrancy"
"""The kind of attack that it speaks for."""


@dataclass(frozen=True, slots=True)
class Loss:
    """What the entered contract lost in the transaction, all told."""

    dollars: float = 0.0
    """Of tokens with a known price."""
    to_actors: bool = False
    """It lost some token that the actors gained."""


@dataclass(frozen=True, slots=True)
class Suspects:
    """Who may have entered."""

    cluster: Cluster
    accomplices: frozenset[bytes] = frozenset()
    trusting: frozenset[bytes] = frozenset()
    """Accomplices of whom it is certain."""

    @property
    def accounts(self) -> frozenset[bytes]:
        """All of them."""
        return self.cluster.members | self.accomplices

    def is_certain(self, caller: bytes) -> bool:
        """Whether this caller acts for the actors."""
        return caller not in self.accomplices or caller in self.trusting


@dataclass(frozen=True, slots=True)
class Graded:
    """One entry, and how bad it is."""

    found: Reentry
    severity: Severity
    confidence: float

    @property
    def rank(self) -> tuple[int, float, int]:
        """The greatest is the worst; of equals the first."""
        return self.severity, self.confidence, -self.found.inner.position


def sighting(suspects: Suspects, entries: Sequence[Reentry], loss: Loss) -> Sighting | None:
    """What is told of the entries into one contract, if anything."""
    graded = [each for found in entries if (each := _graded(suspects, found, loss))]
    if not graded:
        return None
    worst = max(graded, key=lambda each: each.rank)
    found, signs = worst.found, worst.found.signs
    lost = f", and lost {about(loss.dollars)}" if loss.dollars >= 1 else ""
    victim = hexadecimal(found.victim) or ""
    return Sighting(
        place=Place.of(suspects.cluster.place),
        severity=worst.severity,
        confidence=worst.confidence,
        title=f"A contract was entered again before it was done{lost}",
        summary=_summary(found, len(graded), lost),
        entities=_entities(suspects.cluster.sender, found),
        values={
            "entries": len(graded),
            "shape": _shape(signs),
            "outer_selector": _shown(found.outer.selector),
            "door_selector": _shown(found.door.selector),
            "inner_selector": _shown(found.inner.selector),
            "paid_twice": signs.gave_twice,
            "across_functions": found.outer.selector != found.inner.selector,
            "across_contracts": found.sibling,
            **({"loss_about_dollars": round(loss.dollars)} if lost else {}),
            "outer_call_index": found.outer.position,
            "inner_call_index": found.inner.position,
        },
        labels=(FAMILY,),
        key=victim,
    )


def _shown(selector: bytes) -> str:
    return f"0x{selector.hex()}" if selector else "none"


def _shape(signs: Signs) -> str:
    """What was seen, in a word; the surest of several."""
    seen = {
        "paid-twice": signs.gave_twice,
        "paid-to-named": signs.paid is not None,
        "taken-from-named": signs.took_from is not None,
        "counted-twice": signs.counted_twice is not None,
        "paid-inside": signs.gave_inside,
    }
    return next((shape for shape, is_seen in seen.items() if is_seen), "entered")


def _graded(suspects: Suspects, found: Reentry, loss: Loss) -> Graded | None:
    severity, confidence = _grade(found, loss)
    if suspects.is_certain(found.inner.caller) or found.signs.paid is not None:
        return Graded(found, severity, confidence)
    if severity < Severity.MEDIUM:
        return None
    return Graded(found, Severity.MEDIUM, min(confidence, UNSURE))


def _grade(found: Reentry, loss: Loss) -> tuple[Severity, float]:
    signs = found.signs
    if found.by_design:
        return (Severity.MEDIUM, UNSURE) if signs.gave_twice else (Severity.LOW, 0.2)
    paid_to_named = signs.paid is not None and (signs.same_amount or loss.to_actors)
    if signs.gave_twice or paid_to_named:
        return (Severity.CRITICAL, 0.9) if loss.dollars >= LOSS_DOLLARS else (Severity.HIGH, 0.85)
    if signs.took_from is not None:
        return Severity.HIGH, 0.8
    if signs.counted_twice is not None:
        return Severity.HIGH, 0.7
    if found.by_token and signs.gave_inside:
        return Severity.HIGH, 0.6
    return (Severity.MEDIUM, UNSURE) if found.by_token or signs.paid is not None else (Severity.LOW, 0.3)


def _entities(sender: bytes, found: Reentry) -> tuple[Entity, ...]:
    named = (
        ("victim", found.victim),
        ("victim", found.signs.took_from),
        ("attacker", sender),
        ("attack_contract", found.inner.caller),
        ("sibling", found.inner.callee if found.sibling else None),
    )
    return tuple(Entity(role, hexadecimal(address) or "") for role, address in named if address is not None)


_INSIDE = {
    Way.SAME: "called it again",
    Way.TOKEN: "called it again",
    Way.SIBLING: "called into another contract of the same protocol",
    Way.MEASURED: "called into an account whose balance it was measuring",
}


def _summary(found: Reentry, count: int, lost: str) -> str:
    hook = HOOKS.get(found.door.selector, "a callback" if found.door.selector else "a payment")
    return (
        f"Contract {hexadecimal(found.victim)} handed over control in the middle of a call ({hook}), and "
        f"{hexadecimal(found.inner.caller)} {_INSIDE[found.way]} before it was done{_times(count)}. "
        f"{_what_came_of_it(found)}{lost}."
    )


def _times(count: int) -> str:
    return "" if count == 1 else f", {count} times"


def _what_came_of_it(found: Reentry) -> str:
    signs = found.signs
    if signs.gave_twice:
        return "It gave value away in both"
    if signs.paid is not None:
        return f"That call named {hexadecimal(signs.paid)}, which it paid afterwards as well"
    if signs.took_from is not None:
        return f"That call named {hexadecimal(signs.took_from)}, whose tokens were then taken in payment"
    if signs.counted_twice is not None:
        return "What was deposited there was credited, and counted once more by the contract that was at work"
    return "It was not seen to give value away twice"
