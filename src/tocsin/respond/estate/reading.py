"""
An estate from its TOML: docs/estate.md has the format.

Every error names the file, the table and its id, the field, and the nearest right spelling. Assets may depend on one
another in a circle; ids that name nothing are refused.
"""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, TypeGuard

from tocsin.model.errors import EstateError
from tocsin.respond.estate import fields
from tocsin.respond.estate.estate import (
    HOWS,
    Asset,
    AssetKind,
    Containment,
    Criticality,
    Estate,
    Expected,
    Organisation,
    Team,
)
from tocsin.respond.estate.fields import Reader, table
from tocsin.respond.estate.links import KINDS, ORGANISATION, PERSON, TEAM, Item, joined
from tocsin.respond.people import Contact, Person

MOST_SECONDS = 366 * 86_400


def parse(text: str, name: str) -> Estate:
    """The estate in the text of a file called `name`. Raises `EstateError`."""
    return joined(items(text, name), name)


def items(text: str, name: str) -> list[Item]:
    """What the text of a file lists, before anything is joined to anything. Raises `EstateError`."""
    try:
        given = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise EstateError(f"{name}: not TOML: {error}") from None
    return [item(kind, content, where) for kind, content, where in _tables(given, name)]


def item(kind: str, content: object, where: str) -> Item:
    """What one table of a kind says; `where` begins its errors. Raises `EstateError`."""
    where = f"{where} {content['id']}" if _has_id(content) else where
    if kind not in _MAKES:
        return _asset(AssetKind(kind), content, where)
    return _MAKES[kind](**table(content, _OTHERS[kind], where, ("id", "name")))


def _tables(given: Mapping[str, Any], name: str) -> Iterator[tuple[str, object, str]]:
    for kind, content in given.items():
        if kind not in KINDS:
            raise EstateError(f"{name}: there is no table {fields.shown(kind)}; {fields.nearest(kind, KINDS)}")
        if not isinstance(content, list):
            raise EstateError(f"{name}: write [[{kind}]], with two brackets: there may be several")
        for number, each in enumerate(content, 1):
            yield kind, each, f"{name}: [[{kind}]]" + ("" if _has_id(each) else f" number {number}")


def _has_id(content: object) -> TypeGuard[Mapping[str, Any]]:
    return isinstance(content, Mapping) and fields.is_identity(content.get("id"))


def _contact(value: object, where: str) -> Contact:
    given = table(value, _CONTACT, where, ("channel", "address"))
    return Contact(is_for_urgent_only=given.pop("urgent_only", False), **given)


def _containment(value: object, where: str) -> Containment:
    return Containment(**table(value, _CONTAINMENT, where, ("how", "by")))


def _asset(kind: AssetKind, content: object, where: str) -> Asset:
    on_chain = ("chain_id", "address")
    required = ("id", "owner", "criticality", *(on_chain if kind.is_on_chain else ()))
    readers = {**_ASSET, **(_ON_CHAIN if kind.is_on_chain else _OFF_CHAIN), **_expects(kind)}
    given = table(content, readers, where, required)
    ways = given.pop("contain", ())
    expected = Expected(**given.pop("expects", {}))
    _check_threshold(expected, where)
    return Asset(
        kind=kind,
        name=given.pop("name", given["id"]),
        containment=tuple(replace(way, asset=given["id"]) for way in ways),
        expected=expected,
        **given,
    )


def _check_threshold(expected: Expected, where: str) -> None:
    if expected.threshold is not None and expected.signers is not None and expected.threshold > len(expected.signers):
        raise EstateError(
            f"{where}: expects: threshold is {expected.threshold}, but signers has only {len(expected.signers)}"
        )


def _expects(kind: AssetKind) -> Mapping[str, Reader]:
    readers = {**_CONTROL, **_EXPECTS.get(kind, {})}
    return {"expects": lambda value, where: table(value, readers, where)} if kind.is_on_chain else {}


_CONTACT: Mapping[str, Reader] = {
    "channel": fields.word,
    "address": fields.name,
    "after_seconds": fields.whole(0, MOST_SECONDS),
    "urgent_only": fields.flag,
}
_CONTAINMENT: Mapping[str, Reader] = {
    "how": fields.one_of(HOWS),
    "by": fields.identity,
    "call": fields.call,
    "on": fields.identity,
    "takes_seconds": fields.whole(0, MOST_SECONDS),
    "note": fields.text,
}
_ASSET: Mapping[str, Reader] = {
    "id": fields.identity,
    "name": fields.name,
    "owner": fields.identity,
    "criticality": fields.member(Criticality),
    "depends_on": fields.several(fields.identity),
    "contain": fields.several(_containment),
    "runbook": fields.url,
    "note": fields.text,
}
_ON_CHAIN: Mapping[str, Reader] = {
    "chain_id": fields.whole(1, fields.LARGEST_CHAIN_ID),
    "address": fields.address,
    "holds": fields.several(fields.holding),
}
_OFF_CHAIN: Mapping[str, Reader] = {"chain_id": fields.whole(1, fields.LARGEST_CHAIN_ID), "url": fields.url}
_CONTROL: Mapping[str, Reader] = {
    "code_hash": fields.code_hash,
    "implementation": fields.address,
    "beacon": fields.address,
    "admin": fields.address,
    "owner": fields.address,
}
_EXPECTS: Mapping[AssetKind, Mapping[str, Reader]] = {
    AssetKind.SAFE: {
        "threshold": fields.whole(1, fields.MOST_ITEMS),
        "signers": fields.several(fields.address),
        "modules": fields.several(fields.address),
        "guard": fields.address,
    },
    AssetKind.TOKEN: {"symbol": fields.name, "decimals": fields.whole(0, fields.MOST_DECIMALS)},
    AssetKind.ORACLE: {
        "description": fields.name,
        "decimals": fields.whole(0, fields.MOST_DECIMALS),
        "most_seconds_old": fields.whole(1, MOST_SECONDS),
    },
}
"""What may be expected of a kind of asset, beside what controls any contract."""

_MAKES: Mapping[str, type[Organisation] | type[Person] | type[Team]] = {
    ORGANISATION: Organisation,
    PERSON: Person,
    TEAM: Team,
}
_OTHERS: Mapping[str, Mapping[str, Reader]] = {
    ORGANISATION: {"id": fields.identity, "name": fields.name, "note": fields.text},
    PERSON: {
        "id": fields.identity,
        "name": fields.name,
        "time_zone": fields.time_zone,
        "clearance": fields.one_of(fields.CLEARANCES),
        "contacts": fields.several(_contact),
        "addresses": fields.several(fields.address),
    },
    TEAM: {
        "id": fields.identity,
        "name": fields.name,
        "members": fields.several(fields.identity),
        "lead": fields.identity,
    },
}
