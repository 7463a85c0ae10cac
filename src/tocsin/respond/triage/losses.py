"""
What a finding states of funds: who lost how much of which token, or what whoever did it gained.

A finding states a loss where it names who lost, as `victim` or `bridge`, and gives a token and an exact amount, under
one of the pairs of names below. What a finding does not state is not worked out here: dollars, shares and prose are
no amounts. A gain is what an attacker has more of after a transaction; it says nothing of who lost it.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from tocsin.model.finding import TAKING_ROLES, Finding, Severity

LOSING_ROLES = frozenset({"victim", "bridge"})
"""Roles of whoever lost what a finding states as an amount."""
LOST = (("token", "amount"), ("tokens", "amounts"), ("taken_tokens", "taken_amounts"))
GAINED = (("gained_tokens", "gained_amounts"),)
"""Names of values that belong together: tokens, and so much of each in base units."""
LEAST = Severity.MEDIUM
"""What is less is a hint, and no loss."""
LEAST_OF_GAINS = Severity.HIGH
"""Many gain in a transaction; these are called attacks."""
SEVERAL = "several"
"""The victim of a loss that several share."""
_NATIVE = "0x" + "ee" * 20
"""How findings write the chain's own coin (`tables/columns.py`)."""
_ADDRESS_CHARACTERS, _MOST_DIGITS = 42, 78


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """An amount that a finding states."""

    chain_id: int
    transaction: str
    token: str
    """`native`, or 0x and 40 lower-case digits."""
    victim: str
    """Who lost; empty for a gain, of which nobody says who lost it."""
    units: int
    block_number: int | None
    confidence: float
    detector: str

    @property
    def is_gain(self) -> bool:
        """Whether it says what somebody gained, and not who lost."""
        return not self.victim


def stated(finding: Finding, attackers: Iterable[str] = ()) -> tuple[Stated, ...]:
    """
    What a finding states, if it is about what these attackers did.

    A loss in which no known attacker took part counts only while none is known: accounts that are watched also pay.
    """
    if finding.place.transaction_hash is None or finding.severity < LEAST:
        return ()
    known = frozenset(attackers)
    named = {entity.address for entity in finding.entities}
    takes = any(entity.role in TAKING_ROLES for entity in finding.entities)
    if known and not takes and not known & named:
        return ()
    return tuple(_losses(finding)) or tuple(_gains(finding))


def taking(findings: Iterable[Finding]) -> frozenset[str]:
    """Who took what was not his, by what findings say; never who lost."""
    named = [entity for finding in findings for entity in finding.entities]
    lost = {entity.address for entity in named if entity.role in LOSING_ROLES}
    return frozenset(entity.address for entity in named if entity.role in TAKING_ROLES) - lost


def _losses(finding: Finding) -> Iterator[Stated]:
    losing = list(dict.fromkeys(entity.address for entity in finding.entities if entity.role in LOSING_ROLES))
    if losing:
        yield from _of(finding, LOST, losing[0] if len(losing) == 1 else SEVERAL)


def _gains(finding: Finding) -> Iterator[Stated]:
    if finding.severity >= LEAST_OF_GAINS and any(entity.role in TAKING_ROLES for entity in finding.entities):
        yield from _of(finding, GAINED, "")


def _of(finding: Finding, names: Iterable[tuple[str, str]], victim: str) -> Iterator[Stated]:
    """Equal tokens are one amount."""
    place, total = finding.place, dict[str, int]()
    for token, amount in _pairs(finding, names):
        total[token] = total.get(token, 0) + amount
    for token, units in total.items():
        yield Stated(
            chain_id=place.chain_id,
            transaction=place.transaction_hash or "",
            token=token,
            victim=victim,
            units=units,
            block_number=place.block_number,
            confidence=finding.confidence,
            detector=finding.detector,
        )


def _pairs(finding: Finding, names: Iterable[tuple[str, str]]) -> Iterator[tuple[str, int]]:
    values = finding.values
    for of_tokens, of_amounts in names:
        tokens = _several(values.get(of_tokens, _only_token(finding) if of_tokens == "token" else ()))
        amounts = _several(values.get(of_amounts, ()))
        if len(tokens) == len(amounts):
            read = ((_token(token), _units(amount)) for token, amount in zip(tokens, amounts, strict=True))
            yield from ((token, units) for token, units in read if token and units)


def _only_token(finding: Finding) -> Any:
    """The token that a finding names beside its amount, where it is the only one."""
    tokens = list(dict.fromkeys(entity.address for entity in finding.entities if entity.role == "token"))
    return tokens if len(tokens) == 1 else ()


def _several(value: Any) -> tuple[Any, ...]:
    return tuple(value) if isinstance(value, list | tuple) else (value,)


def _token(value: Any) -> str:
    text = str(value).lower()
    if text in ("native", _NATIVE):
        return "native"
    is_address = len(text) == _ADDRESS_CHARACTERS and text.startswith("0x") and set(text[2:]) <= set("0123456789abcdef")
    return text if is_address else ""


def _units(value: Any) -> int:
    """The amount; 0 for what is none."""
    text = str(value)
    fits = text.isascii() and text.isdecimal() and len(text) <= _MOST_DIGITS
    return int(text) if fits and int(text) < 2**256 else 0
