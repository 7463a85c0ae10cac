"""On real nodes: the scene is the published protocols, right to the last unit, and the same for the same seed."""

import pytest
from eth_abi.abi import encode
from eth_hash.auto import keccak

from tocsin.app.exercise.arena import Arena
from tocsin.app.exercise.arena import arena as brought_up
from tocsin.app.exercise.library import Shelf
from tocsin.app.exercise.playing import Player
from tocsin.chain.contract import Contract
from tocsin.detect.catalogue import detectors
from tocsin.edge.npm import packages_directory
from tocsin.exercise.catalogue import activities, scenarios
from tocsin.exercise.packages import UNISWAP_V2_CORE, UNISWAP_V3_CORE, Package
from tocsin.exercise.scene.people import ETHER
from tocsin.exercise.scene.permit2 import ADDRESS
from tocsin.exercise.scene.uniswap_v2 import MOST, NEVER
from tocsin.exercise.scene.uniswap_v3 import FEE

pytestmark = pytest.mark.anvil

PLAYED_LAST = sorted(scenarios())[-1]


@pytest.mark.parametrize(
    ("package", "name", "digest"),
    [
        (UNISWAP_V2_CORE, "UniswapV2Pair", "96e8ac4277198ff8b6f785478aa9a39f403cb768dd02cbee326c3e7da348845f"),
        (UNISWAP_V3_CORE, "UniswapV3Pool", "e34f199b19b2b4f47f68442619d555527d244f78a3297ea89325f843f87b8b54"),
    ],
    ids=["v2", "v3"],
)
def test_creation_code_is_the_one_that_uniswaps_routers_reckon_addresses_with(
    environment: dict[str, str], package: Package, name: str, digest: str
) -> None:
    artefact = Shelf(packages_directory(environment)).published(package, name)

    assert keccak(artefact.creation()).hex() == digest


def test_a_v3_swap_gives_exactly_what_the_quoter_said(arena: Arena) -> None:
    with arena.undone() as play:
        home, tokens, uniswap = play.home, play.scene.tokens, play.scene.uniswap_v3
        user, amount = play.scene.people.users[0], 3 * ETHER
        asked = (tokens.weth, tokens.usdr, amount, FEE, 0)
        quoted = home.read(uniswap.quoter, "quoteExactInputSingle", asked)[0]
        before = home.read(tokens.usdr, "balanceOf", user)
        home.do(tokens.weth.by(user, "approve", uniswap.router, MOST))
        swap = (tokens.weth, tokens.usdr, FEE, user, NEVER, amount, 0, 0)
        home.do(uniswap.router.by(user, "exactInputSingle", swap))

        assert home.read(tokens.usdr, "balanceOf", user) - before == quoted > 0


def test_permit2_signs_for_this_chain(arena: Arena) -> None:
    domain = keccak(b"EIP712Domain(string name,uint256 chainId,address verifyingContract)")
    fields = (domain, keccak(b"Permit2"), arena.home.chain_id, ADDRESS)

    separator = arena.home.read(arena.play.scene.permit2, "DOMAIN_SEPARATOR")

    assert separator == keccak(encode(("bytes32", "bytes32", "uint256", "address"), fields))


def test_no_two_contracts_on_the_two_chains_share_an_address(arena: Arena) -> None:
    bridge, hyperlane = arena.play.scene.bridge, arena.play.scene.hyperlane
    named = [bridge.home, bridge.far, hyperlane.home.mailbox, hyperlane.far.mailbox]

    assert len({contract.address for contract in named}) == len(named)


def test_every_token_of_the_scene_is_named_as_it_calls_itself(arena: Arena) -> None:
    tokens = arena.play.scene.tokens
    for token in (tokens.weth, tokens.usdr, tokens.dair, tokens.thin, tokens.rgov, tokens.rnft, tokens.hook):
        assert arena.home.names.names[token.address] == arena.home.read(token, "symbol")


def test_what_the_safe_may_stop_at_once_is_stopped_by_one_key_and_cannot_be_started_by_it(arena: Arena) -> None:
    with arena.undone() as play:
        home, safe, usdr = play.home, play.scene.safe, play.scene.tokens.usdr
        module: Contract = safe.module
        home.do(module.by(play.scene.people.bot, "fire", usdr, usdr.encode("pause")))
        refused = home.refused(module.by(play.scene.people.bot, "fire", usdr, usdr.encode("unpause")))

        assert home.read(usdr, "paused") is True
        assert refused.startswith("NotAllowed(")
        stranger = play.scene.people.users[0]
        assert home.refused(module.by(stranger, "fire", usdr, usdr.encode("pause"))).startswith("MayNotFire(")


def test_the_same_seed_gives_the_same_chains_whatever_was_played_before(
    arena: Arena, player: Player, environment: dict[str, str]
) -> None:
    scenario = scenarios()[PLAYED_LAST]
    player.attack(next(iter(scenarios().values())))
    here = (roots(arena), player.attack(scenario))

    with brought_up(environment) as fresh:
        there = roots(fresh)
        played = Player(arena=fresh, detectors=detectors(), activities=activities()).attack(scenario)

    assert there == here[0]
    assert played == here[1]


def test_another_seed_gives_other_chains(arena: Arena, environment: dict[str, str]) -> None:
    with brought_up(environment, seed="another") as other:
        assert set(roots(other)).isdisjoint(roots(arena))


def roots(arena: Arena) -> list[str]:
    """State roots of both chains."""
    return [chain.state_root() for chain in arena.chains]
