"""Round trips: what the actors of a transaction gave to somebody and later got back from the same, and more of it."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from tocsin.detect.detectors._frames import Frame, is_entry

SEPARATE_ENTRIES = 2
"""A trip takes two calls: one in which something is given, one in which it comes back."""

ROUNDING = 0.99
"""How much of what a pool gave must at least remain: more must not have been brought from elsewhere."""


class Move(NamedTuple):
    """One movement of a token, in the order of the transaction."""

    giver: bytes
    taker: bytes
    token: bytes
    amount: int


MOVES_READ = (
    "standard", "from_address", "to_address", "token_address", "value_binary", "log_index", "call_index",
)  # fmt: skip
"""The columns of `transfers` that moves are made from."""

_FUNGIBLE = ("native", "erc20")


def ordered(transfers: Iterable[tuple[Any, ...]]) -> Iterator[Move]:
    """
    The moves of one transaction, from rows of `MOVES_READ`.

    Logs and calls have orders of their own, but one token is told of by one of the two.
    """
    fungible = [row for row in transfers if row[0] in _FUNGIBLE]
    for row in sorted(fungible, key=_order):
        yield Move(row[1], row[2], row[3], int.from_bytes(row[4], "big"))


def _order(row: tuple[Any, ...]) -> tuple[bool, int]:
    log_index, call_index = row[5:]
    return log_index is None, (call_index or 0) if log_index is None else log_index


@dataclass(frozen=True, slots=True)
class Trip:
    """One token that went to a counterpart and came back grown."""

    counterpart: bytes
    token: bytes
    given: int
    returned: int
    brought_more: bool
    """The counterpart was also given more of some token than was had of it: a trade, and no round trip."""

    @property
    def gain(self) -> int:
        """How much more came back."""
        return self.returned - self.given

    @property
    def rate(self) -> float:
        """How many times what was given came back."""
        return self.returned / self.given


@dataclass(slots=True)
class _Account:
    """What moved between the members and one counterpart, of one token."""

    given: int = 0
    returned: int = 0
    """After something was given."""
    before: int = 0
    """Before: a loan, for instance."""

    @property
    def is_brought_more(self) -> bool:
        """More was given than was ever had."""
        return self.given > 0 and ROUNDING * self.given > self.returned + self.before


def round_trips(moves: Iterable[Move], frames: Iterable[Frame], members: frozenset[bytes]) -> list[Trip]:
    """
    The trips with counterparts that the members called at least twice.

    What a counterpart handed over before it was given anything, such as a loan, is not counted as returned.
    """
    accounts = _accounts(moves, members)
    traded = {who for (who, _), account in accounts.items() if account.is_brought_more}
    grown = [
        Trip(who, token, account.given, account.returned, brought_more=who in traded)
        for (who, token), account in accounts.items()
        if account.returned > account.given > 0
    ]
    if not grown:
        return []
    entries = _entries(frames, members)
    return [trip for trip in grown if entries.get(trip.counterpart, 0) >= SEPARATE_ENTRIES]


def _accounts(moves: Iterable[Move], members: frozenset[bytes]) -> Mapping[tuple[bytes, bytes], _Account]:
    accounts: dict[tuple[bytes, bytes], _Account] = defaultdict(_Account)
    for move in moves:
        if move.giver in members and move.taker not in members:
            accounts[move.taker, move.token].given += move.amount
        elif move.taker in members and move.giver not in members:
            account = accounts[move.giver, move.token]
            if account.given:
                account.returned += move.amount
            else:
                account.before += move.amount
    return accounts


def _entries(frames: Iterable[Frame], members: frozenset[bytes]) -> Mapping[bytes, int]:
    """How many calls by members reached each contract."""
    reached: dict[bytes, set[int]] = defaultdict(set)
    open_entries: list[Frame] = []
    for frame in frames:
        while open_entries and open_entries[-1].end <= frame.position:
            open_entries.pop()
        if is_entry(frame, members):
            open_entries.append(frame)
        if open_entries and frame.kind == "call":
            reached[frame.callee].add(open_entries[-1].position)
    return {contract: len(entries) for contract, entries in reached.items()}
