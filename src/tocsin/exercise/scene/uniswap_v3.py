"""Uniswap V3: factory, router, positions, quoter and one pool over the full range."""

import math
from dataclasses import dataclass

from tocsin.chain.contract import Contract
from tocsin.exercise.packages import UNISWAP_V3_CORE, UNISWAP_V3_PERIPHERY
from tocsin.exercise.scene.people import ETHER, People
from tocsin.exercise.scene.tokens import DOLLAR, MILLION, Tokens
from tocsin.exercise.scene.uniswap_v2 import CREATION_GAS, MOST, NEVER
from tocsin.exercise.stage import Library, Stage

FEE = 3_000
"""Of the pool, in millionths."""
LOWEST_TICK, HIGHEST_TICK = -887_220, 887_220
ZERO = "0x" + "00" * 20
PRICE = (ETHER, 3_000 * DOLLAR)
"""Of WETH in USDR at the start."""


@dataclass(frozen=True, slots=True)
class UniswapV3:
    """Contracts."""

    factory: Contract
    router: Contract
    positions: Contract
    quoter: Contract
    pool: Contract
    """WETH and USDR, 0.3 %."""


def deploy(home: Stage, library: Library, people: People, tokens: Tokens) -> UniswapV3:
    """Deploy, and fill the pool with 5 000 WETH and as much in USDR."""
    founder = people.founder
    factory = home.deploy(founder, library.published(UNISWAP_V3_CORE, "UniswapV3Factory"), name="Uniswap V3 factory")

    def periphery(name: str, *more: Contract | str) -> Contract:
        return home.deploy(founder, library.published(UNISWAP_V3_PERIPHERY, name), factory, tokens.weth, *more)

    positions = periphery("NonfungiblePositionManager", ZERO)
    made = UniswapV3(
        factory=factory,
        router=periphery("SwapRouter"),
        positions=positions,
        quoter=periphery("QuoterV2"),
        pool=_pool(home, library, people, tokens, (factory, positions)),
    )
    for token in (tokens.weth, tokens.usdr):
        home.do(token.by(founder, "approve", made.router, MOST))
        home.do(token.by(founder, "approve", positions, MOST))
    home.do(positions.by(founder, "mint", _whole_range(tokens, people)))
    return made


def _pool(
    home: Stage, library: Library, people: People, tokens: Tokens, uniswap: tuple[Contract, Contract]
) -> Contract:
    factory, positions = uniswap
    low, high = in_order(tokens)
    first, second = PRICE if low is tokens.weth else PRICE[::-1]
    root = math.isqrt((second << 192) // first)
    home.do(positions.by(people.founder, "createAndInitializePoolIfNecessary", low, high, FEE, root, gas=CREATION_GAS))
    address = home.read(factory, "getPool", low, high, FEE)
    home.names.note(address, "WETH/USDR V3 pool")
    return Contract(address, library.published(UNISWAP_V3_CORE, "UniswapV3Pool"))


def _whole_range(tokens: Tokens, people: People) -> tuple[object, ...]:
    low, high = in_order(tokens)
    amounts = {tokens.weth.address: 5_000 * ETHER, tokens.usdr.address: 15 * MILLION * DOLLAR}
    desired = (amounts[low.address], amounts[high.address])
    return (low, high, FEE, LOWEST_TICK, HIGHEST_TICK, *desired, 0, 0, people.founder, NEVER)


def in_order(tokens: Tokens) -> tuple[Contract, Contract]:
    """WETH and USDR in the order in which the pool has them."""
    low, high = sorted((tokens.weth, tokens.usdr), key=lambda token: int(token.address, 16))
    return low, high
