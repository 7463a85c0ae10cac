"""The estate: the file that the settings name, with what was changed beside it over the API."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tocsin.app.desk import Desk
from tocsin.app.settings import Settings
from tocsin.edge.rule_files import read_text
from tocsin.edge.store import estate as rows
from tocsin.edge.store.errors import named_errors
from tocsin.edge.store.estate import Changed
from tocsin.model.actor import Actor
from tocsin.model.errors import EstateError, NotFound, SourceError, Unacceptable, WrongState
from tocsin.respond.estate import reading
from tocsin.respond.estate.estate import EMPTY, Estate
from tocsin.respond.estate.fields import nearest, shown
from tocsin.respond.estate.links import KINDS, PERSON, Item, joined, kind_of, listed
from tocsin.respond.estate.value import Holding
from tocsin.respond.estate.writing import plain
from tocsin.respond.journal import Draft

STREAM = "estate"
PUT, REMOVED = "estate_item_put", "estate_item_removed"
"""Kinds of entries in the journal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """An item of the estate, with where it comes from."""

    item: Item
    version: int
    """How often it was changed beside the file: 0 where it is as the file has it."""
    changed_at: float | None = None
    changed_by: str = ""

    @property
    def kind(self) -> str:
        """The name of the table it stands in."""
        return kind_of(self.item)


def read_estate(settings: Settings) -> Estate:
    """The estate in the file that the settings name; empty where they name none. Raises `EstateError`."""
    name = settings.estate.file
    return reading.parse(estate_text(name), name) if name else EMPTY


def estate_text(name: str) -> str:
    """The text of an estate's file. Raises `EstateError`."""
    try:
        return read_text(Path(name))
    except SourceError as error:
        told = f"{error}; [estate] file in tocsin.toml names it, and `tocsin estate init` writes one"
        raise EstateError(told) from None


def estate_now(desk: Desk) -> Estate:
    """The file with what was changed beside it. Raises `EstateError` and `StoreError`."""
    with named_errors(), desk.store.engine.begin() as connection:
        changed = rows.changes(connection)
    return _overlaid(read_estate(desk.settings), changed)


def estate_if_readable(desk: Desk) -> Estate:
    """Like `estate_now`, for what must go on whatever the file says: empty where it cannot be read. `StoreError`."""
    try:
        return estate_now(desk)
    except EstateError:
        return EMPTY


def listing(desk: Desk) -> tuple[Listed, ...]:
    """Every item of the estate with its version. Raises `EstateError` and `StoreError`."""
    with named_errors(), desk.store.engine.begin() as connection:
        changed = {each.id: each for each in rows.changes(connection)}
    estate = _overlaid(read_estate(desk.settings), changed.values())
    return tuple(_listed(each, changed.get(each.id)) for each in listed(estate))


def one(desk: Desk, item: str) -> Listed:
    """An item with its version. Raises `NotFound`, `EstateError` and `StoreError`."""
    every = {each.item.id: each for each in listing(desk)}
    if item not in every:
        raise NotFound(f"there is nothing with the id {shown(item)} in the estate; {nearest(item, every)}")
    return every[item]


def holdings_now(desk: Desk) -> tuple[Holding, ...]:
    """What assets held when each was last counted, what is worth most first. Raises `StoreError`."""
    return rows.holdings(desk.store.engine)


def keep(desk: Desk, counted: Iterable[str], found: Iterable[Holding]) -> None:
    """Keep what the assets that were counted hold. Raises `StoreError`."""
    rows.keep_holdings(desk.store.engine, counted, found)


def put(desk: Desk, actor: Actor, *, kind: str, content: Mapping[str, Any], expected: int | None = None) -> Listed:
    """
    Add an item, or put it in place of the one with its id.

    With `expected` it must be at this version: 0 for one that is as the file has it, or is not there.
    Raises `Unacceptable`, `Outdated`, `WrongState` where the id is of another kind, and `StoreError`.
    """
    if kind not in KINDS:
        raise Unacceptable(f"there is no kind {shown(kind)}; {nearest(kind, KINDS)}")
    try:
        item = reading.item(kind, content, kind)
    except EstateError as error:
        raise Unacceptable(str(error)) from None
    before = {each.item.id: each.kind for each in listing(desk)}.get(item.id, kind)
    if before != kind:
        raise WrongState(f"{item.id} is a {before}, not a {kind}; remove it first, or choose another id")
    new = _new(desk, actor, item.id, kind, plain(item))
    return _listed(item, _change(desk, actor, new, expected))


def remove(desk: Desk, actor: Actor, *, item: str, expected: int | None = None) -> None:
    """
    Take an item out of the estate; with `expected` it must be at this version.

    Raises `NotFound`, `Outdated`, `WrongState` where something names it, and `StoreError`.
    """
    found = one(desk, item)
    _change(desk, actor, _new(desk, actor, item, found.kind, None), expected)


def _new(desk: Desk, actor: Actor, item: str, kind: str, content: Mapping[str, Any] | None) -> Changed:
    return Changed(id=item, kind=kind, version=0, content=content, changed_at=desk.clock(), changed_by=str(actor))


def _change(desk: Desk, actor: Actor, new: Changed, expected: int | None) -> Changed:
    """Write it where the estate still holds together with it, and return it with its version."""
    with named_errors(), desk.store.engine.begin() as connection:
        written = rows.change(connection, new, _draft(new, actor), expected)
        try:
            _overlaid(read_estate(desk.settings), rows.changes(connection))
        except EstateError as error:
            raise (WrongState if new.content is None else Unacceptable)(str(error)) from None
    desk.ring()
    return written


def _draft(new: Changed, actor: Actor) -> Draft:
    """How people are reached is theirs, and the journal is for ever: of them only the names of fields are entered."""
    content = new.content and (sorted(new.content) if new.kind == PERSON else new.content)
    data = {"item": new.id, "kind": new.kind, "content": content}
    kind = REMOVED if new.content is None else PUT
    return Draft(stream=STREAM, kind=kind, actor=actor, occurred_at=new.changed_at, data=data)


def _overlaid(estate: Estate, changed: Iterable[Changed]) -> Estate:
    """Raises `EstateError` where what was changed does not fit to the file any more."""
    every = {each.id: each for each in listed(estate)}
    for each in changed:
        if each.content is None:
            every.pop(each.id, None)
        else:
            every[each.id] = reading.item(each.kind, each.content, f"the store: {each.kind}")
    return joined(every.values(), "the estate with what was changed over the API")


def _listed(item: Item, changed: Changed | None) -> Listed:
    if changed is None:
        return Listed(item=item, version=0)
    return Listed(item=item, version=changed.version, changed_at=changed.changed_at, changed_by=changed.changed_by)
