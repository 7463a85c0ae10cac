"""Swaps, of each protocol's shape, from logs and from calls alone; the same on recorded blocks either way."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from eth_hash.auto import keccak
from hypothesis import given
from hypothesis import strategies as st
from pool_tables import (
    ETH,
    NATIVE,
    Call,
    asks,
    from_calls,
    from_logs,
    log,
    minus,
    moved,
    number,
    reserves,
    send,
    tree,
    who,
)

from tocsin.chain.catalogue import derived
from tocsin.chain.codecs import tables
from tocsin.chain.datasets._swap_calls import SELECTORS
from tocsin.chain.datasets._swap_events import EVENTS
from tocsin.edge import recordings
from tocsin.tables.literal import Row, octets
from tocsin.tables.literal import topic as word
from tocsin.tables.literal import words as abi

PAIR = "Swap(address,uint256,uint256,uint256,uint256,address)"
RANGE = "Swap(address,address,int256,int256,uint160,uint128,int24)"
MANAGED = "Swap(bytes32,address,int128,int128,uint160,uint128,int24,uint24)"
LIMIT_ORDER = (
    "LimitOrderFilled(bytes32,address,address,address,address,address,uint128,uint128,uint128,uint256,bytes32)"
)
FILL_V2 = "Fill(address,address,address,address,uint256,uint256,uint256,uint256,bytes32,bytes,bytes)"
FILL_V3 = (
    "Fill(address,address,bytes,bytes,bytes,bytes,bytes32,address,address,uint256,uint256,uint256,uint256,uint256)"
)
BANCOR_V3 = "TokensTraded(bytes32,address,address,uint256,uint256,uint256,uint256,uint256,address)"

KEY = abi("dai", "weth", 3_000, 60, 0)
POOL_ID = keccak(KEY)


def said(swaps: pl.DataFrame) -> list[tuple[Any, ...]]:
    """Protocol, pool, payer, receiver, token in, amount in, token out and amount out, with names for addresses."""
    return [
        (row["protocol"], who(row["pool_address"]), who(row["from_address"]), who(row["to_address"]),
         shown(row["token_in_address"]), number(row["amount_in_binary"]),
         shown(row["token_out_address"]), number(row["amount_out_binary"]))
        for row in swaps.to_dicts()
    ]  # fmt: skip


def shown(token: bytes) -> str | None:
    return ETH if token == NATIVE else who(token)


def asset(token: str) -> bytes:
    """0x's asset data of an ERC-20 token, ABI-encoded as bytes."""
    return abi(36) + bytes.fromhex("f47261b0") + abi(token) + bytes(28)


PAID = [moved("dai", "alice", "pool", 1_000), moved("weth", "pool", "bob", 7)]
PAID_VAULT = [moved("dai", "alice", "vault", 1_000), moved("weth", "vault", "bob", 7)]
RECEIVED = ("dai", 1_000, "weth", 7)

EVENT_SHAPES = {
    "uniswap v2": ([*PAID, log(PAIR, "pool", "router", "bob", data=abi(1_000, 0, 0, 7))], "uniswap_v2"),
    "a pair that indexes the receiver second": (
        [*PAID, log("Swap(address,address,uint256,uint256,uint256,uint256)", "pool", "router", "bob",
                    data=abi(1_000, 0, 0, 7))], "uniswap_v2"),
    "uniswap v3": ([*PAID, log(RANGE, "pool", "router", "bob", data=abi(1_000, minus(7), 1, 1, 1))], "uniswap_v3"),
    "pancake v3, with two words more": (
        [*PAID, log(RANGE.replace("int24)", "int24,uint128,uint128)"), "pool", "router", "bob",
                    data=abi(1_000, minus(7), 1, 1, 1, 0, 0))], "uniswap_v3"),
    "algebra, with two fees more": (
        [*PAID, log(RANGE.replace("int24)", "int24,uint24,uint24)"), "pool", "router", "bob",
                    data=abi(1_000, minus(7), 1, 1, 1, 0, 0))], "uniswap_v3"),
    "curve": (
        [*PAID, log("TokenExchange(address,int128,uint256,int128,uint256)", "pool", "alice",
                    data=abi(0, 1_000, 1, 7))], "curve"),
    "curve crypto": (
        [*PAID, log("TokenExchange(address,uint256,uint256,uint256,uint256)", "pool", "alice",
                    data=abi(0, 1_000, 1, 7))], "curve"),
    "curve crypto, new generation": (
        [*PAID, log("TokenExchange(address,uint256,uint256,uint256,uint256,uint256,uint256)", "pool", "alice",
                    data=abi(0, 1_000, 1, 7, 0, 0))], "curve"),
    "curve underlying": (
        [*PAID, log("TokenExchangeUnderlying(address,int128,uint256,int128,uint256)", "pool", "alice",
                    data=abi(0, 1_000, 1, 7))], "curve"),
    "dodo": (
        [log("DODOSwap(address,address,uint256,uint256,address,address)", "pool",
             data=abi("dai", "weth", 1_000, 7, "alice", "bob"))], "dodo"),
}  # fmt: skip


