"""What the actors of one transaction gained, and how bad that is given who they are."""

from dataclasses import dataclass
from enum import Enum, auto

from tocsin.detect.accounts import Account
from tocsin.detect.detectors.profits._causes import LOGIC
from tocsin.detect.extraction import Extraction
from tocsin.model.finding import Place, Severity, hexadecimal

ENTRY_DOLLARS = 10_000
MEDIUM_DOLLARS = 100_000
HIGH_DOLLARS = 500_000
"""Gains from which on a finding is made, is medium and is high (large-profit-bot; medium is by design)."""

THROWN_AWAY_DOLLARS = 1_000
"""A gain that is enough for a contract that was made in the same transaction and is busy (by design)."""

ESTABLISHED_TRANSACTIONS = 100
"""A sender that has sent more than these is no beginner (reentrancy-counter leaves such senders out)."""

BUSY_FRAMES = 30
"""Calls in a transaction from which on a contract of unknown age is taken for one that does more than trade once."""

CONFIDENCE_AT_ENTRY = 0.4
CONFIDENCE_AT_HIGH = 0.9
UNKNOWN_AGE_FACTOR = 0.6
SALE_FACTOR = 0.3
"""What remains of the confidence where ages are unknown, and where something was given for the gain."""


def shown(address: bytes) -> str:
    """An address as findings show it."""
    return hexadecimal(address) or ""


@dataclass(frozen=True, slots=True)
class Gain:
    """What the actors of one transaction gained, and whether they gave something for it."""

    taken: Extraction
    gave: bool
    through_router: bool = False
    """Whether what the sender called trades for whoever calls it: it acts for nobody."""
    family: str = LOGIC
    """The label of the kind of attack that it speaks for."""

    @property
    def place(self) -> Place:
        """Where it happened."""
        return Place.of(self.taken.cluster.place)

    @property
    def sender(self) -> str:
        """Who sent the transaction."""
        return shown(self.taken.cluster.sender)

    @property
    def called(self) -> str | None:
        """The contract the sender called, if it acts for the sender."""
        return hexadecimal(self.taken.cluster.called)

    @property
    def is_enough(self) -> bool:
        """Whether a finding is made at all."""
        return self._is_enough(self.taken.dollars)

    def _is_enough(self, dollars: float) -> bool:
        if dollars >= ENTRY_DOLLARS:
            return True
        is_busy = bool(self.taken.cluster.created) and self.taken.frame_count >= BUSY_FRAMES
        return is_busy and not self.gave and dollars >= THROWN_AWAY_DOLLARS

    @property
    def rest(self) -> float:
        """About how many dollars are left of it without what had been the actors' own before."""
        return self.taken.dollars - max(0.0, self.taken.released_dollars)

    @property
    def is_own(self) -> bool:
        """Whether there would be no finding without what had been the actors' own."""
        return not self._is_enough(self.rest)

    @property
    def acts(self) -> bool:
        """Whether a contract works for the sender: otherwise the sender was merely paid."""
        return bool(self.taken.cluster.created if self.through_router else self.taken.cluster.contracts)


def grade(gain: Gain, sender: Account, called: Account | None) -> tuple[Severity, float]:
    """How bad it is, and how sure: by what is left without their own, and one level lower where that is not enough."""
    if gain.is_own:
        severity, confidence = _grade(gain, gain.taken.dollars, sender, called)
        return max(Severity.LOW, Severity(severity - 1)), confidence
    return _grade(gain, gain.rest, sender, called)


def _grade(gain: Gain, dollars: float, sender: Account, called: Account | None) -> tuple[Severity, float]:
    age = _age(gain, sender, called)
    suspicious = age is Age.YOUNG or (age is Age.UNKNOWN and gain.taken.frame_count >= BUSY_FRAMES)
    confidence = _by_size(dollars) * (UNKNOWN_AGE_FACTOR if age is Age.UNKNOWN else 1.0)
    if gain.gave or not gain.acts:
        great = gain.acts and suspicious and dollars >= HIGH_DOLLARS
        return (Severity.MEDIUM if great else Severity.LOW), round(confidence * SALE_FACTOR, 2)
    if suspicious or dollars >= HIGH_DOLLARS:
        return Severity.HIGH, round(confidence, 2)
    return (Severity.MEDIUM if dollars >= MEDIUM_DOLLARS else Severity.LOW), round(confidence, 2)


class Age(Enum):
    """How long those who made the gain have been there."""

    YOUNG = auto()
    """The contract is younger than a day, or its sender is fresh."""
    UNKNOWN = auto()
    ESTABLISHED = auto()


def _age(gain: Gain, sender: Account, called: Account | None) -> Age:
    is_young = None if called is None else called.is_young
    if gain.taken.cluster.created or is_young or sender.is_fresh:
        return Age.YOUNG
    is_busy_sender = sender.sent is not None and sender.sent > ESTABLISHED_TRANSACTIONS
    return Age.ESTABLISHED if is_young is False or is_busy_sender else Age.UNKNOWN


def _by_size(dollars: float) -> float:
    share = (max(ENTRY_DOLLARS, min(dollars, HIGH_DOLLARS)) - ENTRY_DOLLARS) / (HIGH_DOLLARS - ENTRY_DOLLARS)
    return CONFIDENCE_AT_ENTRY + share * (CONFIDENCE_AT_HIGH - CONFIDENCE_AT_ENTRY)
