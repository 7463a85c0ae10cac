"""A full Aave V3 market: three reserves, of which one, on purpose, is priced by a spot price that anybody can move."""

from dataclasses import dataclass

from tocsin.chain.contract import Contract
from tocsin.exercise.packages import AAVE_V3
from tocsin.exercise.scene.people import ETHER, People
from tocsin.exercise.scene.safe import ZERO, SafeWallet
from tocsin.exercise.scene.tokens import DOLLAR, MILLION, Tokens
from tocsin.exercise.scene.uniswap_v2 import MOST, UniswapV2
from tocsin.exercise.stage import Library, Stage

PRICE_DECIMALS = 10**8
"""Prices are dollars with eight decimals."""
SPOT_SCALE = 10**20
"""From USDR (6 decimals) per THIN (18) to a price of eight decimals."""
RAY = 10**27
LIBRARIES = (
    "SupplyLogic",
    "BorrowLogic",
    "LiquidationLogic",
    "EModeLogic",
    "BridgeLogic",
    "ConfiguratorLogic",
    "FlashLoanLogic",
    "PoolLogic",
)
"""In an order in which each finds those it needs."""
RATES = (45, 0, 4, 300, 5, 300, 2, 8, 20)
"""Of the interest rate strategy, in per cent: optimal usage, base, slopes, stable slopes, stable excess and so on."""
COLLATERAL = {"weth": (8_000, 8_250), "usdr": (7_500, 8_000), "thin": (6_000, 6_500)}
"""By token: loan to value and liquidation threshold, in hundredths of a per cent."""
LIQUIDATION_BONUS = 10_500
RESERVE_FACTOR = 1_000
INITIALISATION_GAS = 15_000_000
VARIABLE_RATE = 2
"""The interest mode that is still in use."""


@dataclass(frozen=True, slots=True)
class Aave:
    """Contracts."""

    pool: Contract
    configurator: Contract
    oracle: Contract
    access: Contract
    """ACLManager."""
    feeds: dict[str, Contract]
    """Price sources by token: of WETH and USDR settable by the founder, of THIN the spot price."""
    receipt_tokens: dict[str, Contract]
    """aTokens by token: they hold the reserves."""


def deploy(home: Stage, library: Library, people: People, tokens: Tokens, uniswap: UniswapV2, safe: SafeWallet) -> Aave:
    """Deploy, list the reserves, and supply 5 000 WETH and 20 million USDR."""
    founder = people.founder

    def create(name: str, *values: object) -> Contract:
        return home.deploy(founder, library.published(AAVE_V3, name), *values)

    provider = create("PoolAddressesProvider", "range", founder)
    home.do(provider.by(founder, "setPoolDataProvider", create("AaveProtocolDataProvider", provider)))
    libraries = _libraries(home, library, people)
    access = _access(home, library, people, provider, safe)
    _implementations(home, library, people, provider, libraries)
    feeds = _feeds(home, library, people, tokens, uniswap)
    listed = _listed(tokens)
    sources = [feeds[name].address for name in listed]
    oracle = create("AaveOracle", provider, list(listed.values()), sources, ZERO, ZERO, PRICE_DECIMALS)
    home.do(provider.by(founder, "setPriceOracle", oracle))
    pool = Contract(home.read(provider, "getPool"), library.published(AAVE_V3, "Pool"))
    artefact = library.published(AAVE_V3, "PoolConfigurator")
    configurator = Contract(home.read(provider, "getPoolConfigurator"), artefact)
    home.names.note(pool, "Aave pool")
    home.names.note(configurator, "Aave configurator")
    _list_reserves(home, library, people, tokens, (provider, pool, configurator))
    receipt_tokens = _supply(home, library, people, tokens, pool)
    return Aave(pool, configurator, oracle, access, feeds, receipt_tokens)


def _listed(tokens: Tokens) -> dict[str, Contract]:
    return {name: getattr(tokens, name) for name in COLLATERAL}


def _libraries(home: Stage, library: Library, people: People) -> dict[str, str]:
    found: dict[str, str] = {}
    for name in LIBRARIES:
        artefact = library.published(AAVE_V3, name).linked(found)
        found[name] = home.deploy(people.founder, artefact).address
    return found