@pytest.mark.parametrize("shape", EVENT_SHAPES)
def test_an_event_and_the_transfers_around_it_make_a_swap(shape: str) -> None:
    logs, protocol = EVENT_SHAPES[shape]
    assert said(from_logs("swaps", logs)) == [(protocol, "pool", "alice", "bob", *RECEIVED)]


TOLD_BY_TRADER = {
    "balancer v1": (log("LOG_SWAP(address,address,address,uint256,uint256)", "pool", "alice", "dai", "weth",
                        data=abi(1_000, 7)), "balancer_v1"),
    "bancor converter": (log("Conversion(address,address,address,uint256,uint256,int256)", "pool", "dai", "weth",
                             "alice", data=abi(1_000, 7, 0)), "bancor"),
    "bancor v3": (log(BANCOR_V3, "pool", 5, "dai", "weth", data=abi(1_000, 7, 0, 0, 0, "alice")), "bancor"),
    "carbon": (log("TokensTraded(address,address,address,uint256,uint256,uint128,bool)", "pool", "alice", "dai",
                   "weth", data=abi(1_000, 7, 0, 0)), "carbon"),
    "0x limit order": (log(LIMIT_ORDER, "pool", data=abi(1, "maker", "alice", "fees", "weth", "dai",
                                                          1_000, 7, 0, 0, 0)), "0x"),
    "0x request for quote": (log("RfqOrderFilled(bytes32,address,address,address,address,uint128,uint128,bytes32)",
                                 "pool", data=abi(1, "maker", "alice", "weth", "dai", 1_000, 7, 0)), "0x"),
    "0x over the counter": (log("OtcOrderFilled(bytes32,address,address,address,address,uint128,uint128)",
                                "pool", data=abi(1, "maker", "alice", "weth", "dai", 7, 1_000)), "0x"),
    "0x v2": (log(FILL_V2, "pool", "maker", "fees", 1, data=abi("alice", "alice", 7, 1_000, 0, 0, 256, 352)
                  + asset("weth") + asset("dai")), "0x"),
    "0x v3": (log(FILL_V3, "pool", "maker", "fees", 1,
                  data=abi(352, 448, 0, 0, "alice", "alice", 7, 1_000, 0, 0, 0) + asset("weth") + asset("dai")), "0x"),
}  # fmt: skip


@pytest.mark.parametrize("shape", TOLD_BY_TRADER)
def test_an_event_that_names_tokens_and_trader_needs_no_transfer(shape: str) -> None:
    event, protocol = TOLD_BY_TRADER[shape]
    assert said(from_logs("swaps", [event])) == [(protocol, "pool", "alice", "alice", *RECEIVED)]


def test_uniswap_v1_sells_native_coin() -> None:
    logs = [log("TokenPurchase(address,uint256,uint256)", "pool", "alice", 5, 70), moved("dai", "pool", "bob", 70)]
    assert said(from_logs("swaps", logs)) == [("uniswap_v1", "pool", "alice", "bob", ETH, 5, "dai", 70)]


