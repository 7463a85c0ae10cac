"""The estate changed beside its file: kept, journalled, held together, and safe against two who change at once."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from estates import ACME
from stores import store
from tocsin.app.desk import Desk
from tocsin.app.estate.estate import Listed, estate_now, listing, one, put, remove
from tocsin.app.settings import parse
from tocsin.edge.store import estate as rows
from tocsin.edge.store import journal
from tocsin.edge.store.opening import Store
from tocsin.model.actor import Actor, ActorKind
from tocsin.model.errors import NotFound, Outdated, Unacceptable, WrongState
from tocsin.respond.estate.estate import Criticality
from tocsin.respond.estate.reading import parse as parse_estate
from tocsin.respond.estate.value import Holding
from tocsin.respond.estate.writing import to_toml

__all__ = ["store"]
ADA = Actor(ActorKind.USER, "ada")
HOST = {"id": "signing-host", "owner": "protocol", "criticality": "high", "depends_on": ["guardian"]}


@pytest.fixture
def desk(store: Store, tmp_path: Path) -> Desk:
    (tmp_path / "estate.toml").write_text(ACME)
    settings = parse(f'[estate]\nfile = "{tmp_path}/estate.toml"\n', "tocsin.toml", {})
    return Desk(settings=settings, store=store, clock=lambda: 1_000.0, entropy=bytes)


def putting(desk: Desk, content: Mapping[str, Any], kind: str = "host", expected: int | None = None) -> Listed:
    return put(desk, ADA, kind=kind, content=content, expected=expected)


def test_what_is_put_is_there_beside_the_file_and_says_who_put_it(desk: Desk) -> None:
    putting(desk, HOST)

    found = one(desk, "signing-host")
    assert (found.version, found.changed_at, found.changed_by) == (1, 1_000.0, "user:ada")
    assert estate_now(desk).assets["signing-host"].criticality == Criticality.HIGH
    assert (one(desk, "vault").version, one(desk, "vault").changed_by) == (0, "")
    assert [each.item.id for each in listing(desk)][-1] == "signing-host"


def test_what_is_put_stands_in_place_of_what_the_file_says(desk: Desk) -> None:
    putting(desk, {"id": "front-end", "owner": "acme", "criticality": "low"}, kind="application")

    assert estate_now(desk).assets["front-end"].owner == "acme"


def test_who_saw_an_older_version_changes_nothing(desk: Desk) -> None:
    putting(desk, HOST, expected=0)
    putting(desk, {**HOST, "note": "moved"}, expected=1)

    with pytest.raises(Outdated, match="at version 2, not 1"):
        putting(desk, HOST, expected=1)
    with pytest.raises(Outdated):
        remove(desk, ADA, item="signing-host", expected=0)

    assert one(desk, "signing-host").version == 2
    assert len(journal.stream(desk.store.engine, "estate")) == 2, "what was refused is not entered"


def test_what_is_removed_is_gone_and_can_come_back(desk: Desk) -> None:
    putting(desk, HOST)
    remove(desk, ADA, item="signing-host", expected=1)

    assert "signing-host" not in estate_now(desk).assets
    with pytest.raises(NotFound, match="did you mean"):
        one(desk, "signing-host")
    assert putting(desk, HOST).version == 3


def test_what_something_names_is_not_removed(desk: Desk) -> None:
    with pytest.raises(WrongState, match="vault: depends_on names 'feed'"):
        remove(desk, ADA, item="feed")

    assert "feed" in estate_now(desk).assets


@pytest.mark.parametrize(
    ("kind", "content", "says"),
    [
        ("hots", HOST, "did you mean 'host'"),
        ("host", {**HOST, "owner": "protocl"}, "did you mean 'protocol'"),
        ("host", {**HOST, "chain": 1}, "there is no field 'chain'"),
        ("host", {"id": "x"}, "owner is missing"),
    ],
)
def test_what_cannot_be_meant_is_refused(desk: Desk, kind: str, content: Mapping[str, Any], says: str) -> None:
    with pytest.raises(Unacceptable, match=says):
        putting(desk, content, kind)

    assert journal.size(desk.store.engine) == 0


def test_an_id_keeps_its_kind(desk: Desk) -> None:
    with pytest.raises(WrongState, match="vault is a contract, not a host"):
        putting(desk, {**HOST, "id": "vault"})


def test_changes_are_in_the_journal_and_how_people_are_reached_is_not(desk: Desk) -> None:
    putting(desk, HOST)
    reached = {"id": "cas", "name": "Cas", "contacts": [{"channel": "voice", "address": "+31612345678"}]}
    putting(desk, reached, kind="person")
    remove(desk, ADA, item="signing-host")

    entries = journal.stream(desk.store.engine, "estate")
    assert [(entry.kind, entry.data["item"], str(entry.actor)) for entry in entries] == [
        ("estate_item_put", "signing-host", "user:ada"),
        ("estate_item_put", "cas", "user:ada"),
        ("estate_item_removed", "signing-host", "user:ada"),
    ]
    assert entries[0].data["content"]["owner"] == "protocol"
    assert not any(b"+31612345678" in entry.line for entry in entries)
    assert estate_now(desk).people["cas"].contacts[0].address == "+31612345678"


def test_the_estate_as_it_is_now_can_be_written_as_its_file(desk: Desk) -> None:
    putting(desk, HOST)

    now = estate_now(desk)

    assert parse_estate(to_toml(now), "written.toml") == now


def test_holdings_are_kept_exactly_and_what_was_counted_anew_is_replaced(desk: Desk) -> None:
    def held(asset: str, amount: int, dollars: float | None) -> Holding:
        return Holding(
            asset=asset,
            chain_id=1,
            token="native",  # noqa: S106 - a coin, no secret
            symbol="ETH",
            decimals=18,
            amount=amount,
            dollars=dollars,
            block_number=5,
            read_at=9.0,
        )

    most = held("vault", 2**256 - 1, None)
    rows.keep_holdings(desk.store.engine, ["vault", "guardian"], [most, held("guardian", 1, 2.0)])
    assert rows.holdings(desk.store.engine) == (held("guardian", 1, 2.0), most)

    rows.keep_holdings(desk.store.engine, ["guardian"], [])
    assert rows.holdings(desk.store.engine) == (most,), "the guardian was emptied"
