"""Who lost what in a transaction: wrapping is neutral, a trade is no loss, what is stolen is missed by its owner."""

from hypothesis import given
from hypothesis import strategies as st

from tocsin.app.demo import RECORDING, TRUTH, read_truth
from tocsin.app.pipeline import examine
from tocsin.chain.catalogue import derived
from tocsin.chain.codecs import tables
from tocsin.detect.catalogue import detectors
from tocsin.detect.losses import Flow, greatest, losses, told, wrappers
from tocsin.detect.worth import REFERENCE, prices
from tocsin.edge import recordings
from tocsin.tables.columns import NATIVE, ZERO
from tocsin.tables.literal import named

ETHER = 10**18
WETH = bytes.fromhex("c02aaa39b223fe8d0a0e5c4f27ead9083c756cc2")
DAI = bytes.fromhex("6b175474e89094c44da98b954eedeac495271d0f")
BITCOIN = bytes.fromhex("2260fac5e5542a773aa44fbcfedf7c193bc2c599")
THIEF = {named("thief")}


def flow(account: str | bytes, token: str | bytes, net: int) -> Flow:
    return Flow(*(part if isinstance(part, bytes) else named(part) for part in (account, token)), net)


def lost(*flows: Flow, chain_id: int = 1) -> dict[bytes, int]:
    return {
        loss.account: round(loss.dollars) for loss in losses(prices(REFERENCE), chain_id, flows, THIEF) if loss.dollars
    }


def worst(*flows: Flow) -> bytes | None:
    return next((loss.account for loss in greatest(prices(REFERENCE), 1, flows, THIEF)), None)


def test_a_wrapped_coin_loses_nothing_by_being_unwrapped() -> None:
    stolen = [flow("market", WETH, -10 * ETHER), flow(ZERO, WETH, 10 * ETHER), flow(WETH, NATIVE, -10 * ETHER)]
    assert lost(*stolen, flow("thief", NATIVE, 10 * ETHER)) == {named("market"): 20_000}


def test_a_wrapper_nobody_knows_is_known_by_what_it_does() -> None:
    flows = [
        flow("market", "wrapped", -15 * ETHER),
        flow("lender", "wrapped", ETHER),
        flow(ZERO, "wrapped", 14 * ETHER),
        flow("wrapped", NATIVE, -14 * ETHER),
        flow("thief", NATIVE, 14 * ETHER),
    ]
    assert wrappers(31337, flows) == {named("wrapped")}
    assert lost(*flows, chain_id=31337) == {named("market"): 30_000}


def test_a_contract_that_pays_out_more_than_it_burns_has_lost_it() -> None:
    flows = [flow("shares", NATIVE, -5 * ETHER), flow(ZERO, "shares", ETHER), flow("thief", NATIVE, 5 * ETHER)]
    assert not wrappers(31337, flows)
    assert worst(*flows) == named("shares")


def test_a_pool_that_got_another_coin_for_its_own_has_traded() -> None:
    pool = [flow("pool", WETH, -50 * ETHER), flow("pool", BITCOIN, 10**8)]
    assert lost(*pool, flow("vault", BITCOIN, -(10**8))) == {named("vault"): 40_000}


def test_where_everybody_only_traded_the_worst_trade_is_named() -> None:
    assert worst(flow("pool", WETH, -50 * ETHER), flow("pool", BITCOIN, 10**8)) == named("pool")
    assert worst(flow("pool", WETH, -50 * ETHER), flow("pool", BITCOIN, 10**8), flow("dust", DAI, -5)) == named("pool")


def test_who_lost_not_much_less_than_the_worst_is_named_too() -> None:
    flows = [flow(name, DAI, -thousands * 1_000 * ETHER) for name, thousands in (("one", 9), ("two", 6), ("three", 3))]
    assert [loss.account for loss in greatest(prices(REFERENCE), 1, flows, THIEF)] == [named("one"), named("two")]
    assert told(greatest(prices(REFERENCE), 1, flows, THIEF)).endswith(
        ": about 9,000 dollars. About as much was lost by 1 more."
    )


def test_a_lender_that_got_its_money_back_with_a_fee_has_lost_nothing() -> None:
    assert lost(flow("lender", DAI, 9 * ETHER)) == {}
    assert worst(flow("lender", DAI, 9 * ETHER), flow("thief", DAI, -9 * ETHER)) is None


def test_who_was_robbed_of_what_a_pool_then_paid_for_is_named_and_not_the_pool() -> None:
    robbed = flow("farm", "coin", -900)
    pool = [flow("pool", "coin", 1_000), flow("pool", DAI, -100_000 * ETHER)]
    assert lost(robbed, *pool) == {named("farm"): 90_000, named("pool"): 10_000}


def test_a_market_that_lent_on_an_inflated_price_is_named_and_not_who_sold_the_collateral() -> None:
    market = [flow("market", "coin", 800), flow("market", DAI, -100_000 * ETHER)]
    pool = [flow("pool", "coin", -800), flow("pool", DAI, 2_000 * ETHER)]
    assert worst(*market, *pool) == named("market")


def test_without_any_price_who_lost_the_greatest_share_of_what_was_gained_is_named() -> None:
    gained = [flow("thief", "coin", 100), flow("thief", "gem", 8)]
    assert worst(*gained, flow("owner", "coin", -90), flow("other", "gem", -4)) == named("owner")
    assert worst(flow("owner", "coin", -90)) is None


accounts = st.sampled_from([ZERO, WETH, *map(named, ("thief", "market", "pool", "coin"))])
tokens = st.sampled_from([NATIVE, WETH, DAI, BITCOIN, named("coin"), named("gem")])
flows = st.lists(st.builds(Flow, accounts, tokens, st.integers(-(2**255), 2**255)), max_size=8)


@given(flows)
def test_the_order_of_what_moved_changes_nothing_and_no_actor_is_a_victim(some: list[Flow]) -> None:
    found = losses(prices(REFERENCE), 1, some, THIEF)
    assert [loss.account for loss in losses(prices(REFERENCE), 1, some[::-1], THIEF)] == [
        loss.account for loss in found
    ]
    assert not {loss.account for loss in found} & {*THIEF, ZERO, WETH}
    assert all(loss.dollars >= 0 for loss in found)


def test_whoever_is_named_a_victim_in_the_demo_is_one() -> None:
    shown = derived(tables(list(recordings.read(RECORDING))))
    found = examine(shown, detectors(), {}, lambda _: {}).findings
    named_ones = {
        (finding.detector, entity.address)
        for finding in found
        for entity in finding.entities
        if entity.role in ("victim", "suspected_victim")
    }
    assert "price-manipulation" in {detector for detector, _ in named_ones}
    assert {victim for _, victim in named_ones} <= set(read_truth(RECORDING / TRUTH).victims)