def test_a_balancer_vault_pays_itself_between_two_hops() -> None:
    swap = "Swap(bytes32,address,address,uint256,uint256)"
    logs = [
        log(swap, "vault", 1, "dai", "usdc", data=abi(1_000, 900)),
        log(swap, "vault", 2, "usdc", "weth", data=abi(900, 7)),
        *PAID_VAULT,
    ]
    assert said(from_logs("swaps", logs)) == [
        ("balancer_v2", "vault", "alice", "vault", "dai", 1_000, "usdc", 900),
        ("balancer_v2", "vault", "vault", "bob", "usdc", 900, "weth", 7),
    ]
    assert from_logs("swaps", logs)["pool_id"].to_list() == [word(1), word(2)]


def test_balancer_v3_names_the_pool() -> None:
    swap = "Swap(address,address,address,uint256,uint256,uint256,uint256)"
    logs = [log(swap, "vault", "pool", "dai", "weth", data=abi(1_000, 7, 0, 0)), *PAID_VAULT]
    swaps = from_logs("swaps", logs)
    assert said(swaps) == [("balancer_v3", "vault", "alice", "bob", *RECEIVED)]
    assert who(swaps["pool_id"][0]) == "pool"


V4_EVENT = log(MANAGED, "manager", POOL_ID, "router", data=abi(minus(1_000), 7, 1, 1, 1, 0))
V4_CALL = Call(
    "swap((address,address,uint24,int24,address),(bool,int256,uint160),bytes)",
    "router",
    "manager",
    KEY + abi(1, minus(1_000), 1, 288, 0),
    abi((minus(1_000) << 128 | 7) % (1 << 256)),
)
V4_PAID = [moved("weth", "manager", "bob", 7), moved("dai", "alice", "manager", 1_000)]


def test_uniswap_v4_tokens_are_those_that_moved_in_just_these_amounts() -> None:
    assert said(from_logs("swaps", [V4_EVENT, *V4_PAID])) == [("uniswap_v4", "manager", "alice", "bob", *RECEIVED)]


def test_uniswap_v4_tokens_stand_in_the_call_where_the_manager_keeps_them() -> None:
    assert said(from_logs("swaps", [V4_EVENT])) == []
    assert said(from_logs("swaps", [V4_EVENT], tree(V4_CALL))) == [
        ("uniswap_v4", "manager", "router", "router", *RECEIVED)
    ]


def test_a_fee_on_transfer_leaves_the_amounts_those_the_pair_saw() -> None:
    logs = [
        moved("dai", "alice", "pool", 990),
        moved("dai", "alice", "dai", 10),
        moved("weth", "pool", "bob", 7),
        log(PAIR, "pool", "router", "bob", data=abi(990, 0, 0, 7)),
        moved("weth", "bob", "pool", 5),
        moved("dai", "pool", "bob", 600),
        moved("dai", "pool", "dai", 6),
        log(PAIR, "pool", "router", "bob", data=abi(0, 5, 606, 0)),
    ]
    assert said(from_logs("swaps", logs)) == [
        ("uniswap_v2", "pool", "alice", "bob", "dai", 990, "weth", 7),
        ("uniswap_v2", "pool", "bob", "bob", "weth", 5, "dai", 606),
    ]


def test_payment_in_parts_is_one_swap() -> None:
    parts = [moved("dai", "carol", "pool", 400), moved("dai", "alice", "pool", 600), PAID[1]]
    logs = [*parts, log(PAIR, "pool", "router", "bob", data=abi(1_000, 0, 0, 7))]
    assert said(from_logs("swaps", logs)) == [("uniswap_v2", "pool", "alice", "bob", *RECEIVED)]


def test_two_swaps_of_one_pool_in_one_transaction_keep_their_own_parties() -> None:
    event = log(PAIR, "pool", "router", "bob", data=abi(1_000, 0, 0, 7))
    logs = [*PAID, event, moved("dai", "carol", "pool", 1_000), PAID[1], event]
    assert [row[2] for row in said(from_logs("swaps", logs))] == ["alice", "carol"]


