"""
What an account is: externally owned or contract, how old, how much used. From looked-up answers, never guessed.

Age costs no index: an account that has code now and had none a day of blocks earlier is a young contract. That needs
a node that keeps old state; where it does not, the age is unknown, and unknown is never taken for young or for old.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from tocsin.model.finding import Place
from tocsin.model.lookups import Answers, Lookup, code, number, transaction_count

DAY_SECONDS = 86_400
FRESH_TRANSACTIONS = 2
"""An externally owned account that has sent no more than these is fresh (reference: detection, section 4.0)."""

BLOCK_SECONDS = {1: 12.0, 10: 2.0, 56: 3.0, 100: 5.0, 137: 2.0, 8453: 2.0, 42161: 0.25, 43114: 2.0, 59144: 3.0}
"""Usual seconds between blocks, by chain; rather long than short, so that a period is rather too few blocks."""
USUAL_BLOCK_SECONDS = 12.0
"""For chains that are not in the table."""

DELEGATED = "0xef0100"
"""How the code of an externally owned account begins that acts as a contract for a while (EIP-7702)."""


@dataclass(frozen=True, slots=True)
class Account:
    """What is known of an account after a block; None where nobody could say."""

    address: str
    is_contract: bool | None
    sent: int | None
    """How many transactions it has sent; of a contract, how many contracts it has created."""
    is_young: bool | None
    """A contract that did not exist `young_seconds` earlier."""

    @property
    def is_fresh(self) -> bool:
        """Externally owned, and it has hardly sent anything."""
        return self.is_contract is False and self.sent is not None and self.sent <= FRESH_TRANSACTIONS

    @property
    def described(self) -> str:
        """Its address and, where somebody could say, what it is: for a summary."""
        return f"{self.address} ({self.words})" if self.words else self.address

    @property
    def words(self) -> str:
        """What it is, in words; empty where nobody could say."""
        if self.is_contract is None:
            return ""
        if self.is_contract:
            return {True: "a new contract", False: "an established contract", None: "a contract of unknown age"}[
                self.is_young
            ]
        return f"a fresh account that has sent {self.sent} transactions" if self.is_fresh else "an ordinary account"


def blocks_in(chain_id: int, seconds: int) -> int:
    """About how many blocks the chain makes in this time."""
    return int(seconds / BLOCK_SECONDS.get(chain_id, USUAL_BLOCK_SECONDS))


def questions(place: Place, addresses: Iterable[str], young_seconds: int = DAY_SECONDS) -> tuple[Lookup, ...]:
    """What to ask about these accounts; nothing where the block is not known."""
    return tuple(
        lookup
        for address in addresses
        for lookup in (_code(place, address), _sent(place, address), _code_before(place, address, young_seconds))
        if lookup is not None
    )


def account(place: Place, address: str, answers: Answers, young_seconds: int = DAY_SECONDS) -> Account:
    """The account as the answers have it."""
    now = _answer(_code(place, address), answers)
    before = _answer(_code_before(place, address, young_seconds), answers)
    is_contract = None if now is None else _is_code(now)
    return Account(
        address=address,
        is_contract=is_contract,
        sent=number(_sent(place, address), answers),
        is_young=None if before is None or not is_contract else not _is_code(before),
    )


def _code(place: Place, address: str) -> Lookup | None:
    return _code_at(place, address, 0)


def _code_before(place: Place, address: str, seconds: int) -> Lookup | None:
    return _code_at(place, address, blocks_in(place.chain_id, seconds))


def _code_at(place: Place, address: str, blocks_ago: int) -> Lookup | None:
    """On a chain that is itself younger than the period everything is young: that says nothing and is not asked."""
    if place.block_number is None or place.block_number < blocks_ago:
        return None
    return code(address, block_number=place.block_number - blocks_ago, chain_id=place.chain_id)


def _sent(place: Place, address: str) -> Lookup | None:
    if place.block_number is None:
        return None
    return transaction_count(address, block_number=place.block_number, chain_id=place.chain_id)


def _answer(lookup: Lookup | None, answers: Answers) -> str | None:
    return None if lookup is None else answers.get(lookup)


def _is_code(answer: str) -> bool:
    return len(answer) > len("0x") and not answer.lower().startswith(DELEGATED)
