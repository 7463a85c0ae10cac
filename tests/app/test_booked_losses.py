"""What findings state as lost is booked into the ledger of their incident: exactly, once, and taken back with them."""

from dataclasses import replace

import pytest

from findings_made import finding, header
from stores import store
from tocsin.edge.store import estate as estate_rows
from tocsin.edge.store import reorg
from tocsin.edge.store.opening import Store
from tocsin.model.finding import Entity, Finding, Severity
from tocsin.respond.estate.estate import Asset, AssetKind, Criticality, Estate
from tocsin.respond.estate.value import Holding
from tocsin.respond.incident.incident import Incident
from tocsin.respond.incident.ledger import funds
from tocsin.tables.literal import address
from triage_room import Room

__all__ = ["store"]

COIN, DUST = address("coin"), address("dust")
USDC = "0xa0b86991c6218b36c1d19d4a2e9eb0ce3606eb48"


@pytest.fixture
def room(store: Store) -> Room:
    return Room(store, open_from="high")


def lost(number: int, amount: int, *, transaction: str = "0x0a", victim: str = "vault", key: str = "") -> Finding:
    made = finding(number, transaction=transaction, attacker="mallory", victim=victim, key=key, detector="takeover")
    return replace(made, values={"taken_tokens": [COIN], "taken_amounts": [amount]})


def gained(number: int, *, transaction: str = "0x0a") -> Finding:
    made = finding(number, transaction=transaction, attacker="mallory")
    return replace(made, values={"gained_tokens": [USDC, DUST], "gained_amounts": [2_000_000, 7 * 10**18]})


def only(room: Room) -> Incident:
    (name,) = room.incidents()
    return room.incident(name)


def figures(room: Room, name: str = "lost") -> dict[str, int]:
    told = funds(only(room).postings.values())
    return {one.token: one.figures[name].units for one in told.holdings if one.figures[name].units}


def test_a_stated_loss_is_booked_to_the_last_unit_with_its_transaction(room: Room) -> None:
    room.found(1, lost(1, 2**255 + 1))
    room.take_in()

    (posting,) = only(room).postings.values()
    assert (posting.units, posting.debit, posting.credit) == (2**255 + 1, "external", "stolen")
    assert (posting.transactions, posting.confidence, posting.by) == (("0x0a",), 0.75, "rule:stated-losses")


def test_the_same_funds_are_not_booked_twice(room: Room) -> None:
    room.found(1, lost(1, 100), replace(lost(1, 100, key="b"), detector="spread-price-manipulation"))
    room.found(2, lost(2, 40, transaction="0x0b"))
    room.take_in()
    room.found(3, replace(lost(1, 90), place=lost(3, 90).place, detector="forged-claim"))
    room.take_in()

    assert figures(room) == {COIN: 140}


def test_what_two_victims_lost_in_one_transaction_is_added(room: Room) -> None:
    room.found(1, lost(1, 100), lost(1, 11, victim="safe", key="b"))
    room.take_in()

    assert figures(room) == {COIN: 111}


def test_what_a_reorg_takes_back_is_posted_back_and_what_comes_again_is_booked_again(room: Room) -> None:
    room.found(1, finding(1, attacker="mallory"))
    room.found(2, lost(2, 100))
    room.take_in()
    reorg.retract(room.store.engine, 1, [header(2).hash], common=header(1), replaced_by=b"\x07" * 32, now=1.0)
    room.take_in()

    assert figures(room) == {}
    assert [(one.debit, one.credit) for one in only(room).postings.values()] == [
        ("external", "stolen"),
        ("stolen", "external"),
    ]

    room.found(2, lost(2, 100))
    room.take_in()

    assert figures(room) == {COIN: 100}


def test_a_gain_counts_in_tokens_with_a_price_and_not_beside_a_loss_of_the_same(room: Room) -> None:
    room.found(1, gained(1))
    room.take_in()

    assert figures(room) == {USDC: 2_000_000}

    stated = replace(lost(1, 0, key="late"), values={"token": USDC, "amount": "2100000"}, place=lost(2, 0).place)
    room.found(2, stated)
    room.take_in()

    assert figures(room) == {USDC: 2_100_000}


def test_where_no_finding_states_an_amount_nothing_is_booked(room: Room) -> None:
    room.found(1, finding(1, attacker="mallory", victim="vault"), replace(lost(1, 9, key="x"), severity=Severity.LOW))
    room.take_in()

    assert not only(room).postings


def test_a_payment_that_no_attacker_took_part_in_is_no_loss(room: Room) -> None:
    paid = replace(
        lost(1, 50, transaction="0x0b", key="paid"),
        entities=(Entity("victim", address("vault")), Entity("recipient", address("shop"))),
    )
    room.found(1, lost(1, 100), paid)
    room.take_in()

    assert figures(room) == {COIN: 100}


def test_what_the_assets_that_were_hit_held_is_at_risk_in_the_units_that_they_are_read_in(room: Room) -> None:
    vault = Asset(
        id="vault",
        kind=AssetKind.CONTRACT,
        name="Vault",
        owner="core",
        criticality=Criticality.HIGH,
        chain_id=1,
        address=address("vault"),
    )
    room.estate = lambda: Estate(assets={"vault": vault})
    held = Holding(
        asset="vault",
        chain_id=1,
        token=COIN,
        symbol="COIN",
        decimals=6,
        amount=500,
        dollars=None,
        block_number=1,
        read_at=1.0,
    )
    estate_rows.keep_holdings(room.store.engine, ["vault"], [held])
    room.found(1, lost(1, 100))
    room.take_in()
    room.found(2, lost(2, 1, transaction="0x0b"))
    room.take_in()

    assert figures(room, "at_risk") == {COIN: 399}
    assert figures(room) == {COIN: 101}
    assert {(one.symbol, one.decimals) for one in only(room).postings.values()} == {("COIN", 6)}