def test_an_amount_that_two_tokens_share_is_not_taken_for_the_same_token() -> None:
    logs = [
        moved("dai", "alice", "pool", 5),
        moved("weth", "pool", "bob", 5),
        log(PAIR, "pool", "router", "bob", data=abi(5, 0, 0, 5)),
    ]
    assert said(from_logs("swaps", logs)) == [("uniswap_v2", "pool", "alice", "bob", "dai", 5, "weth", 5)]


LOANS = {
    "in kind": abi(1_003, 0, 1_000, 0),
    "of both tokens": abi(1_003, 8, 1_000, 7),
    "of nothing": abi(0, 0, 0, 0),
}


@pytest.mark.parametrize("loan", LOANS)
def test_a_loan_that_is_repaid_is_no_swap(loan: str) -> None:
    logs = [*PAID, moved("dai", "pool", "bob", 1_000), log(PAIR, "pool", "router", "bob", data=LOANS[loan])]
    assert said(from_logs("swaps", logs)) == []


def test_a_swap_that_no_transfer_explains_is_left_out() -> None:
    event = log(PAIR, "pool", "router", "bob", data=abi(1_000, 0, 0, 7))
    assert said(from_logs("swaps", [event])) == []
    assert said(from_logs("swaps", [PAID[0], event])) == []


def test_transfers_of_another_transaction_do_not_count() -> None:
    logs = [*PAID, log(PAIR, "pool", "router", "bob", data=abi(1_000, 0, 0, 7), transaction_index=1)]
    assert said(from_logs("swaps", logs)) == []


def test_row_order_changes_nothing() -> None:
    logs, _ = EVENT_SHAPES["uniswap v2"]
    shuffled = [{"log_index": at, **row} for at, row in enumerate(logs)][::-1]
    assert said(from_logs("swaps", shuffled)) == said(from_logs("swaps", logs))


PAIR_SWAP = "swap(uint256,uint256,address,bytes)"
RANGE_SWAP = "swap(address,bool,int256,uint160,bytes)"
EXCHANGE = "exchange(int128,int128,uint256,uint256)"
TAIL = abi(128, 0)


def pair_swap(*inner: Call, out: tuple[int, int] = (0, 7)) -> Call:
    return Call(PAIR_SWAP, "router", "pool", abi(*out, "bob") + TAIL, inner=list(inner))


SENT = send("weth", "pool", "bob", 7)
PAYS = send("dai", "alice", "pool", 1_000, by="router")
BALANCES = (asks("pool", "dai", 51_000), asks("pool", "weth", 393))
ORDER = abi("weth", "dai", 7, 1_000)

CALL_SHAPES = {
    "uniswap v2": ([PAYS, pair_swap(SENT, *BALANCES)], "uniswap_v2"),
    "uniswap v2 without views": ([PAYS, pair_swap(SENT)], "uniswap_v2"),
    "uniswap v3": ([Call(RANGE_SWAP, "router", "pool", abi("bob", 1, 1_000, 5, 160, 0), abi(1_000, minus(7)),
                         [SENT, asks("pool", "dai", 9), PAYS, asks("pool", "dai", 1_009)])], "uniswap_v3"),
    "curve": ([Call(EXCHANGE, "bob", "pool", abi(0, 1, 1_000, 0), abi(7),
                    [PAYS, send("weth", "pool", "bob", 7)])], "curve"),
    "curve that returns nothing": ([Call(EXCHANGE, "bob", "pool", abi(0, 1, 1_000, 0), b"",
                                         [PAYS, send("weth", "pool", "bob", 7)])], "curve"),
    "balancer v1": ([Call("swapExactAmountIn(address,uint256,address,uint256,uint256)", "bob", "pool",
                          abi("dai", 1_000, "weth", 0, 0), abi(7, 1), [PAYS, SENT])], "balancer_v1"),
    "balancer v1 by amount out": ([Call("swapExactAmountOut(address,uint256,address,uint256,uint256)", "bob", "pool",
                                        abi("dai", 9_999, "weth", 7, 0), abi(1_000, 1), [PAYS, SENT])],
                                  "balancer_v1"),
    "dodo": ([PAYS, Call("sellBase(address)", "router", "pool", abi("bob"), abi(7), [SENT])], "dodo"),
}  # fmt: skip


