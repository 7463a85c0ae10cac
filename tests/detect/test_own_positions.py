"""What comes out of a position in a pool is the actors' own as far as the position was."""

import pytest

from tocsin.chain.signatures import selector
from tocsin.detect.own_positions import Seen, released
from tocsin.tables.columns import NATIVE, ZERO

ME, BOT, POOL, MANAGER, WETH, VAULT = (bytes([number]) * 20 for number in range(1, 7))
DECREASE = selector("decreaseLiquidity((uint256,uint128,uint256,uint256,uint256))")


def seen(net=(), frames=(), given=(), received=100):
    """A transaction in which the pool lost 100 and the bot received as much, unless it says otherwise."""
    return Seen(
        accounts=frozenset((ME, BOT)),
        frames=frames,
        given=frozenset(given),
        net={(POOL, WETH): -100, (BOT, WETH): 100, **dict(net)},
        received={WETH: received},
        sent={},
        wrappers=frozenset((WETH,)),
    )


def row(kind, amount, owner=BOT, protocol="uniswap_v3"):
    """A row of liquidity of one token."""
    return protocol, kind, POOL, POOL, owner, WETH, amount.to_bytes(32, "big"), None, None


def out_of_pools(*rows, **told):
    """What was the actors' own of the wrapped coin."""
    return released((), rows, seen(**told)).get(WETH, 0)


def test_what_is_collected_from_ones_own_range_is_ones_own():
    assert out_of_pools(row("burn", 80), row("collect", 90)) == 90


@pytest.mark.parametrize(("minted", "own"), [(30, 50), (80, 0), (200, 0)])
def test_what_was_put_in_before_and_the_fees_that_came_with_it_were_not(minted, own):
    assert out_of_pools(row("mint", minted), row("burn", 80), row("collect", 90)) == own


def test_no_more_is_believed_than_the_pool_lost_and_the_actors_received():
    assert out_of_pools(row("collect", 500)) == 100
    assert out_of_pools(row("collect", 90), received=40) == 40
    assert out_of_pools(row("collect", 90), net={(POOL, WETH): 0}) == 0


def test_wrapped_coin_may_have_been_unwrapped_on_the_way():
    told = seen(received=0)
    told = Seen(**{name: getattr(told, name) for name in Seen.__slots__} | {"received": {NATIVE: 90}})
    assert released((), [row("collect", 90)], told) == {WETH: 90}


def test_a_manager_holds_the_position_of_whoever_tells_it_to_decrease_it():
    own = [(BOT, MANAGER, DECREASE), (MANAGER, POOL, b"burn")]
    assert out_of_pools(row("collect", 90, owner=MANAGER), frames=own) == 90
    assert out_of_pools(row("collect", 90, owner=MANAGER), frames=[(VAULT, MANAGER, DECREASE)]) == 0
    assert out_of_pools(row("collect", 90, owner=MANAGER), frames=[*own, (VAULT, MANAGER, b"else")]) == 0
    assert out_of_pools(row("collect", 90, owner=MANAGER), frames=own, given=[MANAGER]) == 0


def test_what_a_vault_takes_out_of_its_position_is_not_the_callers():
    assert out_of_pools(row("collect", 90, owner=VAULT), frames=[(BOT, VAULT, b"exit")]) == 0


@pytest.mark.parametrize(("had", "own"), [(10, 90), (5, 45), (0, 0), (-10, 0)])
def test_a_pair_pays_for_shares_what_the_actors_had_before(had, own):
    shares = {(BOT, POOL): -had, (ZERO, POOL): 10}
    assert out_of_pools(row("burn", 90, owner=BOT, protocol="uniswap_v2"), net=shares) == own


def test_shares_that_are_made_and_burned_without_a_log_were_not_there():
    pair = {"owner": BOT, "protocol": "uniswap_v2"}
    shares = {(BOT, POOL): -10, (POOL, POOL): 10}
    assert out_of_pools(row("mint", 70, **pair), row("burn", 90, **pair), net=shares) == 20
