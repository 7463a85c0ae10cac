"""The Balancer V2 vault, filled so that it can lend for the length of a transaction."""

from dataclasses import dataclass

from tocsin.chain.contract import Contract
from tocsin.exercise.packages import BALANCER_V2
from tocsin.exercise.scene.people import ETHER, People
from tocsin.exercise.scene.tokens import DOLLAR, MILLION, Tokens
from tocsin.exercise.scene.uniswap_v2 import MOST
from tocsin.exercise.stage import Library, Stage

DAY_SECONDS = 86_400
DEPOSIT, WITHDRAW = 0, 1
"""Kinds of `manageUserBalance`."""


@dataclass(frozen=True, slots=True)
class Balancer:
    """Contracts."""

    vault: Contract


def deploy(home: Stage, library: Library, people: People, tokens: Tokens) -> Balancer:
    """Deploy, and deposit what flash loans are made of as the founder's internal balance."""
    founder = people.founder
    authorizer = home.deploy(founder, library.published(BALANCER_V2, "Authorizer"), founder)
    windows = (90 * DAY_SECONDS, 30 * DAY_SECONDS)
    artefact = library.published(BALANCER_V2, "Vault")
    vault = home.deploy(founder, artefact, authorizer, tokens.weth, *windows, name="Balancer vault")
    stock = ((tokens.usdr, 50 * MILLION * DOLLAR), (tokens.rgov, 8 * MILLION * ETHER), (tokens.weth, 20_000 * ETHER))
    for token, amount in stock:
        home.do(token.by(founder, "approve", vault, MOST))
        home.do(vault.by(founder, "manageUserBalance", [(DEPOSIT, token, amount, founder, founder)]))
    return Balancer(vault)
