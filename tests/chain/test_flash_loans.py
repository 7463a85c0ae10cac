"""Flash loans, by event, by callback, and by a token that leaves a lender and comes back."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.chain.callbacks import CALLBACKS
from tocsin.chain.catalogue import datasets, derived
from tocsin.chain.codecs import tables
from tocsin.chain.datasets._flash_loan_shapes import EVENTS
from tocsin.chain.signatures import selector, topic
from tocsin.edge import recordings
from tocsin.tables.literal import Row, frame
from tocsin.tables.literal import topic as word
from tocsin.tables.literal import words as abi


def flash_loans(**raw: list[Row]) -> pl.DataFrame:
    given = {name: frame(datasets()[name].columns, rows) for name, rows in raw.items()}
    return derived(given)["flash_loans"]


def said(rows: pl.DataFrame) -> list[tuple[Any, ...]]:
    """Protocol, form, lender, borrower, token, principal and fee of each row, with names for the addresses."""
    return sorted(
        (row["protocol"], row["form"], *(who(row[f"{part}_address"]) for part in ("lender", "borrower", "token")),
         number(row["value_binary"]), number(row["fee_binary"]))
        for row in rows.to_dicts()
    )  # fmt: skip


def who(raw: bytes | None) -> str | None:
    return None if raw is None else raw[4:].rstrip(b"\0").decode()


def number(raw: bytes | None) -> int | None:
    return None if raw is None else int.from_bytes(raw, "big")


def log(signature: str, address: str, *topics: str | int, data: bytes = b"", **more: Any) -> Row:
    shown = {f"topic{at}": word(value) for at, value in enumerate(topics, 1)}
    return {"address": address, "topic0": topic(signature), "data": data, **shown, **more}


def moved(token: str, source: str, target: str, value: int) -> Row:
    return log("Transfer(address,address,uint256)", token, source, target, data=abi(value))


V3 = "Flash(address,address,uint256,uint256,uint256,uint256)"
SHARED = "FlashLoan(address,address,uint256,uint256)"
SOLO = "(address,uint256,uint256,((bool,uint256),(bool,uint128)),address)"
SWAP = "Swap(address,uint256,uint256,uint256,uint256,address)"

TOLD = [
    ("aave v2", [log("FlashLoan(address,address,address,uint256,uint256,uint16)", "pool", "bot", "alice", "dai",
                     data=abi(1_000, 9, 0))], ("aave_v2", "event", "pool", "bot", "dai", 1_000, 9)),
    ("aave v3", [log("FlashLoan(address,address,address,uint256,uint8,uint256,uint16)", "pool", "bot", "dai", 0,
                     data=abi("alice", 1_000, 0, 5))], ("aave_v3", "event", "pool", "bot", "dai", 1_000, 5)),
    ("balancer", [log(SHARED, "vault", "bot", "dai", data=abi(1_000, 0))],
     ("balancer_v2", "event", "vault", "bot", "dai", 1_000, 0)),
    ("maker, with the same hash", [log(SHARED, "mint", "bot", data=abi("dai", 1_000, 0))],
     ("maker", "event", "mint", "bot", "dai", 1_000, 0)),
    ("morpho", [log("FlashLoan(address,address,uint256)", "morpho", "bot", "dai", data=abi(1_000))],
     ("morpho", "event", "morpho", "bot", "dai", 1_000, None)),
    ("uniswap v3, which does not name the token",
     [log(V3, "pool", "bot", "bot", data=abi(1_000, 0, 3, 0)), moved("dai", "pool", "bot", 1_000)],
     ("uniswap_v3", "event", "pool", "bot", "dai", 1_000, 3)),
    ("uniswap v2, repaid in the same token",
     [log(SWAP, "pair", "bot", "bot", data=abi(1_004, 0, 1_000, 0)), moved("dai", "pair", "bot", 1_000)],
     ("uniswap_v2", "event", "pair", "bot", "dai", 1_000, 4)),
    ("dydx", [log("LogWithdraw" + SOLO, "solo", "bot", data=abi(1, 0, 0, 1_000, 0, 0, "bot"), log_index=1),
              moved("dai", "solo", "bot", 1_000),
              log("LogDeposit" + SOLO, "solo", "bot", data=abi(1, 0, 1, 1_002, 1, 0, "bot"), log_index=9)],
     ("dydx", "event", "solo", "bot", "dai", 1_000, 2)),
    ("euler", [log("Borrow(address,address,uint256)", "euler", "dai", "bot", data=abi(1_000), log_index=1),
               log("Repay(address,address,uint256)", "euler", "dai", "bot", data=abi(1_000), log_index=2)],
     ("euler", "event", "euler", "bot", "dai", 1_000, None)),
]  # fmt: skip


@pytest.mark.parametrize(("rows", "expected"), [case[1:] for case in TOLD], ids=[case[0] for case in TOLD])
def test_a_loan_in_logs(rows: list[Row], expected: tuple[Any, ...]) -> None:
    assert said(flash_loans(logs=rows, transactions=[])) == [expected]


QUIET = [
    ("a swap of one token for another", [log(SWAP, "pair", "bot", "bot", data=abi(1_000, 0, 0, 990))]),
    ("a deposit before a withdrawal",
     [log("LogDeposit" + SOLO, "solo", "bot", data=abi(1, 0, 1, 1_002, 1, 0, "bot"), log_index=1),
      log("LogWithdraw" + SOLO, "solo", "bot", data=abi(1, 0, 0, 1_000, 0, 0, "bot"), log_index=9)]),
    ("a loan of which another amount is repaid",
     [log("Borrow(address,address,uint256)", "euler", "dai", "bot", data=abi(1_000), log_index=1),
      log("Repay(address,address,uint256)", "euler", "dai", "bot", data=abi(999), log_index=2)]),
    ("an event that is too short", [log(SHARED, "vault", "bot", "dai", data=abi(1_000))]),
]  # fmt: skip


@pytest.mark.parametrize("rows", [case[1] for case in QUIET], ids=[case[0] for case in QUIET])
def test_no_loan_in_logs(rows: list[Row]) -> None:
    assert flash_loans(logs=rows, transactions=[]).is_empty()


Call = tuple[int, str, str, str, bytes]
"""Depth, caller, callee, signature, arguments."""


def tree(*frames: Call, **changes: Row) -> list[Row]:
    """Rows of one transaction's call tree from its frames in order; `changes` by position, as f3=..."""
    depths = [depth for depth, *_ in frames]
    rows = []
    for at, (depth, source, target, signature, arguments) in enumerate(frames):
        above = [place for place in range(at) if depths[place] < depth and min(depths[place + 1 : at + 1]) >= depth]
        end = next((place for place in range(at + 1, len(frames)) if depths[place] <= depth), len(frames))
        called = selector(signature) if signature else None
        rows.append(
            {
                "call_index": at, "depth": depth, "parent_index": above[-1] if above else None, "subtree_end": end,
                "call_type": "call", "from_address": source, "to_address": target,
                "input": (called or b"") + arguments, "selector": called, "output": abi(1), **changes.get(f"f{at}", {}),
            }
        )  # fmt: skip
    return rows


