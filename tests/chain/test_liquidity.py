"""Liquidity added to and taken from pools, of each shape, from logs and from calls alone."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from eth_hash.auto import keccak
from hypothesis import given
from hypothesis import strategies as st
from pool_tables import Call, asks, from_calls, from_logs, log, minus, moved, number, reserves, send, tree, who

from tocsin.chain.catalogue import derived
from tocsin.chain.codecs import tables
from tocsin.chain.datasets._liquidity_calls import SELECTORS
from tocsin.chain.datasets._liquidity_logs import EVENTS
from tocsin.edge import recordings
from tocsin.tables.columns import ZERO
from tocsin.tables.literal import Row, octets
from tocsin.tables.literal import topic as word
from tocsin.tables.literal import words as abi

NOBODY = "0x" + ZERO.hex()
PAIR_MINT = "Mint(address,uint256,uint256)"
PAIR_BURN = "Burn(address,uint256,uint256,address)"
RANGE_MINT = "Mint(address,address,int24,int24,uint128,uint256,uint256)"
RANGE_BURN = "Burn(address,int24,int24,uint128,uint256,uint256)"
RANGE_COLLECT = "Collect(address,address,int24,int24,uint128,uint128)"
MODIFIED = "ModifyLiquidity(bytes32,address,int24,int24,int256,bytes32)"
MODIFY = "modifyLiquidity((address,address,uint24,int24,address),(int24,int24,int256,bytes32),bytes)"

BELOW = minus(60)
KEY = abi("dai", "weth", 3_000, 60, 0)
POOL_ID = keccak(KEY)


def said(changes: pl.DataFrame) -> list[tuple[Any, ...]]:
    """Protocol, kind, pool, owner, tokens and amounts, and range of each row, with names for addresses."""
    return [
        (row["protocol"], row["kind"], who(row["pool_address"]), who(row["owner_address"]),
         who(row["token0_address"]), number(row["amount0_binary"]),
         who(row["token1_address"]), number(row["amount1_binary"]), row["tick_lower"], row["tick_upper"])
        for row in changes.to_dicts()
    ]  # fmt: skip


BOTH = ("dai", 1_000, "weth", 7)
RANGE = (-60, 60)
NO_RANGE = (None, None)
PAID = [moved("dai", "alice", "pool", 1_000), moved("weth", "alice", "pool", 7)]
GOT = [moved("dai", "pool", "alice", 1_000), moved("weth", "pool", "alice", 7)]


def test_the_owner_of_a_pair_mint_is_who_receives_its_shares() -> None:
    shares = [moved("pool", NOBODY, "treasury", 3), moved("pool", NOBODY, "alice", 80)]
    logs = [*PAID, *shares, log(PAIR_MINT, "pool", "router", data=abi(1_000, 7))]
    assert said(from_logs("liquidity", logs)) == [("uniswap_v2", "mint", "pool", "alice", *BOTH, *NO_RANGE)]


@pytest.mark.parametrize("signature", [PAIR_BURN, "Burn(address,address,uint256,uint256)"])
def test_the_owner_of_a_pair_burn_is_who_sends_its_shares(signature: str) -> None:
    shares = [moved("pool", "alice", "pool", 80), moved("pool", "pool", NOBODY, 80)]
    logs = [*shares, *GOT, log(signature, "pool", "router", "alice", data=abi(1_000, 7))]
    assert said(from_logs("liquidity", logs)) == [("uniswap_v2", "burn", "pool", "alice", *BOTH, *NO_RANGE)]


def test_an_interest_bearing_token_that_logs_the_same_mint_is_no_pool() -> None:
    logs = [moved("dai", "alice", "pool", 1_000), log(PAIR_MINT, "pool", "alice", data=abi(1_000, 10**27))]
    assert said(from_logs("liquidity", logs)) == []


def test_a_range_is_minted_burnt_and_collected() -> None:
    logs = [
        *PAID,
        log(RANGE_MINT, "pool", "alice", BELOW, 60, data=abi("router", 5, 1_000, 7)),
        log(RANGE_BURN, "pool", "alice", BELOW, 60, data=abi(5, 1_010, 6)),
        moved("dai", "pool", "bob", 1_011),
        moved("weth", "pool", "bob", 6),
        log(RANGE_COLLECT, "pool", "alice", BELOW, 60, data=abi("bob", 1_011, 6)),
    ]
    assert said(from_logs("liquidity", logs)) == [
        ("uniswap_v3", "mint", "pool", "alice", *BOTH, *RANGE),
        ("uniswap_v3", "burn", "pool", "alice", "dai", 1_010, "weth", 6, *RANGE),
        ("uniswap_v3", "collect", "pool", "alice", "dai", 1_011, "weth", 6, *RANGE),
    ]


def test_a_burn_that_moves_no_token_has_those_its_pool_showed_elsewhere_in_the_block() -> None:
    burn = log(RANGE_BURN, "pool", "alice", BELOW, 60, data=abi(5, 1_010, 6), transaction_index=1)
    mint = log(RANGE_MINT, "pool", "alice", BELOW, 60, data=abi("router", 5, 1_000, 7))
    assert said(from_logs("liquidity", [burn]))[0][4:8] == (None, 1_010, None, 6)
    assert said(from_logs("liquidity", [*PAID, mint, burn]))[1][4:8] == ("dai", 1_010, "weth", 6)
    other_block = [{**row, "block_number": 2} for row in [*PAID, mint]]
    assert said(from_logs("liquidity", [*other_block, burn]))[1][4:8] == (None, 1_010, None, 6)


def test_a_position_out_of_range_has_one_token() -> None:
    logs = [PAID[0], log(RANGE_MINT, "pool", "alice", BELOW, 60, data=abi("router", 5, 1_000, 0))]
    assert said(from_logs("liquidity", logs))[0][4:8] == ("dai", 1_000, None, 0)


def modified(liquidity: int) -> Row:
    return log(MODIFIED, "manager", POOL_ID, "router", data=abi(BELOW, 60, liquidity % 2**256, 9))


def modify(liquidity: int, gained: tuple[int, int], fees: tuple[int, int]) -> Call:
    data = KEY + abi(BELOW, 60, liquidity % 2**256, 9) + abi(320, 0)
    return Call(MODIFY, "router", "manager", data, delta(*gained) + delta(*fees))


def delta(first: int, second: int) -> bytes:
    return b"".join(amount.to_bytes(16, "big", signed=True) for amount in (first, second))


def test_uniswap_v4_logs_tell_no_amounts() -> None:
    assert said(from_logs("liquidity", [modified(5)])) == [
        ("uniswap_v4", "mint", "manager", "router", None, None, None, None, *RANGE)
    ]


MODIFICATIONS = {
    "mint": (5, (-1_000, -7), (0, 0), [("mint", *BOTH)]),
    "burn": (-5, (1_003, 8), (3, 1), [("burn", *BOTH), ("collect", "dai", 1_003, "weth", 8)]),
    "collect": (0, (3, 1), (3, 1), [("collect", "dai", 3, "weth", 1)]),
}


@pytest.mark.parametrize("kind", MODIFICATIONS)
def test_uniswap_v4_calls_tell_amounts_and_tokens_also_beside_logs(kind: str) -> None:
    liquidity, gained, fees, expected = MODIFICATIONS[kind]
    calls = tree(modify(liquidity, gained, fees))
    for changes in (from_calls("liquidity", calls), from_logs("liquidity", [modified(liquidity)], calls)):
        assert [(row[1], *row[4:8]) for row in said(changes)] == expected
        assert changes["pool_id"].unique().to_list() == [POOL_ID]


def test_two_changes_alike_are_matched_with_their_calls_in_order() -> None:
    calls = tree(modify(5, (-1_000, -7), (0, 0)), modify(5, (-900, -8), (0, 0)))
    changes = from_logs("liquidity", [modified(5), modified(5)], calls)
    assert changes["amount0_f64"].to_list() == [1_000, 900]


def test_a_pair_is_minted_and_burnt_by_calls() -> None:
    mint = Call("mint(address)", "router", "pool", abi("alice"), abi(80),
                [asks("pool", "dai", 51_000), asks("pool", "weth", 407)])  # fmt: skip
    burn = Call("burn(address)", "router", "pool", abi("alice"), abi(990, 6),
                [asks("pool", "dai", 51_000), asks("pool", "weth", 407), send("dai", "pool", "alice", 990),
                 send("weth", "pool", "alice", 6), asks("pool", "dai", 50_010), asks("pool", "weth", 401)])  # fmt: skip
    calls = [
        reserves("router", "pool", 50_000, 400),
        send("dai", "alice", "pool", 1_000, by="router"),
        send("weth", "alice", "pool", 7, by="router"),
        mint,
        send("pool", "alice", "pool", 80, by="router"),
        burn,
    ]
    assert said(from_calls("liquidity", tree(*calls))) == [
        ("uniswap_v2", "mint", "pool", "alice", *BOTH, *NO_RANGE),
        ("uniswap_v2", "burn", "pool", "alice", "dai", 990, "weth", 6, *NO_RANGE),
    ]


def test_a_range_is_minted_burnt_and_collected_by_calls() -> None:
    mint = Call(
        "mint(address,int24,int24,uint128,bytes)",
        "router",
        "pool",
        abi("alice", BELOW, 60, 5, 160, 0),
        abi(1_000, 7),
        [send("dai", "bob", "pool", 1_000, by="router"), send("weth", "bob", "pool", 7, by="router")],
    )
    burn = Call("burn(int24,int24,uint128)", "alice", "pool", abi(BELOW, 60, 5), abi(1_010, 6))
    collect = Call("collect(address,int24,int24,uint128,uint128)", "alice", "pool", abi("bob", BELOW, 60, 9_999, 9_999),
                   abi(1_011, 6), [send("dai", "pool", "bob", 1_011), send("weth", "pool", "bob", 6)])  # fmt: skip
    assert said(from_calls("liquidity", tree(mint, burn, collect))) == [
        ("uniswap_v3", "mint", "pool", "alice", *BOTH, *RANGE),
        ("uniswap_v3", "burn", "pool", "alice", "dai", 1_010, "weth", 6, *RANGE),
        ("uniswap_v3", "collect", "pool", "alice", "dai", 1_011, "weth", 6, *RANGE),
    ]


def test_a_mint_of_something_that_is_no_pair_is_left_out() -> None:
    calls = [send("dai", "alice", "coin", 5), Call("mint(address)", "alice", "coin", abi("alice"), abi(1))]
    assert said(from_calls("liquidity", tree(*calls))) == []


WORDS = st.lists(
    st.one_of(st.sampled_from(["pool", "dai", "alice"]), st.sampled_from([0, 32, 96, 2**255, 2**256 - 1])), max_size=14
)
HOSTILE = st.one_of(st.binary(max_size=500), WORDS.map(lambda words: abi(*words)))


@given(st.sampled_from(sorted(EVENTS)), st.integers(0, 3), HOSTILE)
def test_no_log_breaks_it(name: bytes, topics: int, data: bytes) -> None:
    shown = {f"topic{at}": word(2**256 - at) for at in range(1, topics + 1)}
    row: Row = {"address": "pool", "topic0": name, "data": data, **shown}
    assert len(from_logs("liquidity", [*PAID, row])) <= 1


@given(st.sampled_from(sorted(SELECTORS)), HOSTILE, HOSTILE)
def test_no_call_breaks_it(name: bytes, data: bytes, output: bytes) -> None:
    balances = [asks("pool", "dai", 2**256 - 1), asks("pool", "weth", 1)]
    rows = tree(send("dai", "alice", "pool", 2**256 - 1), Call("hostile()", "alice", "pool", data, output, balances))
    hostile = [{**row, "selector": name} if row["selector"] == rows[2]["selector"] else row for row in rows]
    assert len(from_calls("liquidity", hostile)) <= 2


SAME = ["transaction_index", "protocol", "kind", "pool_address", "owner_address", "token0_address", "amount0_binary",
        "token1_address", "amount1_binary", "tick_lower", "tick_upper"]  # fmt: skip


@pytest.mark.recorded
@pytest.mark.parametrize("height", [10803840, 12498502, 12914944, 13002906])
def test_logs_and_calls_of_a_recorded_block_tell_the_same(recorded_data: Path, height: int) -> None:
    raw = tables(list(recordings.read(recorded_data / "mev" / "blocks" / f"{height}.json.gz")))
    by_logs = Counter(derived(raw)["liquidity"].select(SAME).iter_rows())
    assert by_logs == Counter(derived({"calls": raw["calls"]})["liquidity"].select(SAME).iter_rows())
    assert by_logs


@pytest.mark.recorded
@pytest.mark.parametrize("number", [0, 1])
def test_the_mint_and_the_payout_of_known_just_in_time_liquidity_are_exact(recorded_data: Path, number: int) -> None:
    expected = json.loads((recorded_data / "mev" / "expected.json").read_text())["jit_liquidity"][number]
    block = recorded_data / "mev" / "traces" / f"{expected['block_number']}.json.gz"
    changes = derived(tables(list(recordings.read(block))))["liquidity"]
    found = set(changes.select("transaction_hash", *SAME[2:4], *SAME[5:9]).iter_rows())
    assert {fact(expected, "mint", "mint"), fact(expected, "burn", "collect")} <= found


def fact(expected: dict[str, Any], told: str, kind: str) -> tuple[Any, ...]:
    amounts = [expected[f"{told}_token{number}_amount"].to_bytes(32, "big") for number in (0, 1)]
    pool, token0, token1 = (octets(expected[name], 20) for name in ("pool_address", "token0", "token1"))
    place = octets(expected[f"{told}_transaction_hash"], 32)
    return (place, kind, pool, token0, amounts[0], token1, amounts[1])
