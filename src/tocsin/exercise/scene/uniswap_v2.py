"""Uniswap V2: factory, router and three pairs."""

from dataclasses import dataclass

from tocsin.chain.contract import Account, Contract
from tocsin.exercise.packages import UNISWAP_V2_CORE, UNISWAP_V2_PERIPHERY
from tocsin.exercise.scene.people import ETHER, People
from tocsin.exercise.scene.tokens import DOLLAR, MILLION, Tokens
from tocsin.exercise.stage import Library, Stage

MOST = 2**256 - 1
NEVER = 2**40
"""A deadline that does not come."""
CREATION_GAS = 6_000_000
"""A new pair is a new contract."""


@dataclass(frozen=True, slots=True)
class UniswapV2:
    """Contracts; prices at the start: 3 000 USDR a WETH, 0.5 USDR a THIN, 1 USDR a DAIR."""

    factory: Contract
    router: Contract
    weth_usdr: Contract
    thin_usdr: Contract
    dair_usdr: Contract


def deploy(home: Stage, library: Library, people: People, tokens: Tokens) -> UniswapV2:
    """Deploy, and fill the pairs."""
    founder = people.founder
    core = library.published(UNISWAP_V2_CORE, "UniswapV2Factory")
    factory = home.deploy(founder, core, founder, name="Uniswap V2 factory")
    periphery = library.published(UNISWAP_V2_PERIPHERY, "UniswapV2Router02")
    router = home.deploy(founder, periphery, factory, tokens.weth, name="Uniswap V2 router")
    for token in (tokens.weth, tokens.usdr, tokens.thin, tokens.dair):
        home.do(token.by(founder, "approve", router, MOST))

    def pair(first: Contract, second: Contract, amounts: tuple[int, int], name: str) -> Contract:
        made = create_pair(home, library, founder, factory, (first, second))
        home.names.note(made, name)
        home.do(router.by(founder, "addLiquidity", first, second, *amounts, 0, 0, founder, NEVER))
        return made

    return UniswapV2(
        factory=factory,
        router=router,
        weth_usdr=pair(tokens.weth, tokens.usdr, (10_000 * ETHER, 30 * MILLION * DOLLAR), "WETH/USDR pair"),
        thin_usdr=pair(tokens.thin, tokens.usdr, (MILLION * ETHER, MILLION * DOLLAR // 2), "THIN/USDR pair"),
        dair_usdr=pair(tokens.dair, tokens.usdr, (20 * MILLION * ETHER, 20 * MILLION * DOLLAR), "DAIR/USDR pair"),
    )


def create_pair(
    home: Stage, library: Library, by: Account, factory: Contract, tokens: tuple[Contract, Contract]
) -> Contract:
    """A new, empty pair of these tokens."""
    home.do(factory.by(by, "createPair", *tokens, gas=CREATION_GAS))
    address = home.read(factory, "getPair", *tokens)
    return Contract(address, library.published(UNISWAP_V2_CORE, "UniswapV2Pair"))