PAY, TAKE = "transfer(address,uint256)", "transferFrom(address,address,uint256)"
TRADE = "swap(uint256)"


def test_a_callback_that_states_the_loan() -> None:
    calls = tree(
        (0, "alice", "bot", "go()", b""),
        (1, "bot", "pool", "flashLoanSimple(address,address,uint256,bytes,uint16)", b""),
        (2, "pool", "library", "lend()", b""),
        (3, "aDAI", "dai", PAY, abi("bot", 1_000)),
        (
            3,
            "pool",
            "bot",
            "executeOperation(address,uint256,uint256,address,bytes)",
            abi("dai", 1_000, 5, "bot", 160, 0),
        ),
        f2={"call_type": "delegatecall"},
    )
    assert said(flash_loans(calls=calls)) == [("aave", "callback", "pool", "bot", "dai", 1_000, 5)]


def test_a_callback_that_states_several_assets() -> None:
    arguments = abi(128, 224, 320, 416) + abi(2, "dai", "weth") + abi(2, 1_000, 7) + abi(2, 1, 0) + abi(0)
    calls = tree(
        (0, "alice", "bot", "go()", b""),
        (1, "bot", "vault", "flashLoan(address,address[],uint256[],bytes)", b""),
        (2, "vault", "bot", "receiveFlashLoan(address[],uint256[],uint256[],bytes)", arguments),
    )
    assert said(flash_loans(calls=calls)) == [
        ("balancer_v2", "callback", "vault", "bot", "dai", 1_000, 1),
        ("balancer_v2", "callback", "vault", "bot", "weth", 7, 0),
    ]


