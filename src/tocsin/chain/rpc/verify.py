"""
Whether an answer is about exactly the block that was asked for, and whole.

A node behind a load balancer may answer half a batch before a reorg and half after it, lose receipts, or return an
empty trace without an error. Such an answer is `InconsistentInput` here, before anything is read from it, so that
another endpoint can be asked.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import msgspec

from tocsin.chain import deep_json
from tocsin.chain.header import Header
from tocsin.chain.rpc import methods
from tocsin.model.errors import DataMissing, InconsistentInput, MalformedInput

HASH_CHARACTERS = 66


class _Transaction(msgspec.Struct, gc=False):
    hash: str
    gas: str = ""


class _Header(msgspec.Struct, gc=False, rename="camel"):
    number: str
    hash: str
    parent_hash: str
    timestamp: str
    transactions: list[_Transaction | str] = []
    logs_bloom: str | None = None


@dataclass(frozen=True, slots=True)
class Block:
    """A block as far as the other answers are held against it."""

    header: Header
    transactions: tuple[str, ...]
    """Their hashes, lower case."""
    bloom: str
    """Which logs it may hold; empty where the node does not say."""
    without_gas: frozenset[str] = frozenset()
    """Transactions the chain itself put there, such as Polygon's state syncs: not every node traces them."""


class _Receipt(msgspec.Struct, gc=False, rename="camel"):
    transaction_hash: str
    block_hash: str


class _Log(msgspec.Struct, gc=False, rename="camel"):
    block_hash: str
    removed: bool = False


class _Trace(msgspec.Struct, gc=False, rename="camel"):
    block_hash: str
    trace_address: list[int] = []
    transaction_hash: str | None = None


class _Replay(msgspec.Struct, gc=False, rename="camel"):
    trace: list[dict[str, msgspec.Raw]]
    state_diff: dict[str, msgspec.Raw] | None = None
    transaction_hash: str | None = None


class _Traced(msgspec.Struct, gc=False, rename="camel"):
    result: dict[str, msgspec.Raw] | None = None
    tx_hash: str | None = None


def header(raw: bytes, name: str) -> Header | None:
    """The header in a block or a newHeads push; None for null. Raises `MalformedInput`."""
    found = _decode(raw, _Header | None, name)
    return None if found is None else _header(found, name)


def block(raw: bytes, wanted: Header, name: str) -> Block:
    """The block that was asked for, with full transactions. Raises `DataMissing` when another stands in its place."""
    found = _decode(raw, _Header | None, name)
    if found is None or (read := _header(found, name)).hash != wanted.hash:
        raise DataMissing(f"{name}: block {wanted.number} is not 0x{wanted.hash.hex()} here (any more)")
    full = [each for each in found.transactions if isinstance(each, _Transaction)]
    if len(full) != len(found.transactions):
        raise InconsistentInput(f"{name}: block {wanted.number} came without full transactions")
    without_gas = frozenset(each.hash.lower() for each in full if each.gas == "0x0")
    return Block(read, tuple(each.hash.lower() for each in full), found.logs_bloom or "", without_gas)


def check(key: str, raw: bytes, of: Block, name: str) -> None:
    """
    Raise `InconsistentInput` unless this answer is about the whole of the block.

    `MalformedInput` if it is no answer, `DataMissing` if the node has none.
    """
    where = f"{name}: {key} of block {of.header.number}"
    if raw == b"null":
        raise DataMissing(f"{where}: the node has none")
    _CHECKS[key](raw, of, where)


def _receipts(raw: bytes, of: Block, name: str) -> None:
    receipts = _decode(raw, list[_Receipt], name)
    _same_transactions([receipt.transaction_hash for receipt in receipts], of, name)
    _same_block([receipt.block_hash for receipt in receipts], of, name)


def _logs(raw: bytes, of: Block, name: str) -> None:
    logs = _decode(raw, list[_Log], name)
    _same_block([log.block_hash for log in logs], of, name)
    if any(log.removed for log in logs):
        raise InconsistentInput(f"{name}: holds logs that a reorg removed")
    if not logs and of.transactions and not _is_uniform(of.bloom):
        raise InconsistentInput(f"{name}: is empty, but the block's bloom filter says it holds logs")


