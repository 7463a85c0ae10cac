"""Every regime there is, found by a strict walk, once."""

import difflib
from collections.abc import Iterable
from functools import cache

import tocsin.respond.obligations
from tocsin.model.errors import SettingError
from tocsin.model.extension import load
from tocsin.respond.clocks.definition import ClockDefinition
from tocsin.respond.obligation import Obligation


@cache
def obligations() -> dict[str, Obligation]:
    """The regimes by id."""
    return load(tocsin.respond.obligations, Obligation)


def clocks_of(regimes: Iterable[str]) -> tuple[ClockDefinition, ...]:
    """The clocks of these regimes; none of what is not in force. Raises `SettingError` for a regime nobody knows."""
    named = [_known(regime) for regime in regimes]
    return tuple(clock for each in named if each.is_in_force for clock in each.clocks)


def _known(regime: str) -> Obligation:
    if regime not in obligations():
        near = difflib.get_close_matches(regime, obligations(), n=1, cutoff=0)
        known = ", ".join(obligations())
        raise SettingError(f"[respond] regimes: no regime {regime[:50]!r}; did you mean {near[0]!r}? Known: {known}")
    return obligations()[regime]
