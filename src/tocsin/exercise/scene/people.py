"""Who is on the scene before anybody attacks it."""

from collections.abc import Iterable
from dataclasses import dataclass

from tocsin.chain.contract import Account
from tocsin.exercise.stage import Stage

ETHER = 10**18
USERS = 8
EXCHANGE_CUSTOMERS = 3


@dataclass(frozen=True, slots=True)
class People:
    """Accounts by what they do; each has the same address on both chains."""

    founder: Account
    """Deploys the scene and holds what is not handed out."""
    far_founder: Account
    """Deploys far away, so that no two contracts on the two chains have one address."""
    users: tuple[Account, ...]
    owners: tuple[Account, ...]
    """Of the Safe."""
    bot: Account
    """May fire the emergency module."""
    arbitrageur: Account
    keeper: Account
    """Pushes prices, liquidates, executes what is due."""
    relayer: Account
    """Carries messages between the chains."""
    validators: tuple[Account, ...]
    """Of the bridges, by address from low to high."""
    exchange: Account
    """The hot wallet of an exchange."""
    deposits: tuple[Account, ...]
    """Deposit addresses of that exchange: each customer's own, swept to the hot wallet."""


def gather(home: Stage, far: Stage) -> People:
    """Everybody, with native coin on both chains."""
    people = People(
        founder=home.account("founder", 10_000_000 * ETHER),
        far_founder=far.account("far founder", 10_000 * ETHER),
        users=tuple(home.account(f"user {n + 1}", 1_000 * ETHER) for n in range(USERS)),
        owners=tuple(home.account(f"safe owner {n + 1}") for n in range(3)),
        bot=home.account("emergency bot"),
        arbitrageur=home.account("arbitrageur"),
        keeper=home.account("keeper"),
        relayer=home.account("relayer"),
        validators=_by_address(home.account(f"validator {n + 1}") for n in range(5)),
        exchange=home.account("exchange hot wallet", 5_000 * ETHER),
        deposits=tuple(home.account(f"exchange deposit {n + 1}", ETHER) for n in range(EXCHANGE_CUSTOMERS)),
    )
    for account in (people.founder, *people.users, people.relayer, people.keeper, *people.owners):
        far.account(account.name, 1_000 * ETHER)
    return people


def _by_address(accounts: Iterable[Account]) -> tuple[Account, ...]:
    return tuple(sorted(accounts, key=lambda account: int(account.address, 16)))
