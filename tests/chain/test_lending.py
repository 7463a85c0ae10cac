"""Deposits, withdrawals, loans and repayments, read from logs or from call data."""

from typing import Any

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.chain.catalogue import datasets, derived
from tocsin.chain.signatures import selector, topic
from tocsin.tables.literal import Row, frame, named
from tocsin.tables.literal import topic as word
from tocsin.tables.literal import words as abi

REST = 2**256 - 1
"""What Aave takes for "all of it"."""


def lending(**raw: list[Row]) -> pl.DataFrame:
    tables = {name: frame(datasets()[name].columns, rows) for name, rows in raw.items()}
    return derived(tables)["lending"]


def said(rows: pl.DataFrame) -> list[tuple[Any, ...]]:
    """Protocol, kind, market, account, token and amount of each row, with names for the addresses."""
    return [
        (row["protocol"], row["kind"], *(who(row[f"{part}_address"]) for part in ("market", "account", "token")),
         int.from_bytes(row["value_binary"], "big"))
        for row in rows.to_dicts()
    ]  # fmt: skip


def who(raw: bytes | None) -> str | None:
    return None if raw is None else raw[4:].rstrip(b"\0").decode()


def log(signature: str, *topics: str | int, address: str = "pool", data: bytes = b"", **more: Any) -> Row:
    shown = {f"topic{number}": word(value) for number, value in enumerate(topics, 1)}
    return {"address": address, "topic0": topic(signature), "data": data, **shown, **more}


def call(signature: str, data: bytes, **more: Any) -> Row:
    return {
        "call_type": "call",
        "from_address": "alice",
        "to_address": "pool",
        "input": selector(signature) + data,
        "selector": selector(signature),
        **more,
    }


def test_aave_v3_in_logs() -> None:
    rows = lending(
        logs=[
            log("Supply(address,address,address,uint256,uint16)", "dai", "alice", 0, data=abi("payer", 100)),
            log("Borrow(address,address,address,uint256,uint8,uint256,uint16)", "weth", "alice", 0,
                data=abi("payer", 7, 2, 10**25), log_index=1),
            log("Repay(address,address,address,uint256,bool)", "weth", "alice", "payer", data=abi(7, 0), log_index=2),
            log("Withdraw(address,address,address,uint256)", "dai", "alice", "bob", data=abi(101), log_index=3),
        ]
    )  # fmt: skip
    assert sorted(said(rows)) == [
        ("aave", "borrow", "pool", "alice", "weth", 7),
        ("aave", "repay", "pool", "alice", "weth", 7),
        ("aave", "supply", "pool", "alice", "dai", 100),
        ("aave", "withdraw", "pool", "alice", "dai", 101),
    ]


def test_compound_v2_in_logs_names_no_token_because_the_event_does_not() -> None:
    rows = lending(
        logs=[
            log("Mint(address,uint256,uint256)", address="cDAI", data=abi("alice", 100, 5_000)),
            log("RepayBorrow(address,address,uint256,uint256,uint256)", address="cDAI",
                data=abi("bob", "alice", 30, 70, 1_000)),
        ]
    )  # fmt: skip
    assert sorted(said(rows)) == [
        ("compound_v2", "repay", "cDAI", "alice", None, 30),
        ("compound_v2", "supply", "cDAI", "alice", None, 100),
    ]


def moved(token: str, source: str, target: str, value: int) -> Row:
    return log("Transfer(address,address,uint256)", source, target, address=token, data=abi(value))


def test_an_asset_the_event_does_not_name_is_the_token_that_moved() -> None:
    rows = lending(
        logs=[
            moved("dai", "alice", "cDAI", 100),
            log("Mint(address,uint256,uint256)", address="cDAI", data=abi("alice", 100, 5_000)),
            moved("cDAI", "cDAI", "alice", 5_000),
            moved("usdc", "cUSDC", "alice", 30),
            log("Borrow(address,uint256,uint256,uint256)", address="cUSDC", data=abi("alice", 30, 30, 30)),
            moved("usdc", "alice", "cUSDC", 31),
        ],
        transactions=[],
    )
    assert sorted(said(rows)) == [
        ("compound_v2", "borrow", "cUSDC", "alice", "usdc", 30),
        ("compound_v2", "supply", "cDAI", "alice", "dai", 100),
    ]


def test_a_vault_share_belongs_to_its_owner_not_to_whom_the_asset_goes() -> None:
    event = "Withdraw(address,address,address,uint256,uint256)"
    rows = lending(logs=[log(event, "router", "bob", "alice", address="vault", data=abi(50, 49))])
    assert said(rows) == [("erc4626", "withdraw", "vault", "alice", None, 50)]


def test_logs_of_another_shape_are_left_out() -> None:
    supply = "Supply(address,address,address,uint256,uint16)"
    rows = lending(
        logs=[
            log(supply, "dai", "alice", data=abi("payer", 100)),
            log(supply, "dai", "alice", 0, data=abi("payer", 100)[:-1]),
            log("Mint(address,uint256,uint256)", "alice", data=abi(100, 5_000)),
        ]
    )
    assert rows.is_empty()


def test_aave_calls_where_there_are_no_logs() -> None:
    rows = lending(
        calls=[
            call("supply(address,uint256,address,uint16)", abi("dai", 100, "carol", 0)),
            call("withdraw(address,uint256,address)", abi("dai", REST, "bob")),
            call("supply(address,uint256,address,uint16)", abi("dai", 9, "carol", 0), reverted=True),
            call("supply(address,uint256,address,uint16)", abi("dai", 9, "carol", 0), call_type="delegatecall"),
        ]
    )
    assert sorted(said(rows)) == [
        ("aave", "supply", "pool", "carol", "dai", 100),
        ("aave", "withdraw", "pool", "alice", "dai", REST),
    ]


def test_a_compound_call_that_returns_an_error_code_did_nothing() -> None:
    borrow = "borrow(uint256)"
    rows = lending(
        calls=[
            call(borrow, abi(5), output=abi(0)),
            call(borrow, abi(6), output=abi(3)),
            call(borrow, abi(7), output=b""),
        ]
    )
    assert said(rows) == [("compound_v2", "borrow", "pool", "alice", None, 5)]


def test_logs_are_believed_before_calls() -> None:
    assert lending(logs=[], calls=[call("borrow(uint256)", abi(5), output=abi(0))]).is_empty()


@settings(deadline=None)
@given(st.integers(0, REST), st.binary(min_size=12, max_size=12))
def test_any_amount_is_exact_and_dirty_padding_is_no_part_of_an_address(value: int, padding: bytes) -> None:
    data = padding + named("payer") + value.to_bytes(32, "big")
    rows = lending(logs=[log("Supply(address,address,address,uint256,uint16)", "dai", "alice", 0, data=data)])
    assert said(rows) == [("aave", "supply", "pool", "alice", "dai", value)]


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_no_bytes_make_it_raise(data: bytes) -> None:
    borrow = call("borrow(address,uint256,uint256,uint16,address)", b"", input=data)
    assert len(lending(calls=[borrow])) <= 1
