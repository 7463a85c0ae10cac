"""
Somebody sells an NFT on a market.

## What it does
An owner lets the market move all their NFTs and offers one; somebody buys it for some tenths of an ether.

## What it looks like
An operator's approval for a whole collection, and shortly after it a token that the operator moves: NFT phishing, but
the owner is paid.
"""

from tocsin.chain.contract import Account
from tocsin.exercise.activities._shared import deployed
from tocsin.exercise.activity import Activity, Doing
from tocsin.exercise.play import Play
from tocsin.exercise.scene.people import ETHER

IDS = 40
"""Minted when the scene was set."""


def run(play: Play) -> Doing:
    """Approve once, offer, buy."""
    rnft, price = play.scene.tokens.rnft, play.random.randrange(1, 20) * ETHER // 10
    market = yield from deployed(play, play.home.account("market operator", 0), "NftMarket")
    token, owner = _offered(play)
    if not play.home.read(rnft, "isApprovedForAll", owner, market):
        yield rnft.by(owner, "setApprovalForAll", market, True)
    yield market.by(owner, "offer", rnft, token, price)
    buyer = play.random.choice([user for user in play.scene.people.users if user != owner])
    yield market.by(buyer, "buy", rnft, token, value=price)


def _offered(play: Play) -> tuple[int, Account]:
    """A token of somebody's whom we know; the founder has most of them."""
    people = play.scene.people
    known = {account.address: account for account in (people.founder, *people.users)}
    in_any_order = play.random.sample(range(IDS), IDS)
    owners = ((token, play.home.read(play.scene.tokens.rnft, "ownerOf", token)) for token in in_any_order)
    return next((token, known[owner]) for token, owner in owners if owner in known)


activity = Activity(id="trade-an-nft", run=run, rate=2.5, alone="nft-market")
