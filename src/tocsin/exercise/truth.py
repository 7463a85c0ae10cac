"""
What really happened in a played attack, to the last base unit, as whoever played it knows it.

A loss is what left its owner with a transaction and did not come back with it, token by token. What the owner holds
instead, such as a pledge, is told beside it and not taken off: what it would fetch is an opinion, and a loss is a fact.
Gone is what could no longer be seized where it is, frozen or held: of a token that others of its holder's are mixed
with, whatever the loss exceeds that balance by.
"""

from collections.abc import Iterable, Sequence
from typing import Annotated

import msgspec

from tocsin.chain.contract import Account, Contract, Receipt, address
from tocsin.model.errors import MalformedInput
from tocsin.tables.columns import NATIVE

ETHER_TOKEN = "0x" + NATIVE.hex()
"""How the native coin is named where a token's address stands."""

Address = Annotated[str, msgspec.Meta(pattern=r"^0x[0-9a-f]{40}\Z")]
Hash = Annotated[str, msgspec.Meta(pattern=r"^0x[0-9a-f]{64}\Z")]
Amount = Annotated[str, msgspec.Meta(pattern=r"^[0-9]{1,78}\Z")]
"""Base units of a token, in decimal digits, so that no reader rounds them."""


class Loss(msgspec.Struct, frozen=True, kw_only=True):
    """What one victim lost of one token."""

    chain_id: int
    token: Address
    victim: Address
    amount: Amount


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One transaction of an attack."""

    says: str
    """What it does, as one line for a timeline."""
    chain_id: int
    transaction: Hash
    block_number: int
    lost: tuple[Loss, ...] = ()
    """What left its owner with this transaction."""
    left: tuple[Loss, ...] = ()
    """What the victims got with it instead: a pledge, shares."""
    gone: tuple[Loss, ...] = ()
    """What from this transaction on nobody could have saved or got back any more."""


class Truth(msgspec.Struct, frozen=True, kw_only=True):
    """The ground truth of one played attack."""

    scenario: str
    attackers: tuple[Address, ...]
    """Accounts and contracts of the attacker's."""
    victims: tuple[Address, ...]
    steps: tuple[Step, ...]
    """The attack's transactions, first to last."""
    knowable: Hash
    """The step from which on the attack could be known: the first malicious trace on a chain."""
    names: dict[Address, str] = {}
    symbols: dict[Address, tuple[str, int]] = {}
    """Symbol and decimals of the tokens that are lost."""
    seed: str = ""
    made_with: dict[str, str] = {}
    """Versions and digests of what it was played with."""

    @property
    def lost(self) -> dict[tuple[int, str], int]:
        """Base units lost in all, by chain and token."""
        return total(loss for step in self.steps for loss in step.lost)

    @property
    def hashes(self) -> frozenset[str]:
        """The attack's transactions."""
        return frozenset(step.transaction for step in self.steps)

    @property
    def losing(self) -> Step:
        """The first step with which something was lost; the last where nothing was."""
        return next((step for step in self.steps if step.lost), self.steps[-1])

    @property
    def first(self) -> Step:
        """The step from which on it could be known."""
        return next(step for step in self.steps if step.transaction == self.knowable)


class Twin(msgspec.Struct, frozen=True, kw_only=True):
    """What belongs to a played twin."""

    scenario: str
    transactions: tuple[Hash, ...]
    seed: str = ""
    made_with: dict[str, str] = {}


def told(
    scenario: str,
    *,
    attackers: Iterable[Account | Contract | str],
    victims: Iterable[Account | Contract | str],
    steps: Sequence[Step],
    knowable: Receipt | None = None,
) -> Truth:
    """The truth of an attack just played; it could be known from its first step on unless said otherwise."""
    return Truth(
        scenario=scenario,
        attackers=tuple(map(address, attackers)),
        victims=tuple(map(address, victims)),
        steps=tuple(steps),
        knowable=steps[0].transaction if knowable is None else knowable.hash,
    )


def step(
    says: str,
    receipt: Receipt,
    lost: Iterable[Loss] = (),
    gone: Iterable[Loss] | None = None,
    left: Iterable[Loss] = (),
) -> Step:
    """One step; what is lost with it is gone with it, unless `gone` says otherwise."""
    lost = tuple(lost)
    return Step(
        says=says,
        chain_id=receipt.chain_id,
        transaction=receipt.hash,
        block_number=receipt.block_number,
        lost=lost,
        left=tuple(left),
        gone=lost if gone is None else tuple(gone),
    )


def loss(receipt: Receipt, token: Contract | str, victim: Account | Contract | str, amount: int) -> Loss:
    """A loss on the chain of this receipt, in base units."""
    return Loss(chain_id=receipt.chain_id, token=address(token), victim=address(victim), amount=str(amount))


def total(losses: Iterable[Loss]) -> dict[tuple[int, str], int]:
    """Base units by chain and token."""
    found: dict[tuple[int, str], int] = {}
    for each in losses:
        key = (each.chain_id, each.token)
        found[key] = found.get(key, 0) + int(each.amount)
    return found


def render(truth: Truth | Twin) -> bytes:
    """The truth as it stands in a file."""
    return msgspec.json.format(msgspec.json.encode(truth, order="deterministic"), indent=1) + b"\n"


def parse(content: bytes, name: str) -> Truth:
    """The truth in a file of this name. Raises `MalformedInput`."""
    try:
        return msgspec.json.decode(content, type=Truth)
    except msgspec.DecodeError as error:
        raise MalformedInput(f"{name}: not the truth about a recorded attack: {error}") from error


def parse_twin(content: bytes, name: str) -> Twin:
    """What belongs to the twin, in a file of this name. Raises `MalformedInput`."""
    try:
        return msgspec.json.decode(content, type=Twin)
    except msgspec.DecodeError as error:
        raise MalformedInput(f"{name}: not the truth about a recorded twin: {error}") from error
