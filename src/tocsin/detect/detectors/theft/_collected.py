"""An account to which several others paid within hours: what to ask, and whether they were emptied into it."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import fsum

from tocsin.detect.accounts import DAY_SECONDS, blocks_in
from tocsin.detect.detectors._held import COIN, held
from tocsin.detect.detectors.theft._payments import FOUND, MOST_PAYERS, Book, Row
from tocsin.detect.labels import Labels
from tocsin.intel.kinds import BENIGN
from tocsin.model.finding import Place, hexadecimal
from tocsin.model.lookups import Answers, Lookup, code, number, transaction_count
from tocsin.tables.dataset import Tables

VICTIMS, MANY_VICTIMS = 3, 10
"""So many emptied accounts are told of; more than so many escalate (reference: detection, section 4.35)."""
ASKED_AT = frozenset((3, 6, 11, MOST_PAYERS))
"""At how many payers of a receiver it is asked what is left to them."""
RECEIVER_SENT = 500
"""A receiver that has sent as many transactions is a service (the same)."""
LEFT_WEI = 10**16
"""Native coin that may be left to an emptied account: a hundredth (the same)."""


@dataclass(frozen=True, slots=True)
class Payer:
    """One account that paid the receiver."""

    address: str
    amounts: tuple[tuple[str, int], ...]
    """Tokens and base units."""
    dollars: float


@dataclass(frozen=True, slots=True)
class Collected:
    """A receiver and its payers within the window."""

    place: Place
    receiver: str
    payers: tuple[Payer, ...]
    watched: frozenset[str]
    """Those of them that the organisation protects."""


def collected(book: Book, tables: Tables) -> Iterator[Collected]:
    """One for each receiver and number of payers it reaches in the batch."""
    labels, first = Labels.of(tables), dict[int, int]()
    for chain, block in tables[FOUND][["chain_id", "block_number"]].rows():
        first[chain] = min(block, first.get(chain, block))
    for row, window in book.crossings(first, ASKED_AT):
        if not labels.kinds(row["chain_id"], row["receiver"]) & BENIGN:
            yield _candidate(row, window, labels)


def _candidate(row: Row, window: list[Row], labels: Labels) -> Collected:
    by_sender: dict[bytes, list[Row]] = {}
    for each in window:
        by_sender.setdefault(each["sender"], []).append(each)
    watched = (each for each in by_sender if "watched" in labels.kinds(row["chain_id"], each))
    return Collected(
        place=Place.of(row),
        receiver=_name(row["receiver"]),
        payers=tuple(_payer(sender, rows) for sender, rows in sorted(by_sender.items())),
        watched=frozenset(map(_name, watched)),
    )


def _payer(sender: bytes, rows: list[Row]) -> Payer:
    amounts: dict[str, int] = {}
    for row in rows:
        token = _name(row["token"])
        amounts[token] = amounts.get(token, 0) + int.from_bytes(row["value_binary"], "big")
    return Payer(_name(sender), tuple(sorted(amounts.items())), fsum(row["dollars"] for row in rows))


def _name(raw: bytes) -> str:
    return str(hexadecimal(raw))


def asked(candidate: Collected) -> tuple[Lookup, ...]:
    """What is left to each payer, what the receiver is, and what it was a day before."""
    place, receiver = candidate.place, candidate.receiver
    if place.block_number is None:
        return ()
    left = [held(place, payer.address, token) for payer in candidate.payers for token, _ in payer.amounts]
    here = code(receiver, block_number=place.block_number, chain_id=place.chain_id)
    return (*(each for each in (*left, sent(place, receiver), *_before(candidate)) if each is not None), here)


def sent(place: Place, account: str, blocks_ago: int = 0) -> Lookup | None:
    """How many transactions it had sent; nothing where the block is not known, or the chain not so old."""
    if place.block_number is None or place.block_number < blocks_ago:
        return None
    return transaction_count(account, block_number=place.block_number - blocks_ago, chain_id=place.chain_id)


def _before(candidate: Collected) -> tuple[Lookup | None, ...]:
    place, receiver = candidate.place, candidate.receiver
    day = blocks_in(place.chain_id, DAY_SECONDS)
    tokens = dict.fromkeys((COIN, *(token for payer in candidate.payers for token, _ in payer.amounts)))
    return (sent(place, receiver, day), *(held(place, receiver, token, day) for token in tokens))


def is_account(candidate: Collected, answers: Answers) -> bool | None:
    """Whether the receiver is an externally owned account that is no service; None where nobody could say."""
    place = candidate.place
    if place.block_number is None:
        return None
    found = answers.get(code(candidate.receiver, block_number=place.block_number, chain_id=place.chain_id))
    count = number(sent(place, candidate.receiver), answers)
    if found is None or count is None:
        return None
    return found in ("", "0x") and count < RECEIVER_SENT


def is_new(candidate: Collected, answers: Answers) -> bool | None:
    """Whether the receiver had sent and held nothing a day before; None where nobody could say."""
    found = [number(lookup, answers) for lookup in _before(candidate)]
    if any(found):
        return False
    return None if None in found else True


def emptied(candidate: Collected, answers: Answers) -> tuple[Payer, ...]:
    """The payers to whom nothing is left of something they paid."""
    return tuple(payer for payer in candidate.payers if _is_emptied(candidate.place, payer, answers))


def _is_emptied(place: Place, payer: Payer, answers: Answers) -> bool:
    left = ((token, number(held(place, payer.address, token), answers)) for token, _ in payer.amounts)
    return any(rest is not None and rest <= (LEFT_WEI if token == COIN else 0) for token, rest in left)