def swap_with_callback(name: str) -> list[Row]:
    return tree(
        (0, "alice", "bot", "go()", b""),
        (1, "bot", "pair", "swap(uint256,uint256,address,bytes)", b""),
        (2, "pair", "dai", PAY, abi("bot", 1_000)),
        (2, "pair", "bot", name, abi("bot", 1_000, 0, 128, 1)),
        (3, "bot", "market", TRADE, b""),
        (3, "bot", "weth", PAY, abi("pair", 7)),
    )


def test_a_callback_that_does_not_state_the_loan_follows_what_the_lender_sent() -> None:
    calls = swap_with_callback("uniswapV2Call(address,uint256,uint256,bytes)")
    assert said(flash_loans(calls=calls)) == [("uniswap_v2", "callback", "pair", "bot", "dai", 1_000, None)]


def test_the_callback_of_an_exchange_is_no_loan() -> None:
    assert flash_loans(calls=swap_with_callback("uniswapV3SwapCallback(int256,int256,bytes)")).is_empty()


def around(*inner: Call, callback: str = "borrowed(uint256)") -> list[Row]:
    """A lender of unknown shape pays out 1 000 and calls the borrower back, whose calls these are."""
    return tree(
        (0, "alice", "bot", "go()", b""),
        (1, "bot", "lender", "lend(uint256)", b""),
        (2, "lender", "dai", PAY, abi("bot", 1_000)),
        (2, "lender", "bot", callback, b""),
        *inner,
    )


PULLED_BACK: Call = (2, "lender", "dai", TAKE, abi("bot", "lender", 1_001))
TRADES: Call = (3, "bot", "market", TRADE, b"")


def test_a_token_that_leaves_a_lender_and_comes_back_around_a_call_back() -> None:
    loan = ("unknown", "balance", "lender", "bot", "dai", 1_000, None)
    assert said(flash_loans(calls=around(TRADES, PULLED_BACK))) == [loan]
    assert said(flash_loans(calls=around(TRADES, (3, "bot", "dai", PAY, abi("lender", 1_000))))) == [loan]


@pytest.mark.parametrize(
    "inner",
    [
        [TRADES],
        [TRADES, (2, "lender", "dai", TAKE, abi("bot", "lender", 999))],
        [(3, "bot", "dai", "balanceOf(address)", abi("bot")), PULLED_BACK],
        [TRADES, (1, "bot", "dai", PAY, abi("lender", 1_000))],
    ],
    ids=["not repaid", "not repaid whole", "nobody else called", "repaid when the lender's frame is over"],
)
def test_no_loan_by_balance(inner: list[Call]) -> None:
    assert flash_loans(calls=around(*inner)).is_empty()


def test_a_withdrawal_and_a_deposit_are_no_loan() -> None:
    calls = tree(
        (0, "alice", "bot", "go()", b""),
        (1, "bot", "bank", "withdraw(uint256)", abi(1_000)),
        (2, "bank", "dai", PAY, abi("bot", 1_000)),
        (1, "bot", "market", TRADE, b""),
        (1, "bot", "bank", "deposit(uint256)", abi(1_000)),
        (2, "bank", "dai", TAKE, abi("bot", "bank", 1_000)),
    )
    assert flash_loans(calls=calls).is_empty()


def test_a_trader_who_sends_to_a_pool_and_gets_back_more_has_lent_nothing() -> None:
    calls = tree(
        (0, "alice", "bot", "go()", b""),
        (1, "bot", "dai", PAY, abi("pair", 1_000)),
        (1, "bot", "pair", "swap(uint256,uint256,address,bytes)", b""),
        (2, "pair", "weth", PAY, abi("market", 7)),
        (1, "bot", "market", TRADE, b""),
        (2, "market", "dai", PAY, abi("bot", 1_100)),
    )
    assert flash_loans(calls=calls).is_empty()


def test_a_manager_that_is_only_traded_with_has_lent_nothing() -> None:
    def unlocked(token: str) -> list[Row]:
        return tree(
            (0, "alice", "bot", "go()", b""),
            (1, "bot", "manager", "unlock(bytes)", b""),
            (2, "manager", "bot", "unlockCallback(bytes)", b""),
            (3, "bot", "manager", "take(address,address,uint256)", b""),
            (4, "manager", "dai", PAY, abi("bot", 1_000)),
            (3, "bot", "market", TRADE, b""),
            (3, "bot", token, PAY, abi("manager", 1_000)),
        )

    assert flash_loans(calls=unlocked("weth")).is_empty()
    assert said(flash_loans(calls=unlocked("dai"))) == [
        ("uniswap_v4", "callback", "manager", "bot", "dai", 1_000, None)
    ]


