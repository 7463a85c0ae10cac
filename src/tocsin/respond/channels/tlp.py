"""
The Traffic Light Protocol 2.0: what may go to whom, as a table. Every refusal has its reason.

Source: FIRST, Traffic Light Protocol (TLP) version 2.0, August 2022.
"""

import difflib
from collections.abc import Mapping
from enum import StrEnum


class Tlp(StrEnum):
    """The labels, the most confidential first."""

    RED = "red"
    AMBER_STRICT = "amber+strict"
    AMBER = "amber"
    GREEN = "green"
    CLEAR = "clear"


class Reach(StrEnum):
    """How far what is told to somebody goes."""

    PERSON = "person"
    """One named person."""
    ORGANISATION = "organisation"
    """People of the organisation who need to know: a team, executives, a chat of one's own."""
    CLIENTS = "clients"
    """Clients and others whom it protects, such as customers, partners and authorities, who need to know."""
    COMMUNITY = "community"
    """Peers: other protocols, exchanges, a sharing group."""
    PUBLIC = "public"
    """Everybody."""


MAY_REACH: Mapping[Tlp, frozenset[Reach]] = {
    Tlp.RED: frozenset({Reach.PERSON}),
    Tlp.AMBER_STRICT: frozenset({Reach.PERSON, Reach.ORGANISATION}),
    Tlp.AMBER: frozenset({Reach.PERSON, Reach.ORGANISATION, Reach.CLIENTS}),
    Tlp.GREEN: frozenset({Reach.PERSON, Reach.ORGANISATION, Reach.CLIENTS, Reach.COMMUNITY}),
    Tlp.CLEAR: frozenset(Reach),
}
_WHY: Mapping[Tlp, str] = {
    Tlp.RED: "is for the eyes and ears of named persons only",
    Tlp.AMBER_STRICT: "is for people of the organisation only, who need to know",
    Tlp.AMBER: "is for the organisation and its clients only, who need to know",
    Tlp.GREEN: "is for the community only, and not for the public",
    Tlp.CLEAR: "may go to everybody",
}
_ORDER = tuple(Tlp)


def label(text: str) -> Tlp:
    """The label in its text. Raises `ValueError` that names the nearest right one."""
    try:
        return Tlp(text.lower().removeprefix("tlp:").replace("amber-strict", "amber+strict"))
    except ValueError:
        known = [each.value for each in Tlp]
        near = difflib.get_close_matches(text.lower(), known, n=1, cutoff=0)
        raise ValueError(
            f"{text[:40]!r} is no TLP 2.0 label; did you mean {near[0]!r}? Labels: {', '.join(known)}"
        ) from None


def refusal(tlp: str, reach: Reach) -> str:
    """Why what bears this label may not go so far; empty where it may. What bears no label goes nowhere."""
    try:
        what = label(tlp)
    except ValueError as error:
        return str(error)
    return "" if reach in MAY_REACH[what] else f"TLP:{what.upper()} {_WHY[what]}: it may not go to the {reach}"


def over_clearance(tlp: str, clearance: str) -> str:
    """Why what bears this label may not go to somebody cleared up to `clearance`; empty where it may."""
    try:
        what, most = label(tlp), label(clearance)
    except ValueError as error:
        return str(error)
    if _ORDER.index(what) >= _ORDER.index(most):
        return ""
    return f"TLP:{what.upper()} is more confidential than TLP:{most.upper()}, the most that may be sent there"
