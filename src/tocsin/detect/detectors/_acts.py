"""One transaction as values: who acts, what is called in which order, what moved."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import polars as pl

from tocsin.detect import actors
from tocsin.detect.actors import CALLS_READ, Cluster
from tocsin.detect.detector import Read
from tocsin.detect.detectors import _frames
from tocsin.detect.detectors._frames import Frame, gives, receiver
from tocsin.model.finding import Entity, hexadecimal
from tocsin.tables.columns import PLACE
from tocsin.tables.dataset import Tables

_MOVES_READ = ("from_address", "to_address", "token_address", "value_binary", "log_index", "call_index")
LISTED = 50
"""How many accounts or tokens a finding lists."""

READS: Mapping[str, Read] = {
    "calls": Read(columns=tuple(dict.fromkeys((*CALLS_READ, *_frames.READ)))),
    "transfers": Read(columns=_MOVES_READ),
    "profits": Read(columns=actors.PROFITS_READ),
}


class Move(NamedTuple):
    """One movement of native coin, a token or an item."""

    giver: bytes
    taker: bytes
    token: bytes
    amount: int


@dataclass(frozen=True, slots=True)
class Act:
    """One transaction."""

    cluster: Cluster
    tree: tuple[Frame, ...]
    inputs: Mapping[int, bytes]
    """By position: the whole call data."""
    moves: tuple[Move, ...]
    """In order, as far as it is known: logs and calls have orders of their own."""
    created: frozenset[bytes]
    """Every contract that it created, by whomever."""

    @property
    def place(self) -> Mapping[str, Any]:
        """The place columns."""
        return self.cluster.place

    @property
    def members(self) -> frozenset[bytes]:
        """The actors."""
        return self.cluster.members

    def given(self, giver: bytes) -> dict[bytes, int]:
        """By token: what the actors got from this account, where they gave it nothing at all."""
        got: dict[bytes, int] = {}
        for move in self.moves:
            if move.taker == giver and move.giver in self.members and move.amount:
                return {}
            if move.giver == giver and move.taker in self.members and move.amount:
                got[move.token] = got.get(move.token, 0) + move.amount
        return got

    def lost(self, account: bytes, token: bytes) -> int:
        """How much less of a token an account has than before."""
        own = (move for move in self.moves if move.token == token and account in (move.giver, move.taker))
        return sum(move.amount if move.giver == account else -move.amount for move in own)

    def pays(self, frame: Frame, giver: bytes) -> bool:
        """Whether by this frame the account gives something to an actor."""
        return frame.caller == giver and gives(frame, self.members) and receiver(frame) in self.members

    @property
    def actors(self) -> tuple[Entity, ...]:
        """The actors as a finding names them."""
        contracts = self.cluster.contracts[:LISTED]
        return (
            Entity("attacker", shown(self.cluster.sender)),
            *(Entity("attack_contract", shown(contract)) for contract in contracts),
        )


def shown(address: bytes) -> str:
    """An address as findings show it."""
    return hexadecimal(address) or ""


def acts(tables: Tables, chosen: pl.DataFrame) -> Iterator[Act]:
    """The chosen transactions that took effect. Reads calls, transfers and profits."""
    part = {name: actors.of_transactions(tables[name][[*PLACE, *read.columns]], chosen) for name, read in READS.items()}
    frames = actors.by_transaction(part["calls"], _frames.READ)
    inputs = actors.by_transaction(part["calls"], ("call_index", "input"))
    moves = actors.by_transaction(part["transfers"], _MOVES_READ)
    for key, cluster in actors.find(part).items():
        tree = tuple(_frames.ordered(frames[key]))
        yield Act(
            cluster=cluster,
            tree=tree,
            inputs=dict(inputs[key]),
            moves=tuple(_moves(moves.get(key, []))),
            created=frozenset(frame.callee for frame in tree if frame.kind in ("create", "create2")),
        )


def _moves(rows: list[tuple[Any, ...]]) -> Iterator[Move]:
    for giver, taker, token, amount, *_ in sorted(rows, key=_order):
        yield Move(giver, taker, token, int.from_bytes(amount, "big"))


def _order(row: tuple[Any, ...]) -> tuple[bool, int]:
    log_index, call_index = row[-2:]
    return log_index is None, (call_index or 0) if log_index is None else log_index
