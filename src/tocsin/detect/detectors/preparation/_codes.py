"""When code came into being, was queued to be run, and ended: the rows by which changed code is found."""

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

import polars as pl
import pyarrow as pa

from tocsin.chain import abi
from tocsin.chain.bytecode.contents import contents
from tocsin.chain.signatures import topic
from tocsin.detect.actors import SAME
from tocsin.detect.labels import Labels
from tocsin.tables.choice import rows_where
from tocsin.tables.columns import PLACE, Column, address, octets, schema, text
from tocsin.tables.dataset import Tables

CREATED, QUEUED = "created", "queued"
SCHEDULED = topic("CallScheduled(bytes32,uint256,address,uint256,bytes,bytes32,uint256)")
PROPOSED = topic("ProposalCreated(uint256,address,address[],uint256[],string[],bytes[],uint256,uint256,string)")
PROPOSED_ONE = topic("ProposalCreated(uint256,address,address,uint256,uint256,string)")
"""A proposal that is one contract, to be called with the governance's own rights."""
QUEUEING = (SCHEDULED, PROPOSED, PROPOSED_ONE)
MOST_TARGETS = 64
"""Of one proposal."""

REMEMBERED: Mapping[str, Column] = {
    "account": address("Whose code it is."),
    "role": text("created, queued", "Whether it came into being or was queued to be run."),
    "digest": octets("SHA-256 of the code that came into being; empty for what was queued."),
    "by": address("Who created it, or where it was queued."),
}
_SCHEMA = pl.Schema({**schema(PLACE), **schema(REMEMBERED)})
_NOTHING = pl.DataFrame(schema=_SCHEMA)


def digest(code: bytes) -> bytes:
    """What code is compared by."""
    return hashlib.sha256(code).digest()


def remember(tables: Tables) -> pl.DataFrame:
    """Queued targets, and new code that may end: what cannot end cannot be replaced."""
    rows = [*_created(tables["created_contracts"]), *queued(tables)]
    if not rows:
        return _NOTHING
    return pl.DataFrame([[row[name] for name in _SCHEMA] for row in rows], schema=_SCHEMA, orient="row")


def _created(created: pl.DataFrame) -> Iterator[dict[str, Any]]:
    for row in created.iter_rows(named=True):
        if row["code"] and contents(row["code"]).destroys_itself:
            yield {
                **{name: row[name] for name in PLACE},
                "account": row["contract_address"],
                "role": CREATED,
                "digest": digest(row["code"]),
                "by": row["creator_address"],
            }


def queued(tables: Tables) -> Iterator[dict[str, Any]]:
    """The targets of proposals and of operations that are queued in timelocks."""
    if "logs" not in tables:
        return
    for row in tables["logs"].iter_rows(named=True):
        for target in _targets(row):
            if any(target):
                place = {name: row[name] for name in PLACE}
                yield {**place, "account": target, "role": QUEUED, "digest": b"", "by": row["address"]}


def _targets(row: Mapping[str, Any]) -> list[bytes]:
    data: bytes = row["data"] or b""
    if row["topic0"] == SCHEDULED:
        return [data[12:32]] if len(data) >= 32 else []
    if row["topic0"] == PROPOSED_ONE:
        return _one_target(row, data)
    words = abi.array(data, 2) or []
    return list(dict.fromkeys(word[12:] for word in words[:MOST_TARGETS]))


def _one_target(row: Mapping[str, Any], data: bytes) -> list[bytes]:
    """Identifier and proposer may be topics, or stand before the target."""
    topics = sum(row[name] is not None for name in ("topic1", "topic2"))
    start = 32 * (2 - topics)
    return [data[start + 12 : start + 32]] if len(data) >= start + 32 else []


def ended(tables: Tables) -> pl.DataFrame:
    """Self-destructs that took effect, each contract once a transaction."""
    ends = _frames(tables["calls"], _ENDING)
    return ends if ends.is_empty() else ends.unique([*SAME, "from_address"], maintain_order=True)


def made_at_known_addresses(tables: Tables) -> pl.DataFrame:
    """Creations with CREATE2 that took effect."""
    return _frames(tables["calls"], _CREATING)


def _frames(calls: pl.DataFrame, kinds: pa.Array) -> pl.DataFrame:
    """Frames of some kinds that took effect, and their other party."""
    chosen = abi.among(calls["call_type"], kinds) & ~calls["reverted"].to_numpy()
    return rows_where(calls, chosen & abi.present(calls["to_address"]))


_ENDING, _CREATING = abi.texts(("selfdestruct",)), abi.texts(("create2",))


def watched(tables: Tables, chain_id: int) -> frozenset[bytes]:
    """The accounts the organisation watches."""
    return Labels.of(tables).of_kind("watched", chain_id)


def anything_watched(tables: Tables) -> bool:
    """Whether there is a watched account on any chain."""
    labels = tables["labels"]
    return not labels.is_empty() and bool((labels["kind"] == "watched").any())
