"""Turning USDR, which can be frozen, into WETH, which cannot. No scenario itself."""

from tocsin.chain.contract import Account, Receipt, Transaction
from tocsin.exercise.play import Play
from tocsin.exercise.scene.uniswap_v2 import MOST, NEVER
from tocsin.exercise.scene.uniswap_v3 import FEE


def approval(play: Play, seller: Account) -> Transaction:
    """Lets the router of Uniswap V3 take the seller's USDR."""
    return play.scene.tokens.usdr.by(seller, "approve", play.scene.uniswap_v3.router, MOST)


def sale(play: Play, seller: Account, amount: int) -> Transaction:
    """Sells so much USDR for WETH on Uniswap V3."""
    tokens, router = play.scene.tokens, play.scene.uniswap_v3.router
    return router.by(seller, "exactInputSingle", (tokens.usdr, tokens.weth, FEE, seller, NEVER, amount, 0, 0))


def sold(play: Play, seller: Account, amount: int) -> list[Receipt]:
    """Approves, and sells twice so much: the three receipts."""
    sent = (approval(play, seller), sale(play, seller, amount), sale(play, seller, amount))
    return [play.home.do(each) for each in sent]