def _is_uniform(bloom: str) -> bool:
    """All zeros: no logs. All ones, or nothing at all: the chain keeps no filter."""
    return len(set(bloom[2:])) <= 1


def _traces(raw: bytes, of: Block, name: str) -> None:
    traces = _decode(raw, list[_Trace], name)
    _same_block([trace.block_hash for trace in traces], of, name)
    roots = {trace.transaction_hash.lower() for trace in traces if trace.transaction_hash and not trace.trace_address}
    if missing := [each for each in of.transactions if each not in roots | of.without_gas]:
        raise InconsistentInput(f"{name}: has no call for {len(missing)} transactions, such as {missing[0]}")


def _replays(raw: bytes, of: Block, name: str) -> None:
    replays = _decode(raw, list[_Replay], name)
    if replays and replays[-1].transaction_hash is None:
        replays.pop()  # Erigon's last one is of the block itself: what its author was paid
    _same_transactions([replay.transaction_hash for replay in replays], of, name)
    if any(not replay.trace or replay.state_diff is None for replay in replays):
        raise InconsistentInput(f"{name}: a transaction came without its trace or its state difference")


def _traced(raw: bytes, of: Block, name: str, *needs: str) -> None:
    traced = _decode(raw, list[_Traced], name)
    _same_transactions([each.tx_hash for each in traced], of, name)
    if any(each.result is None or not each.result.keys() >= set(needs) for each in traced):
        raise InconsistentInput(f"{name}: a transaction came without {' and '.join(needs)}")


def _call_tracer(raw: bytes, of: Block, name: str) -> None:
    _traced(raw, of, name, "type", "from")


def _prestate(raw: bytes, of: Block, name: str) -> None:
    _traced(raw, of, name, "pre", "post")


_CHECKS: Mapping[str, Callable[[bytes, Block, str], None]] = {
    methods.RECEIPTS: _receipts,
    methods.LOGS: _logs,
    methods.TRACE_BLOCK: _traces,
    methods.TRACE_REPLAY: _replays,
    methods.CALL_TRACER: _call_tracer,
    methods.PRESTATE_DIFF: _prestate,
}


def _same_transactions(hashes: Sequence[str | None], of: Block, name: str) -> None:
    """One entry a transaction, in their order; an entry may leave its hash out (old geth)."""
    if len(hashes) != len(of.transactions):
        raise InconsistentInput(f"{name}: {len(hashes)} entries for {len(of.transactions)} transactions")
    for given, wanted in zip(hashes, of.transactions, strict=True):
        if given is not None and given.lower() != wanted:
            raise InconsistentInput(
                f"{name}: speaks of transaction {given[:HASH_CHARACTERS]!r} in the place of {wanted}"
            )


def _same_block(hashes: Sequence[str], of: Block, name: str) -> None:
    wanted = "0x" + of.header.hash.hex()
    for given in hashes:
        if given.lower() != wanted:
            raise InconsistentInput(f"{name}: is about block {given[:HASH_CHARACTERS]!r}, not {wanted}")


def _header(found: _Header, name: str) -> Header:
    try:
        return Header(
            number=_quantity(found.number),
            hash=_digest(found.hash),
            parent_hash=_digest(found.parent_hash),
            timestamp=_quantity(found.timestamp),
        )
    except ValueError:
        raise MalformedInput(f"{name}: the header's number, hashes or time are not hexadecimal") from None


def _quantity(text: str) -> int:
    if not text.startswith("0x") or not text[2:].isalnum() or len(text) > 18:
        raise ValueError(text)
    return int(text, 16)


def _digest(text: str) -> bytes:
    if not text.startswith("0x") or len(text) != HASH_CHARACTERS:
        raise ValueError(text)
    return bytes.fromhex(text[2:])


@cache
def _decoder(kind: Any) -> "msgspec.json.Decoder[Any]":
    return msgspec.json.Decoder(kind)


def _decode(raw: bytes, kind: Any, name: str) -> Any:
    try:
        return deep_json.decode(_decoder(kind), raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise MalformedInput(
            f"{name}: not what the method returns ({type(error).__name__}: {str(error)[:80]})"
        ) from None
