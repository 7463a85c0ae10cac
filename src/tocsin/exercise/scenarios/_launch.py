"""A token launched on Uniswap V2 against ether: what scenarios about such tokens share. No scenario itself."""

from dataclasses import dataclass

from tocsin.chain.contract import Account, Contract, Receipt, Transaction
from tocsin.exercise.play import Play
from tocsin.exercise.scene.people import ETHER
from tocsin.exercise.scene.uniswap_v2 import MOST, NEVER, create_pair

SUPPLY, ETHER_PAIRED = 500_000 * ETHER, 50 * ETHER
"""What the developer puts into the pair."""


@dataclass(frozen=True, slots=True)
class Launch:
    """What is launched, and who buys."""

    developer: Account
    token: Contract
    """RugToken."""
    pair: Contract
    buyers: tuple[Account, ...]


def launch(play: Play, name: str, symbol: str, buyers: int) -> Launch:
    """The token, its pair with WETH, and the developer's liquidity in it. To be called while nothing is recorded."""
    home, router = play.home, play.scene.uniswap_v2.router
    developer = home.account("developer", 200 * ETHER)
    token = home.deploy(developer, play.library.own("RugToken"), name, symbol, developer, name=symbol)
    factory, weth = play.scene.uniswap_v2.factory, play.scene.tokens.weth
    pair = create_pair(home, play.library, developer, factory, (token, weth))
    home.names.note(pair, f"{symbol}/WETH pair")
    home.do(token.by(developer, "setPool", pair))
    home.do(token.by(developer, "approve", router, MOST))
    home.do(pair.by(developer, "approve", router, MOST))
    added = (token, SUPPLY, 0, 0, developer, NEVER)
    home.do(router.by(developer, "addLiquidityETH", *added, value=ETHER_PAIRED))
    people = play.scene.people.users[:buyers]
    for buyer in people:
        home.do(token.by(buyer, "approve", router, MOST))
    return Launch(developer, token, pair, people)


def buy(play: Play, launched: Launch, buyer: Account, wei: int) -> Receipt:
    """Somebody buys the token for ether."""
    path = [play.scene.tokens.weth, launched.token]
    router = play.scene.uniswap_v2.router
    return play.home.do(router.by(buyer, "swapExactETHForTokens", 0, path, buyer, NEVER, value=wei))


def sale(play: Play, launched: Launch, seller: Account, amount: int) -> Transaction:
    """The transaction in which somebody sells the token for ether."""
    path = [launched.token, play.scene.tokens.weth]
    router = play.scene.uniswap_v2.router
    return router.by(seller, "swapExactTokensForETH", amount, 0, path, seller, NEVER)


def withdrawal(play: Play, launched: Launch, share: int) -> Transaction:
    """The transaction in which the developer takes so many hundredths of the liquidity out."""
    liquidity = play.home.read(launched.pair, "balanceOf", launched.developer) * share // 100
    taken = (launched.token, liquidity, 0, 0, launched.developer, NEVER)
    return play.scene.uniswap_v2.router.by(launched.developer, "removeLiquidityETH", *taken)
