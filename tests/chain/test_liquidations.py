"""Loans closed by others, read from logs or from calls and the transfers under them."""

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.chain.catalogue import datasets, derived
from tocsin.chain.codecs import tables
from tocsin.chain.signatures import selector, topic
from tocsin.edge import recordings
from tocsin.tables.columns import NATIVE
from tocsin.tables.literal import Row, frame, named
from tocsin.tables.literal import topic as word
from tocsin.tables.literal import words as abi

AAVE = "LiquidationCall(address,address,address,uint256,uint256,address,bool)"
COMPOUND = "LiquidateBorrow(address,address,uint256,address,uint256)"


def liquidations(**raw: list[Row]) -> pl.DataFrame:
    tables = {name: frame(datasets()[name].columns, rows) for name, rows in raw.items()}
    return derived(tables)["liquidations"]


def said(rows: pl.DataFrame) -> list[tuple[Any, ...]]:
    """Market, borrower, liquidator, debt token and amount, collateral token and amount."""
    return [
        (
            *(who(row[f"{part}_address"]) for part in ("market", "borrower", "liquidator")),
            (who(row["debt_token_address"]), int.from_bytes(row["debt_amount_binary"], "big")),
            (who(row["collateral_token_address"]), int.from_bytes(row["collateral_amount_binary"], "big")),
        )
        for row in rows.to_dicts()
    ]


def who(raw: bytes | None) -> str | None:
    if raw is None or raw == NATIVE:
        return raw and "native"
    return raw[4:].rstrip(b"\0").decode()


def log(signature: str, address: str, *topics: str, data: bytes) -> Row:
    shown = {f"topic{number}": word(value) for number, value in enumerate(topics, 1)}
    return {"address": address, "topic0": topic(signature), "data": data, **shown}


def moved(token: str, source: str, target: str, value: int) -> Row:
    return log("Transfer(address,address,uint256)", token, source, target, data=abi(value))


def call(index: int, source: str, target: str, signature: str, data: bytes, **more: Any) -> Row:
    shape = {"call_index": index, "subtree_end": index + 1, "parent_index": 0, "call_type": "call"}
    asked = {"input": selector(signature) + data, "selector": selector(signature)}
    return {"from_address": source, "to_address": target, **shape, **asked, **more}


def test_aave_in_logs() -> None:
    closed = liquidations(logs=[log(AAVE, "pool", "weth", "dai", "bob", data=abi(100, 7, "keeper", 0))])
    assert said(closed) == [("pool", "bob", "keeper", ("dai", 100), ("weth", 7))]


def test_a_liquidator_who_takes_a_share_of_the_pool_receives_the_share() -> None:
    closed = liquidations(
        logs=[
            moved("aWETH", "bob", "keeper", 7),
            log(AAVE, "pool", "weth", "dai", "bob", data=abi(100, 7, "keeper", 1)),
        ],
        transactions=[],
    )
    assert said(closed) == [("pool", "bob", "keeper", ("dai", 100), ("aWETH", 7))]


def test_the_debt_token_of_a_compound_event_is_what_the_liquidator_paid_the_market() -> None:
    event = log(COMPOUND, "cDAI", data=abi("keeper", "bob", 100, "cETH", 33))
    told = [event, moved("dai", "keeper", "cDAI", 100), moved("usdc", "keeper", "elsewhere", 100)]
    assert said(liquidations(logs=told, transactions=[])) == [("cDAI", "bob", "keeper", ("dai", 100), ("cETH", 33))]
    assert said(liquidations(logs=told)) == [("cDAI", "bob", "keeper", (None, 100), ("cETH", 33))]


def test_a_compound_market_of_native_coin_is_paid_in_native_coin() -> None:
    closed = liquidations(
        logs=[log(COMPOUND, "cETH", data=abi("keeper", "bob", 5, "cDAI", 33))],
        calls=[call(0, "keeper", "cETH", "liquidateBorrow(address,address)", abi("bob", "cDAI"), value=5)],
    )
    assert said(closed) == [("cETH", "bob", "keeper", ("native", 5), ("cDAI", 33))]


AAVE_CALL = call(1, "keeper", "pool", "liquidationCall(address,address,address,uint256,bool)",
                 abi("weth", "dai", "bob", 2**256 - 1, 0), subtree_end=5)  # fmt: skip
PAYS_DAI = call(2, "pool", "dai", "transferFrom(address,address,uint256)", abi("keeper", "vault", 100), output=abi(1))
GETS_WETH = call(3, "vault", "weth", "transfer(address,uint256)", abi("keeper", 7), output=abi(1))


def test_an_aave_call_states_what_moved_not_what_was_asked() -> None:
    unrelated = call(5, "keeper", "dai", "transfer(address,uint256)", abi("pool", 999), output=abi(1))
    closed = liquidations(calls=[AAVE_CALL, PAYS_DAI, GETS_WETH, unrelated])
    assert said(closed) == [("pool", "bob", "keeper", ("dai", 100), ("weth", 7))]


def test_a_call_that_pays_back_too_much_native_coin_counts_what_was_kept() -> None:
    eth = "0x" + NATIVE.hex()
    asked = abi("weth", eth, "bob", 100, 0)
    closed = liquidations(
        calls=[
            {
                **AAVE_CALL,
                "input": selector("liquidationCall(address,address,address,uint256,bool)") + asked,
                "value": 12,
            },
            call(2, "pool", "keeper", "", b"", value=2, input=b"", selector=None),
            GETS_WETH,
        ]
    )
    assert said(closed) == [("pool", "bob", "keeper", ("native", 10), ("weth", 7))]


