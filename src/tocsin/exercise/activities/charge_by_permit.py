"""
A merchant charges a customer who has signed a permit.

## What it does
A user signs an EIP-2612 permit over the price in USDR; the merchant sends it and takes the money in the next block.

## What it looks like
Permit phishing: somebody else sends the owner's signature and takes tokens by it. It is over the price and no more, and
the user signs the like for the same merchant again.
"""

from collections.abc import Mapping
from typing import Any

from tocsin.chain.contract import Account
from tocsin.exercise.activities._shared import fuelled
from tocsin.exercise.activity import Activity, Doing
from tocsin.exercise.play import Play
from tocsin.exercise.scene.balancer import DAY_SECONDS
from tocsin.exercise.scene.tokens import DOLLAR

NAME, VERSION = "USD Range", "1"
"""Of the domain, as the token has it."""
FIELDS = {
    "EIP712Domain": {"name": "string", "version": "string", "chainId": "uint256", "verifyingContract": "address"},
    "Permit": {
        "owner": "address",
        "spender": "address",
        "value": "uint256",
        "nonce": "uint256",
        "deadline": "uint256",
    },
}


def run(play: Play) -> Doing:
    """Permit, take."""
    usdr, merchant = play.scene.tokens.usdr, play.home.account("merchant", 0)
    user, price = play.random.choice(play.scene.people.users), play.random.randrange(5, 200) * DOLLAR
    yield from fuelled(play, merchant)
    deadline = play.home.now() + DAY_SECONDS
    signed = play.home.sign_typed(user, _permit(play, user, merchant, price, deadline))
    yield usdr.by(merchant, "permit", user, merchant, price, deadline, signed[64], signed[:32], signed[32:64])
    yield usdr.by(merchant, "transferFrom", user, merchant, price)


def _permit(play: Play, owner: Account, spender: Account, value: int, deadline: int) -> Mapping[str, Any]:
    usdr = play.scene.tokens.usdr
    nonce = play.home.read(usdr, "nonces", owner)
    domain = (NAME, VERSION, play.home.chain_id, usdr.address)
    message = (owner.address, spender.address, value, nonce, deadline)
    return {
        "types": {kind: [{"name": n, "type": t} for n, t in members.items()] for kind, members in FIELDS.items()},
        "primaryType": "Permit",
        "domain": dict(zip(FIELDS["EIP712Domain"], domain, strict=True)),
        "message": dict(zip(FIELDS["Permit"], message, strict=True)),
    }


activity = Activity(id="charge-by-permit", run=run, rate=0.8, alone="merchant")
