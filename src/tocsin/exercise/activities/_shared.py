"""What several activities do alike."""

from collections.abc import Generator, Iterator
from typing import TypeAlias

from eth_hash.auto import keccak

from tocsin.chain.contract import Account, Contract, Receipt, Transaction, pay, plain
from tocsin.exercise.activity import Far, Wait
from tocsin.exercise.play import Play
from tocsin.exercise.scene.people import ETHER
from tocsin.exercise.scene.uniswap_v2 import MOST

FUEL = 20 * ETHER
"""What an account begins with that the scene does not have."""
LARGEST_PART = 10
"""Nobody spends more than a tenth of what they hold at once, so that nobody runs dry."""
FIRST_CONTRACT = b"\xd6\x94%b\x80"
"""An address and the nonce 0 as a list in RLP: its hash ends in the address of the first contract it creates."""

Contracting: TypeAlias = Generator[Transaction | Far | Wait, Receipt, Contract]
"""Transactions, and the contract that is there after them."""


def deployed(play: Play, operator: Account, name: str, *values: object) -> Contracting:
    """A contract of the range that its operator, who does nothing before it, creates the first time it is needed."""
    artefact = play.library.own(name)
    digest = keccak(FIRST_CONTRACT % bytes.fromhex(operator.address[2:]))
    contract = Contract("0x" + digest[-20:].hex(), artefact)
    if not play.home.balance(operator):
        yield pay(play.scene.people.founder, operator, FUEL)
        code = artefact.creation(*(plain(each) for each in values))
        yield Transaction(sender=operator, to=None, data=code, target=artefact)
        play.home.names.note(contract, f"{operator.name}'s contract")
    return contract


def fuelled(play: Play, account: Account) -> Iterator[Transaction]:
    """The payment that an account needs before it can send anything, unless it has been made."""
    if play.home.balance(account) < ETHER:
        yield pay(play.scene.people.founder, account, FUEL)


def allowed(play: Play, token: Contract, owner: Account, spender: Contract, amount: int) -> Iterator[Transaction]:
    """The approval that a spender needs, unless it has been given. It has no limit, as most wallets propose it."""
    if play.home.read(token, "allowance", owner, spender) < amount:
        yield token.by(owner, "approve", spender, MOST)


def some_of(play: Play, token: Contract, holder: Account, most: int) -> int:
    """An amount up to `most` base units that the holder can well spend."""
    held = int(play.home.read(token, "balanceOf", holder))
    return min(play.random.randrange(most // 100, most), held // LARGEST_PART)


def fresh(play: Play, name: str) -> Account:
    """An account that nobody has seen, with nothing on it."""
    return play.home.account(f"{name} {play.random.randbytes(4).hex()}", 0)
