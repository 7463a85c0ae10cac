"""What actors took out of a transaction, exactly, and what of it was their own."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.chain.catalogue import datasets
from tocsin.detect.extraction import Extraction, extractions
from tocsin.detect.known import KNOWN
from tocsin.tables.literal import Row, frame, named

ETHER = 10**18
WETH = "0xc02aaa39b223fe8d0a0e5c4f27ead9083c756cc2"
WETH_RAW = bytes.fromhex(WETH[2:])
CALLS = [
    {"call_index": 0, "subtree_end": 3, "call_type": "call", "from_address": "mallory", "to_address": "bot"},
    {"call_index": 1, "subtree_end": 2, "depth": 1, "call_type": "create", "from_address": "bot", "to_address": "made"},
    {
        "call_index": 2,
        "subtree_end": 3,
        "depth": 1,
        "call_type": "call",
        "from_address": "bot",
        "to_address": "market",
        "selector": b"trad",
    },
]


def flow(account: str, token: str, received: int, sent: int) -> Row:
    net = float(received) - float(sent)
    return {"account_address": account, "token_address": token, "received": received, "sent": sent, "net_f64": net}


def taken(profits: list[Row], lending: tuple[Row, ...] = (), transfers: tuple[Row, ...] = ()) -> Extraction:
    rows: dict[str, Any] = {"calls": CALLS, "profits": profits, "transfers": transfers, "lending": lending}
    tables = {name: frame(datasets()[name].columns, given) for name, given in rows.items()} | KNOWN
    (extraction,) = extractions(tables, tables["calls"], paid_by_anybody=True).values()
    return extraction


def victim(extraction: Extraction) -> bytes | None:
    return next((loss.account for loss in extraction.greatest_losses), None)


def test_what_moves_between_the_actors_cancels_out() -> None:
    flows = [flow("bot", WETH, 30, 30), flow("made", WETH, 30, 0), flow("market", WETH, 0, 30)]
    extraction = taken(flows)
    assert extraction.net == {WETH_RAW: 30}
    assert extraction.cluster.sender == named("mallory")
    assert extraction.cluster.members == {named("mallory"), named("bot"), named("made")}
    assert not extraction.beneficiaries


def test_a_silent_account_that_others_pay_benefits_and_one_that_acts_does_not() -> None:
    flows = [flow("hoard", WETH, 30, 0), flow("market", WETH, 30, 0), flow("drained", WETH, 0, 60)]
    extraction = taken(flows)
    assert extraction.beneficiaries == {named("hoard")}
    assert extraction.net == {WETH_RAW: 30}
    assert victim(extraction) == named("drained")


def test_who_lost_most_is_no_actor_and_no_wrapped_coin() -> None:
    flows = [
        flow("bot", WETH, 3 * ETHER, 0),
        flow("market", WETH, 0, 2 * ETHER),
        flow("other", WETH, 0, ETHER),
        flow(WETH, "0x" + "ee" * 20, 0, 9 * ETHER),
        flow("market", "coin", 10**30, 0),
    ]
    assert victim(taken(flows)) == named("market")
    assert victim(taken([flow("bot", WETH, ETHER, 0)])) is None


def test_a_token_without_a_price_is_kept_apart() -> None:
    extraction = taken([flow("bot", "coin", 7, 0), flow("bot", WETH, 2 * ETHER, ETHER)])
    assert extraction.unpriced == {named("coin"): 7}
    assert round(extraction.dollars, 6) == 2_000


amounts = st.integers(0, 2**256 - 1)
kinds = st.sampled_from(["supply", "withdraw", "borrow", "repay"])


@settings(deadline=None)
@given(amounts, amounts, st.lists(st.tuples(kinds, amounts), max_size=6))
def test_sums_are_exact_and_no_claim_releases_more_than_was_received(
    received: int, sent: int, claims: list[tuple[str, int]]
) -> None:
    lending = tuple(
        {"kind": kind, "account_address": "bot", "token_address": WETH, "value": value} for kind, value in claims
    )
    extraction = taken([flow("bot", WETH, received, sent)], lending)
    assert extraction.net.get(WETH_RAW, 0) == received - sent
    assert -sent <= extraction.released.get(WETH_RAW, 0) <= received