def test_a_loan_that_reverted_was_none() -> None:
    calls = swap_with_callback("uniswapV2Call(address,uint256,uint256,bytes)")
    assert flash_loans(calls=[{**call, "reverted": True} for call in calls]).is_empty()


def test_an_event_and_its_callback_are_one_loan() -> None:
    arguments = abi(128, 192, 256, 320) + abi(1, "dai") + abi(1, 1_000) + abi(1, 0) + abi(0)
    calls = tree(
        (0, "alice", "bot", "go()", b""),
        (1, "bot", "vault", "flashLoan(address,address[],uint256[],bytes)", b""),
        (2, "vault", "bot", "receiveFlashLoan(address[],uint256[],uint256[],bytes)", arguments),
    )
    found = flash_loans(calls=calls, logs=[log(SHARED, "vault", "bot", "dai", data=abi(1_000, 0))])
    assert said(found) == [("balancer_v2", "event", "vault", "bot", "dai", 1_000, 0)]
    assert found["call_index"].to_list() == [2]


@settings(deadline=None)
@given(st.sampled_from(sorted(CALLBACKS)), st.binary(max_size=400))
def test_no_call_data_makes_it_raise(name: bytes, data: bytes) -> None:
    calls = around(TRADES, PULLED_BACK)
    hostile = {**calls[3], "selector": name, "input": name + data}
    flash_loans(calls=[*calls[:3], hostile, *calls[4:]])


@settings(deadline=None)
@given(st.sampled_from(sorted(EVENTS)), st.binary(max_size=400))
def test_no_log_data_makes_it_raise(name: tuple[bytes, int], data: bytes) -> None:
    topics = {f"topic{at}": word(at) for at in range(1, name[1])}
    flash_loans(logs=[{"address": "pool", "topic0": name[0], **topics, "data": data}], transactions=[])


@pytest.mark.recorded
@pytest.mark.parametrize(
    ("start", "lenders"),
    [
        ("0x8bb8dc5c", {"uniswap_v2": 3, "dydx": 2}),
        ("0x2bb704e0", {"saddle": 1, "dodo": 1}),
        ("0xf7c21600", {"aave": 1}),
        ("0x2b023d65", {"euler": 1}),
        ("0x9b9a6dd0", {"morpho": 1}),
        ("0xad89ff16", {}),
    ],
)
def test_the_loans_of_real_attacks(recorded_data: Path, start: str, lenders: dict[str, int]) -> None:
    (path,) = (recorded_data / "exploits" / "traces").glob(f"{start}*.json.gz")
    found = derived(tables(list(recordings.read(path))))["flash_loans"]
    assert dict(found.group_by("protocol").len().rows()) == lenders


@pytest.mark.parametrize(
    "callback", ["uniswapV2Call(address,uint256,uint256,bytes)", "unlockCallback(bytes)", "strange()"]
)
def test_a_transaction_made_to_match_with_itself_is_read_in_one_pass(callback: str) -> None:
    """A join of every callback with every movement would have nine million rows here."""
    count = 3_000
    inner = [
        frame
        for number in range(count)
        for frame in (
            (2, "lender", f"token{number % 9}", PAY, abi("bot", 5)),
            (2, "lender", "bot", callback, abi(1, 2, 3, 4)),
        )
    ]
    root: list[Call] = [(0, "alice", "bot", "go()", b""), (1, "bot", "lender", "lend()", b"")]
    ends = {f"f{at}": {"parent_index": 1, "subtree_end": at + 1} for at in range(2, 2 * count + 2)}
    rows = [row for at, frame in enumerate([*root, *inner]) for row in tree(frame, f0={"call_index": at})]
    shaped = [
        {**row, "depth": min(at, 2), **ends.get(f"f{at}", {"subtree_end": 2 * count + 2})}
        for at, row in enumerate(rows)
    ]
    shaped[1]["parent_index"] = 0
    assert len(flash_loans(calls=shaped)) == (count if callback.startswith("uniswapV2") else 0)