@pytest.mark.parametrize("shape", CALL_SHAPES)
def test_a_call_and_the_transfers_below_it_make_a_swap(shape: str) -> None:
    calls, protocol = CALL_SHAPES[shape]
    assert said(from_calls("swaps", tree(*calls))) == [(protocol, "pool", "alice", "bob", *RECEIVED)]


V1_SWAPS = {
    "ethToTokenSwapInput(uint256,uint256)": (abi(0, 9), abi(70)),
    "ethToTokenSwapOutput(uint256,uint256)": (abi(70, 9), abi(5)),
}


@pytest.mark.parametrize("signature", V1_SWAPS)
def test_uniswap_v1_is_paid_native_coin_with_the_call(signature: str) -> None:
    data, output = V1_SWAPS[signature]
    call = Call(signature, "alice", "pool", data, output, [send("dai", "pool", "alice", 70)], value=5)
    assert said(from_calls("swaps", tree(call))) == [("uniswap_v1", "pool", "alice", "alice", ETH, 5, "dai", 70)]


def test_uniswap_v1_pays_native_coin_below_the_call() -> None:
    pays = [send("dai", "alice", "pool", 70, by="pool"), Call("", "pool", "bob", value=5)]
    call = Call("tokenToEthTransferInput(uint256,uint256,uint256,address)", "alice", "pool",
                abi(70, 1, 9, "bob"), abi(5), pays)  # fmt: skip
    assert said(from_calls("swaps", tree(call))) == [("uniswap_v1", "pool", "alice", "bob", "dai", 70, ETH, 5)]


ORDERS = "(address,address,uint128,uint128,uint128,address,address,address,address,bytes32,uint64,uint256)"
OLD_ORDER = "(address,address,address,address,uint256,uint256,uint256,uint256,uint256,uint256,bytes,bytes)"
TOLD_BY_CALLER = {
    "bancor": (Call("convert(address,address,uint256,address,address)", "network", "pool",
                    abi("dai", "weth", 1_000, "alice", "bob"), abi(7)), "bancor"),
    "bancor v3": (Call("tradeBySourceAmount(address,address,uint256,uint256,uint256,address)", "alice", "pool",
                       abi("dai", "weth", 1_000, 0, 0, "alice"), abi(7)), "bancor"),
    "0x limit order": (Call(f"fillLimitOrder({ORDERS},(uint8,uint8,bytes32,bytes32),uint128)", "alice", "pool",
                            ORDER + abi(*range(8)) + abi(*range(4)) + abi(1_000), abi(1_000, 7)), "0x"),
    "0x v2": (Call(f"fillOrder({OLD_ORDER},uint256,bytes)", "alice", "pool",
                   abi(96, 1_000, 0) + abi(*range(10)) + abi(384, 480) + asset("weth") + asset("dai"),
                   abi(7, 1_000, 0, 0)), "0x"),
}  # fmt: skip


@pytest.mark.parametrize("shape", TOLD_BY_CALLER)
def test_a_call_that_names_tokens_needs_no_transfer(shape: str) -> None:
    call, protocol = TOLD_BY_CALLER[shape]
    assert said(from_calls("swaps", tree(call))) == [(protocol, "pool", "alice", "alice", *RECEIVED)]


def test_a_balancer_vault_asks_each_pool_for_its_hop() -> None:
    asked = "onSwap((uint8,address,address,uint256,bytes32,uint256,address,address,bytes),uint256,uint256)"
    hop = Call(asked, "vault", "weighted",
               abi(96, 0, 0, 0, "dai", "weth", 1_000, 5, 0, "alice", "bob", 256, 0), abi(7))  # fmt: skip
    calls = [hop, send("dai", "alice", "vault", 1_000, by="vault"), send("weth", "vault", "bob", 7)]
    swaps = from_calls("swaps", tree(*calls))
    assert said(swaps) == [("balancer_v2", "vault", "alice", "bob", *RECEIVED)]
    assert swaps["pool_id"].to_list() == [word(5)]


