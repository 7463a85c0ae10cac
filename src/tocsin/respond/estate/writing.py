"""An estate back to its TOML, and each item to the fields that its table has: what `reading` reads again."""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from tocsin.respond.estate.addresses import checksummed, is_address
from tocsin.respond.estate.estate import Asset, Containment, Estate, Organisation, Team
from tocsin.respond.estate.links import Item, kind_of, listed
from tocsin.respond.people import Contact, Person


def to_toml(estate: Estate) -> str:
    """The estate as its file."""
    return "\n".join(_table(kind_of(item), plain(item)) for item in listed(estate))


def plain(item: Item) -> dict[str, Any]:
    """The fields of its table, without those that say nothing; fit for JSON."""
    if isinstance(item, Asset):
        return _said(_asset(item))
    if isinstance(item, Person):
        return _said(_person(item))
    return _said(_team(item) if isinstance(item, Team) else _organisation(item))


def _asset(asset: Asset) -> Iterator[tuple[str, Any]]:
    yield from (("id", asset.id), ("name", asset.name), ("owner", asset.owner))
    yield "criticality", asset.criticality.value
    yield from (("chain_id", asset.chain_id), ("address", _address(asset.address)), ("url", asset.url))
    yield from (("depends_on", list(asset.depends_on)), ("holds", [_address(each) for each in asset.holds]))
    yield "expects", {name: _expected(value) for name, value in asset.expected.given.items()}
    yield "contain", [_said(_containment(way)) for way in asset.containment]
    yield from (("runbook", asset.runbook), ("note", asset.note))


def _containment(way: Containment) -> Iterator[tuple[str, Any]]:
    yield from (("how", way.how), ("by", way.by), ("call", way.call), ("on", way.on))
    yield from (("takes_seconds", way.takes_seconds), ("note", way.note))


def _person(person: Person) -> Iterator[tuple[str, Any]]:
    yield from (("id", person.id), ("name", person.name), ("time_zone", person.time_zone))
    yield "clearance", person.clearance
    yield "contacts", [_said(_contact(each)) for each in person.contacts]
    yield "addresses", [_address(each) for each in person.addresses]


def _contact(contact: Contact) -> Iterator[tuple[str, Any]]:
    yield from (("channel", contact.channel), ("address", contact.address))
    yield from (("after_seconds", contact.after_seconds or None), ("urgent_only", contact.is_for_urgent_only or None))


def _team(team: Team) -> Iterator[tuple[str, Any]]:
    yield from (("id", team.id), ("name", team.name), ("members", list(team.members)), ("lead", team.lead))


def _organisation(organisation: Organisation) -> Iterator[tuple[str, Any]]:
    yield from (("id", organisation.id), ("name", organisation.name), ("note", organisation.note))


def _said(fields: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    return {name: value for name, value in fields if value is not None and value not in ("", [], {})}


def _expected(value: str | int | tuple[str, ...]) -> str | int | list[str] | None:
    if isinstance(value, tuple):
        return [checksummed(each) for each in value]
    return _address(value) if isinstance(value, str) else value


def _address(text: str | None) -> str | None:
    return checksummed(text) if text is not None and is_address(text) else text


def _table(kind: str, fields: Mapping[str, Any]) -> str:
    return "\n".join((f"[[{kind}]]", *(f"{name} = {_value(value)}" for name, value in fields.items()), ""))


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{name} = {_value(each)}" for name, each in value.items()) + " }"
    if isinstance(value, list):
        inside = ", ".join(map(_value, value))
        is_long = any(isinstance(each, Mapping) for each in value)
        return "[\n  " + ",\n  ".join(map(_value, value)) + ",\n]" if is_long else f"[{inside}]"
    # A JSON string is a TOML string but for the delete character, which no field of an estate holds.
    return json.dumps(value, ensure_ascii=False)
