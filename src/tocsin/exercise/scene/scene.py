"""The whole scene."""

from dataclasses import dataclass

from tocsin.chain.contract import Contract
from tocsin.exercise.scene import (
    aave,
    balancer,
    bridge,
    governance,
    hyperlane,
    people,
    permit2,
    proxies,
    safe,
    services,
    tokens,
    uniswap_v2,
    uniswap_v3,
)
from tocsin.exercise.stage import Library, Stage


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What is there before anything happens."""

    people: people.People
    tokens: tokens.Tokens
    safe: safe.SafeWallet
    uniswap_v2: uniswap_v2.UniswapV2
    uniswap_v3: uniswap_v3.UniswapV3
    balancer: balancer.Balancer
    aave: aave.Aave
    permit2: Contract
    governance: governance.Governance
    proxies: proxies.Proxies
    services: services.Services
    bridge: bridge.Bridge
    hyperlane: hyperlane.Hyperlane


def build(home: Stage, far: Stage, library: Library) -> Scene:
    """Deploy and fill everything, in an order in which each part finds those it needs. Raises `CallReverted`."""
    who = people.gather(home, far)
    coins = tokens.deploy(home, library, who)
    wallet = safe.deploy(home, library, who)
    exchange = uniswap_v2.deploy(home, library, who, coins)
    rules = governance.deploy(home, library, who, coins, wallet)
    scene = Scene(
        people=who,
        tokens=coins,
        safe=wallet,
        uniswap_v2=exchange,
        uniswap_v3=uniswap_v3.deploy(home, library, who, coins),
        balancer=balancer.deploy(home, library, who, coins),
        aave=aave.deploy(home, library, who, coins, exchange, wallet),
        permit2=permit2.deploy(home, library),
        governance=rules,
        proxies=proxies.deploy(home, library, who, coins, wallet, rules),
        services=services.deploy(home, library, who, coins),
        bridge=bridge.deploy(home, far, library, who, coins, wallet),
        hyperlane=hyperlane.deploy(home, far, library, who, coins),
    )
    _hand_over(home, scene)
    return scene


def _hand_over(home: Stage, scene: Scene) -> None:
    """The Safe may pause, blacklist and seize USDR, pause the bridge at once, and holds a treasury of its own."""
    founder, usdr = scene.people.founder, scene.tokens.usdr
    for role in ("PAUSER_ROLE", "BLACKLISTER_ROLE"):
        home.do(usdr.by(founder, "grantRole", home.read(usdr, role), scene.safe.wallet))
    for target in (usdr, scene.bridge.home):
        home.do(scene.safe.allows(home, target, "pause"))
    home.do(usdr.by(founder, "transfer", scene.safe.wallet, 2 * tokens.MILLION * tokens.DOLLAR))
    home.do(scene.tokens.weth.by(founder, "transfer", scene.safe.wallet, 500 * people.ETHER))