def test_an_aave_call_for_a_share_of_the_pool() -> None:
    asked = abi("weth", "dai", "bob", 100, 1)
    share = call(3, "pool", "aWETH", "transferOnLiquidation(address,address,uint256)", abi("bob", "keeper", 7))
    given_share = {**AAVE_CALL, "input": AAVE_CALL["input"][:4] + asked}
    assert said(liquidations(calls=[given_share, PAYS_DAI, share])) == [
        ("pool", "bob", "keeper", ("dai", 100), ("aWETH", 7))
    ]


COMPOUND_CALL = call(1, "keeper", "cDAI", "liquidateBorrow(address,uint256,address)", abi("bob", 100, "cETH"),
                     subtree_end=5, output=abi(0))  # fmt: skip
MARKET_TAKES = call(
    2, "cDAI", "dai", "transferFrom(address,address,uint256)", abi("keeper", "cDAI", 100), output=abi(1)
)
SEIZE = call(3, "cDAI", "cETH", "seize(address,address,uint256)", abi("keeper", "bob", 33), output=abi(0))


def test_a_compound_call_with_its_payment_and_seizure() -> None:
    closed = liquidations(calls=[COMPOUND_CALL, MARKET_TAKES, SEIZE])
    assert said(closed) == [("cDAI", "bob", "keeper", ("dai", 100), ("cETH", 33))]


def test_a_market_that_seizes_its_own_shares() -> None:
    own = {**COMPOUND_CALL, "input": COMPOUND_CALL["input"][:4] + abi("bob", 100, "cDAI")}
    worked_out = call(3, "cDAI", "comptroller", "liquidateCalculateSeizeTokens(address,address,uint256)",
                      abi("cDAI", "cDAI", 100), output=abi(0, 44), call_type="staticcall")  # fmt: skip
    assert said(liquidations(calls=[own, MARKET_TAKES, worked_out])) == [
        ("cDAI", "bob", "keeper", ("dai", 100), ("cDAI", 44))
    ]


@pytest.mark.parametrize(
    "change",
    [
        {"reverted": True, "error": "execution reverted"},
        {"output": abi(3)},
        {"call_type": "delegatecall"},
        {"subtree_end": 2},
    ],
    ids=["it reverted", "it returned an error code", "a proxy repeats it", "nothing moved"],
)
def test_a_call_that_closed_nothing_is_left_out(change: Row) -> None:
    assert liquidations(calls=[{**COMPOUND_CALL, **change}, MARKET_TAKES, SEIZE]).is_empty()


@settings(deadline=None)
@given(st.binary(max_size=300), st.booleans())
def test_no_bytes_make_it_raise(data: bytes, as_log: bool) -> None:
    if as_log:
        liquidations(logs=[{"topic0": topic(COMPOUND), "data": data}], transactions=[])
    else:
        name = selector("liquidationCall(address,address,address,uint256,bool)")
        liquidations(calls=[{**AAVE_CALL, "input": name + data}, PAYS_DAI, {**SEIZE, "input": data, "output": data}])


def test_amounts_are_exact_to_256_bits() -> None:
    most = 2**256 - 1
    closed = liquidations(logs=[log(AAVE, "pool", "weth", "dai", "bob", data=abi(most, most - 1, "keeper", 0))])
    assert said(closed)[0][3:] == (("dai", most), ("weth", most - 1))
    assert closed["borrower_address"].to_list() == [named("bob")]


EXPECTED = ("liquidated_user", "liquidator_user", "debt_token_address", "debt_purchase_amount",
            "received_token_address", "received_amount")  # fmt: skip
BLOCKS = (10921991, 12498502, 13207907, 13234998, 13244807, 13404932)


@pytest.mark.recorded
@pytest.mark.parametrize("height", BLOCKS)
def test_real_liquidations_come_out_exact(recorded_data: Path, height: int) -> None:
    told = json.loads((recorded_data / "mev" / "expected.json").read_bytes())["liquidations"]
    expected = [
        (each["transaction_hash"], *(each[name] for name in EXPECTED))
        for each in told
        if each["block_number"] == height
    ]
    assert sorted(exact(closed_in(recorded_data, height))) == sorted(expected)


@pytest.mark.recorded
def test_a_real_liquidation_that_reverted_is_absent(recorded_data: Path) -> None:
    assert closed_in(recorded_data, 15049646).is_empty()


@pytest.mark.recorded
@pytest.mark.parametrize("height", [10803840, 12498502, 12900060])
def test_logs_and_calls_tell_the_same_of_a_real_block(recorded_data: Path, height: int) -> None:
    from_logs, from_calls = closed_in(recorded_data, height), closed_in(recorded_data, height, without="logs")
    assert not from_logs.is_empty()
    assert sorted(exact(from_logs)) == sorted(exact(from_calls))


def closed_in(recorded_data: Path, height: int, without: str = "") -> pl.DataFrame:
    (path,) = (recorded_data / "mev").glob(f"*/{height}.json.gz")
    raw = tables(list(recordings.read(path)))
    return derived({name: rows for name, rows in raw.items() if name != without})["liquidations"]


def exact(rows: pl.DataFrame) -> list[tuple[Any, ...]]:
    return [
        ("0x" + row["transaction_hash"].hex(),
         *("0x" + row[name].hex() for name in ("borrower_address", "liquidator_address", "debt_token_address")),
         int.from_bytes(row["debt_amount_binary"], "big"),
         "0x" + row["collateral_token_address"].hex(), int.from_bytes(row["collateral_amount_binary"], "big"))
        for row in rows.to_dicts()
    ]  # fmt: skip