def test_a_balancer_v3_vault_returns_both_amounts() -> None:
    swap = Call("swap((uint8,address,address,address,uint256,uint256,bytes))", "router", "vault",
                abi(32, 0, "pool", "dai", "weth", 1_000, 0, 224, 0), abi(7, 1_000, 7))  # fmt: skip
    assert said(from_calls("swaps", tree(swap))) == [("balancer_v3", "vault", "router", "router", *RECEIVED)]


def test_uniswap_v4_returns_both_amounts_in_one_word() -> None:
    calls = [V4_CALL, send("weth", "manager", "bob", 7), send("dai", "alice", "manager", 1_000, by="router")]
    swaps = from_calls("swaps", tree(*calls))
    assert said(swaps) == [("uniswap_v4", "manager", "alice", "bob", *RECEIVED)]
    assert swaps["pool_id"].to_list() == [POOL_ID]


def test_a_pair_is_paid_what_its_balance_rose_by_whatever_the_token_kept() -> None:
    calls = [reserves("router", "pool", 50_000, 400), PAYS, pair_swap(SENT, asks("pool", "dai", 50_990), BALANCES[1])]
    assert [row[4:] for row in said(from_calls("swaps", tree(*calls)))] == [("dai", 990, "weth", 7)]


def test_a_pair_remembers_its_balances_from_one_swap_to_the_next() -> None:
    back = pair_swap(
        send("dai", "pool", "bob", 500), asks("pool", "dai", 50_500), asks("pool", "weth", 397), out=(500, 0)
    )
    calls = [PAYS, pair_swap(SENT, *BALANCES), send("weth", "bob", "pool", 5), back]
    assert [row[4:] for row in said(from_calls("swaps", tree(*calls)))] == [RECEIVED, ("weth", 4, "dai", 500)]


def test_a_swap_inside_a_transfer_comes_before_the_transfer() -> None:
    """A token that sells its own fees while somebody sells it: the outer payment is not the inner swap's."""
    inner = [send("dai", "dai", "pool", 300, by="router"), pair_swap(send("weth", "pool", "dai", 2), out=(0, 2))]
    selling = send("dai", "alice", "pool", 1_000, by="router")
    selling.inner = [Call("sellFees()", "dai", "router", inner=inner)]
    swaps = said(from_calls("swaps", tree(selling, pair_swap(SENT))))
    assert [row[4:] for row in swaps] == [("dai", 300, "weth", 2), RECEIVED]


def test_what_was_reverted_or_only_asked_is_no_swap() -> None:
    failed = pair_swap(SENT, *BALANCES)
    failed.reverted = True
    asked = pair_swap(SENT, *BALANCES)
    asked.kind = "staticcall"
    assert said(from_calls("swaps", tree(PAYS, failed, asked))) == []


def test_a_proxy_and_what_it_delegates_to_are_one_swap() -> None:
    (outer,), _ = CALL_SHAPES["curve"]
    inner = Call(outer.signature, outer.callee, "code", outer.data, outer.output, outer.inner, kind="delegatecall")
    proxy = Call(outer.signature, outer.caller, outer.callee, outer.data, outer.output, [inner])
    assert len(from_calls("swaps", tree(proxy))) == 1


ADDRESSES = st.sampled_from(["pool", "dai", "weth", "alice"])
HOSTILE = st.one_of(
    st.binary(max_size=700),
    st.lists(st.one_of(ADDRESSES, st.sampled_from([0, 32, 96, 2**255, 2**256 - 1])), max_size=16).map(
        lambda w: abi(*w)
    ),
)


@given(st.sampled_from(sorted(EVENTS)), st.integers(0, 3), HOSTILE)
def test_no_log_breaks_it(name: bytes, topics: int, data: bytes) -> None:
    shown = {f"topic{at}": word("pool") for at in range(1, topics + 1)}
    row: Row = {"address": "pool", "topic0": name, "data": data, **shown}
    for swap in from_logs("swaps", [*PAID, row, *PAID]).to_dicts():
        assert number(swap["amount_in_binary"])
        assert number(swap["amount_out_binary"])
        assert swap["token_in_address"] != swap["token_out_address"]


