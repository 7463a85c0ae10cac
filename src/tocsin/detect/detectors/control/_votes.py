"""Proposals, votes and decisions, read from a governor's logs, remembered and counted."""

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import polars as pl

from tocsin.chain.signatures import topic
from tocsin.detect.detectors.control import _events
from tocsin.detect.detectors.control._proposals import CREATED, EXECUTED
from tocsin.tables.columns import PLACE, Column, address, count, digest, index, octets, schema, text
from tocsin.tables.dataset import Tables

CAST = topic("VoteCast(address,uint256,uint8,uint256,string)")
CAST_WITH_PARAMS = topic("VoteCastWithParams(address,uint256,uint8,uint256,string,bytes)")
QUEUED = topic("ProposalQueued(uint256,uint256)")
EVENTS = (CREATED, CAST, CAST_WITH_PARAMS, QUEUED, EXECUTED)

AGAINST, FOR = 0, 1
"""What voters say, as OpenZeppelin's and Compound's governors number it."""
_CREATED_WORDS, _CAST_WORDS = 8, 4
_MOST = 2**64 - 1

REMEMBERED: Mapping[str, Column] = {
    "kind": text("created, vote, decided", "What happened."),
    "governance": address("The governor."),
    "identity": digest("What it calls the proposal."),
    "position": index("The log it was read from.", required=False),
    "voter": address("Who voted.", required=False),
    "support": count("0 against, 1 for, 2 abstains", "What was voted.", required=False),
    "weight_binary": octets("With how many votes: 32 bytes, big-endian.", required=False),
    "start": count("block height or seconds since 1970", "When voting begins.", required=False),
    "end": count("block height or seconds since 1970", "When it ends.", required=False),
}
_NOTHING = pl.DataFrame(schema=schema({**PLACE, **REMEMBERED}))

Key: TypeAlias = "tuple[int, bytes, bytes]"
Order: TypeAlias = "tuple[int, int, int]"


def remember(tables: Tables) -> pl.DataFrame:
    """What a batch says of proposals."""
    rows = [row for log in _events.in_order(tables["logs"]) if (row := _row(log)) is not None]
    return pl.DataFrame(rows, schema=_NOTHING.schema, orient="row") if rows else _NOTHING


def _row(log: Mapping[str, Any]) -> dict[str, Any] | None:
    words = _events.arguments(log)
    said = _said(log["topic0"], words)
    if said is None or log["block_number"] is None:
        return None
    place = {name: log[name] for name in PLACE}
    return {**dict.fromkeys(REMEMBERED), **place, "governance": log["address"], "position": log["log_index"], **said}


def _said(event: bytes, words: list[bytes]) -> dict[str, Any] | None:
    """What the arguments say; nothing where they are too few."""
    if event in (QUEUED, EXECUTED) and words:
        return {"kind": "decided", "identity": words[0]}
    if event == CREATED and len(words) >= _CREATED_WORDS:
        return {"kind": "created", "identity": words[0], "start": _small(words[6]), "end": _small(words[7])}
    if event in (CAST, CAST_WITH_PARAMS) and len(words) >= _CAST_WORDS:
        voter, identity, support, weight = words[:_CAST_WORDS]
        return {"kind": "vote", "identity": identity, "voter": voter[-20:], "support": _small(support),
                "weight_binary": weight}  # fmt: skip
    return None


def _small(word: bytes) -> int:
    return min(int.from_bytes(word, "big"), _MOST)


def order(row: Mapping[str, Any]) -> Order:
    """Where a row stands on its chain."""
    return row["block_number"], row["transaction_index"] or 0, row["position"] or 0


def key(row: Mapping[str, Any]) -> Key:
    """Whose proposal it is about, and which."""
    return row["chain_id"], row["governance"], row["identity"]


@dataclass(slots=True)
class Proposal:
    """What is remembered of one proposal, in the order of the chain."""

    created: Mapping[str, Any] | None = None
    votes: list[Mapping[str, Any]] = field(default_factory=list)
    decided: list[Mapping[str, Any]] = field(default_factory=list)
    _sums: list[tuple[int, int]] = field(default_factory=list)
    """After each vote."""

    def before(self, row: Mapping[str, Any]) -> list[Mapping[str, Any]]:
        """The votes cast before this row."""
        return self.votes[: bisect_left(self.votes, order(row), key=order)]

    def tally(self, row: Mapping[str, Any]) -> tuple[int, int]:
        """The votes against and for that were cast before this row. Counted once: anybody can write many votes."""
        for vote in self.votes[len(self._sums) :]:
            against, in_favour = self._sums[-1] if self._sums else (0, 0)
            weight = int.from_bytes(vote["weight_binary"], "big")
            sums = (against + weight * (vote["support"] == AGAINST), in_favour + weight * (vote["support"] == FOR))
            self._sums.append(sums)
        at = bisect_left(self.votes, order(row), key=order)
        return self._sums[at - 1] if at else (0, 0)


def proposals(memory: pl.DataFrame, governors: set[bytes]) -> dict[Key, Proposal]:
    """The remembered proposals of these governors."""
    found: dict[Key, Proposal] = {}
    near = memory.filter(pl.col("governance").is_in(sorted(governors)))
    for row in sorted(near.iter_rows(named=True), key=order):
        proposal = found.setdefault(key(row), Proposal())
        if row["kind"] == "created":
            proposal.created = proposal.created or row
        else:
            (proposal.votes if row["kind"] == "vote" else proposal.decided).append(row)
    return found


def supporters(votes: list[Mapping[str, Any]]) -> frozenset[bytes]:
    """Who voted for it, with any votes at all."""
    return frozenset(vote["voter"] for vote in votes if vote["support"] == FOR and any(vote["weight_binary"]))
