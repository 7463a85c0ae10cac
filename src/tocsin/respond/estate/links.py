"""Joining what an estate lists: every id stands once, and every id that is named is there."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import TypeAlias

from tocsin.model.errors import EstateError
from tocsin.respond.estate import fields
from tocsin.respond.estate.estate import Asset, AssetKind, Estate, Organisation, Team
from tocsin.respond.people import Person

Item: TypeAlias = Organisation | Person | Team | Asset

ORGANISATION, PERSON, TEAM = "organisation", "person", "team"
KINDS: Collection[str] = (ORGANISATION, PERSON, TEAM, *(kind.value for kind in AssetKind))
"""The tables there are."""
NATIVE = "native"
"""The chain's own coin, where what an asset holds is named."""

_A_PERSON, _A_MEMBER, _AN_OWNER = "no person here", "not among its members", "no organisation, team or person here"
_AN_ASSET, _A_TOKEN, _ANY = "no asset here", "no token of the same chain here", "nothing here"
"""What an id that must be one of these is said to be where it is not."""


def joined(found: Iterable[Item], name: str) -> Estate:
    """The estate of these. Raises `EstateError` for an id that stands twice or names nothing."""
    every = _by_id(found, name)
    known = _known(every.values())
    for each in every.values():
        for field, named, must_be in _named(each):
            ids = _ids(must_be, each, known)
            if named not in ids:
                where = f"{name}: [[{kind_of(each)}]] {each.id}: {field}"
                raise EstateError(f"{where} names {named!r}, which is {must_be}; {fields.nearest(named, ids)}")
    return Estate(
        assets={each.id: each for each in every.values() if isinstance(each, Asset)},
        people={each.id: each for each in every.values() if isinstance(each, Person)},
        teams={each.id: each for each in every.values() if isinstance(each, Team)},
        organisations={each.id: each for each in every.values() if isinstance(each, Organisation)},
    )


def listed(estate: Estate) -> tuple[Item, ...]:
    """What an estate is joined of."""
    return (
        *estate.organisations.values(),
        *estate.people.values(),
        *estate.teams.values(),
        *estate.assets.values(),
    )


def kind_of(found: Item) -> str:
    """The name of the table it stands in."""
    if isinstance(found, Asset):
        return found.kind.value
    return {Organisation: ORGANISATION, Person: PERSON, Team: TEAM}[type(found)]


def _by_id(found: Iterable[Item], name: str) -> Mapping[str, Item]:
    every: dict[str, Item] = {}
    for each in found:
        if each.id in every or each.id == NATIVE:
            raise EstateError(
                f"{name}: [[{kind_of(each)}]] {each.id}: the id is taken; ids are unique in the whole estate"
            )
        every[each.id] = each
    return every


def _known(every: Iterable[Item]) -> Mapping[str, frozenset[str]]:
    found = tuple(every)
    assets = frozenset(each.id for each in found if isinstance(each, Asset))
    return {
        _A_PERSON: frozenset(each.id for each in found if isinstance(each, Person)),
        _AN_ASSET: assets,
        _AN_OWNER: frozenset(each.id for each in found) - assets,
        _ANY: frozenset(each.id for each in found),
        **{_tokens_of(each.chain_id): frozenset() for each in found if isinstance(each, Asset)},
        **_tokens(found),
    }


def _tokens(found: Collection[Item]) -> Mapping[str, frozenset[str]]:
    tokens = [each for each in found if isinstance(each, Asset) and each.kind is AssetKind.TOKEN]
    chains = {each.chain_id for each in tokens}
    return {_tokens_of(chain): frozenset(each.id for each in tokens if each.chain_id == chain) for chain in chains}


def _tokens_of(chain_id: int | None) -> str:
    return f"tokens of {chain_id}"


def _ids(must_be: str, found: Item, known: Mapping[str, frozenset[str]]) -> Collection[str]:
    if must_be == _A_MEMBER and isinstance(found, Team):
        return found.members
    if must_be == _A_TOKEN and isinstance(found, Asset):
        return known[_tokens_of(found.chain_id)]
    return known[must_be]


def _named(found: Item) -> Iterator[tuple[str, str, str]]:
    """The ids that it names: in which field, which, and what each must be."""
    if isinstance(found, Team):
        yield from (("members", each, _A_PERSON) for each in found.members)
        if found.lead:
            yield "lead", found.lead, _A_MEMBER
    if isinstance(found, Asset):
        yield "owner", found.owner, _AN_OWNER
        yield from (("depends_on", each, _AN_ASSET) for each in found.depends_on)
        own = (each for each in found.holds if each != NATIVE and not each.startswith("0x"))
        yield from (("holds", each, _A_TOKEN) for each in own)
        for way in found.containment:
            yield "contain: by", way.by, _ANY
            if way.on:
                yield "contain: on", way.on, _AN_ASSET