@given(st.sampled_from(sorted(SELECTORS)), HOSTILE, HOSTILE)
def test_no_call_breaks_it(name: bytes, data: bytes, output: bytes) -> None:
    rows = tree(PAYS, Call(PAIR_SWAP, "router", "pool", data, output, [SENT, *BALANCES]), PAYS)
    hostile = [{**row, "selector": name} if row["selector"] == rows[2]["selector"] else row for row in rows]
    for swap in from_calls("swaps", hostile).to_dicts():
        assert number(swap["amount_in_binary"])
        assert swap["token_in_address"] != swap["token_out_address"]


@given(st.integers(1, 2**112 - 1), st.integers(1, 2**112 - 1))
def test_amounts_are_exact(paid: int, got: int) -> None:
    logs = [
        moved("dai", "alice", "pool", paid),
        moved("weth", "pool", "bob", got),
        log(RANGE, "pool", "router", "bob", data=abi(paid, minus(got), 1, 1, 1)),
    ]
    assert said(from_logs("swaps", logs)) == [("uniswap_v3", "pool", "alice", "bob", "dai", paid, "weth", got)]


@pytest.mark.parametrize("paid", [1_000, 1], ids=["in the right amount", "in another amount"])
def test_a_block_full_of_look_alikes_is_matched_without_comparing_all_with_all(paid: int) -> None:
    event = log(PAIR, "pool", "router", "bob", data=abi(1_000, 0, 0, 7))
    coins = [moved(f"coin-{number}", "alice", "pool", paid) for number in range(2_000)]
    swaps = from_logs("swaps", [*coins, *[PAID[1], event] * 2_000])
    assert len(swaps) == (2_000 if paid == 1_000 else 0)


SAME = ["transaction_index", "protocol", "pool_address", "pool_id", "from_address", "to_address",
        "token_in_address", "amount_in_binary", "token_out_address", "amount_out_binary"]  # fmt: skip


@pytest.mark.recorded
@pytest.mark.parametrize("height", [10803840, 12412732, 12914944, 13002906])
def test_logs_and_calls_of_a_recorded_block_tell_the_same_swaps(recorded_data: Path, height: int) -> None:
    raw = tables(list(recordings.read(recorded_data / "mev" / "blocks" / f"{height}.json.gz")))
    by_logs = Counter(derived(raw)["swaps"].select(SAME).iter_rows())
    by_calls = Counter(derived({"calls": raw["calls"]})["swaps"].select(SAME).iter_rows())
    assert by_logs == by_calls
    assert by_logs.total() > 20


@pytest.mark.recorded
def test_the_swaps_of_a_known_sandwich_are_found_exactly(recorded_data: Path) -> None:
    expected = json.loads((recorded_data / "mev" / "expected.json").read_text())["sandwiches"]["12775690"][0]
    swaps = derived(tables(list(recordings.read(recorded_data / "mev" / "traces" / "12775690.json.gz"))))["swaps"]
    found = {tuple(row) for row in swaps.select("transaction_hash", *SAME[1:3], *SAME[4:]).iter_rows()}
    for swap in [expected["frontrun_swap"], expected["backrun_swap"], *expected["sandwiched_swaps"]]:
        assert fact(swap) in found


def fact(swap: dict[str, Any]) -> tuple[Any, ...]:
    addresses = ("from_address", "to_address", "token_in_address", "token_out_address")
    payer, receiver, token_in, token_out = (octets(swap[name], 20) for name in addresses)
    amounts = (swap[f"token_{side}_amount"].to_bytes(32, "big") for side in ("in", "out"))
    paid, got = amounts
    pool = octets(swap["contract_address"], 20)
    return (
        octets(swap["transaction_hash"], 32),
        swap["protocol"],
        pool,
        payer,
        receiver,
        token_in,
        paid,
        token_out,
        got,
    )