def _access(home: Stage, library: Library, people: People, provider: Contract, safe: SafeWallet) -> Contract:
    """The founder lists assets; the Safe is emergency administrator: it may pause."""
    founder = people.founder
    home.do(provider.by(founder, "setACLAdmin", founder))
    access = home.deploy(founder, library.published(AAVE_V3, "ACLManager"), provider)
    home.do(provider.by(founder, "setACLManager", access))
    home.do(access.by(founder, "addPoolAdmin", founder))
    home.do(access.by(founder, "addAssetListingAdmin", founder))
    home.do(access.by(founder, "addEmergencyAdmin", safe.wallet))
    return access


def _implementations(
    home: Stage, library: Library, people: People, provider: Contract, libraries: dict[str, str]
) -> None:
    founder = people.founder
    pool = home.deploy(founder, library.published(AAVE_V3, "Pool").linked(libraries), provider, name="Aave pool code")
    home.do(pool.by(founder, "initialize", provider))
    configurator = home.deploy(founder, library.published(AAVE_V3, "PoolConfigurator").linked(libraries))
    home.do(configurator.by(founder, "initialize", provider))
    home.do(provider.by(founder, "setPoolImpl", pool))
    home.do(provider.by(founder, "setPoolConfiguratorImpl", configurator))


def _feeds(home: Stage, library: Library, people: People, tokens: Tokens, uniswap: UniswapV2) -> dict[str, Contract]:
    founder, feed, spot = people.founder, library.own("PriceFeed"), library.own("SpotAggregator")

    def fixed(dollars: int, name: str) -> Contract:
        return home.deploy(founder, feed, 8, dollars * PRICE_DECIMALS, founder, name=name)

    return {
        "weth": fixed(3_000, "WETH price feed"),
        "usdr": fixed(1, "USDR price feed"),
        "thin": home.deploy(founder, spot, uniswap.thin_usdr, tokens.thin, SPOT_SCALE, name="THIN spot oracle"),
    }


def _list_reserves(
    home: Stage, library: Library, people: People, tokens: Tokens, market: tuple[Contract, Contract, Contract]
) -> None:
    founder, (provider, pool, configurator) = people.founder, market
    names = ("AToken", "StableDebtToken", "VariableDebtToken")
    codes = [home.deploy(founder, library.published(AAVE_V3, name), pool) for name in names]
    rates = (RAY * each // 100 for each in RATES)
    strategy = home.deploy(founder, library.published(AAVE_V3, "DefaultReserveInterestRateStrategy"), provider, *rates)
    inputs = [
        _input(codes, strategy, token, founder.address, home.read(token, "decimals"), name.upper())
        for name, token in _listed(tokens).items()
    ]
    home.do(configurator.by(founder, "initReserves", inputs, gas=INITIALISATION_GAS))
    for name, token in _listed(tokens).items():
        limits = (*COLLATERAL[name], LIQUIDATION_BONUS)
        home.do(configurator.by(founder, "configureReserveAsCollateral", token, *limits))
        home.do(configurator.by(founder, "setReserveBorrowing", token, True))
        home.do(configurator.by(founder, "setReserveFlashLoaning", token, True))
        home.do(configurator.by(founder, "setReserveFactor", token, RESERVE_FACTOR))


def _input(
    codes: list[Contract], strategy: Contract, token: Contract, treasury: str, decimals: int, symbol: str
) -> tuple[object, ...]:
    """One entry of `initReserves` (Aave V3, ConfiguratorInputTypes.InitReserveInput)."""
    names = tuple(text for letter in "avs" for text in (letter + symbol, letter + symbol))
    return (*codes, decimals, strategy, token, treasury, ZERO, *names, b"")


def _supply(home: Stage, library: Library, people: People, tokens: Tokens, pool: Contract) -> dict[str, Contract]:
    founder = people.founder
    for token, amount in ((tokens.weth, 5_000 * ETHER), (tokens.usdr, 20 * MILLION * DOLLAR)):
        home.do(token.by(founder, "approve", pool, MOST))
        home.do(pool.by(founder, "supply", token, amount, founder, 0))
    artefact = library.published(AAVE_V3, "AToken")
    found = {name: Contract(_receipt_token(home, pool, token), artefact) for name, token in _listed(tokens).items()}
    for name, contract in found.items():
        home.names.note(contract, f"Aave {name.upper()} reserve")
    return found


def _receipt_token(home: Stage, pool: Contract, token: Contract) -> str:
    """Of `getReserveData` the ninth member is the address of the aToken (Aave V3, DataTypes.ReserveData)."""
    return str(home.read(pool, "getReserveData", token)[8])
