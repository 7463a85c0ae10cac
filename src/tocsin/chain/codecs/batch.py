"""Recordings to raw datasets: each answer's rows gathered over the whole batch, each column decoded once."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from operator import attrgetter
from typing import Protocol, TypeVar

import polars as pl

from tocsin.chain.codecs import beacon, call_tracer, frame_logs, parity_traces, state_diffs
from tocsin.chain.codecs import hexadecimal as hx
from tocsin.chain.codecs.block import Block, Entry, decode, hash_of
from tocsin.chain.codecs.blocks import Block as Placed
from tocsin.chain.codecs.blocks import Transaction, access_lists, authorisations, blocks, transactions
from tocsin.chain.codecs.call_tracer import Frame, FrameLog
from tocsin.chain.codecs.call_trees import Frames, calls
from tocsin.chain.codecs.parity_traces import Replayed, Trace
from tocsin.chain.codecs.place import Places, Transactions
from tocsin.chain.codecs.receipts import Log, Receipt, logs, no_outcome, outcome
from tocsin.chain.recording import Recording
from tocsin.model.errors import InconsistentInput, InputError

_POSITION = attrgetter("transaction_position")

T = TypeVar("T")


class Given(Protocol[T]):
    """An entry of a block trace."""

    result: T | None
    error: str | None


BATCH = 32
"""Blocks a batch: column work is shared, memory stays some tens of megabytes."""


def tables(recordings: Sequence[Recording]) -> dict[str, pl.DataFrame]:
    """
    The raw datasets of these recordings, which must all hold the same answers (see `batches`).

    Raises `MalformedInput` or `InconsistentInput`, naming the recording.
    """
    try:
        return _tables(recordings)
    except InputError:
        # A column is decoded for all recordings at once, so its error cannot say whose it is: ask each alone.
        for recording in recordings:
            _alone(recording)
        raise


def _alone(recording: Recording) -> None:
    try:
        _tables([recording])
    except InputError as error:
        text = str(error)
        raise type(error)(text if text.startswith(recording.name) else f"{recording.name}: {text}") from error


def batches(recordings: Iterable[Recording], limit: int = BATCH) -> Iterator[list[Recording]]:
    """Runs of recordings that can be decoded together: of one chain, with the same methods, at most `limit`."""
    batch: list[Recording] = []
    for recording in recordings:
        if batch and (len(batch) >= limit or _group(batch[0]) != _group(recording)):
            yield batch
            batch = []
        batch.append(recording)
    if batch:
        yield batch


def _group(recording: Recording) -> object:
    # Two nameless transactions in one table could not be told apart.
    is_single = "debug_traceTransaction" in recording.methods
    nameless = recording.name if (is_single or recording.pasted) and not recording.transaction_hash else ""
    return recording.chain_id, recording.methods, nameless, frame_logs.seem_there(recording)


@dataclass(slots=True)
class _Gathered:
    """The rows of a batch, as typed values."""

    transactions: Transactions = field(default_factory=Transactions)
    headers: list[Placed] = field(default_factory=list)
    whole: list[Transaction] = field(default_factory=list)
    whole_numbers: list[int] = field(default_factory=list)
    receipts: list[Receipt] = field(default_factory=list)
    logs: list[Log] = field(default_factory=list)
    log_numbers: list[int] = field(default_factory=list)
    frames: Frames = field(default_factory=Frames)
    changes: state_diffs.Changes = field(default_factory=state_diffs.Changes)


def _tables(recordings: Sequence[Recording]) -> dict[str, pl.DataFrame]:
    decoded = [decode(recording) for recording in recordings]
    present = _present(decoded, recordings)
    gathered = _Gathered()
    for block, recording in zip(decoded, recordings, strict=True):
        _gather(block, recording.name, gathered)
    return _frames(gathered, present) | beacon.tables(recordings, [(block.number, block.hash) for block in decoded])


def _present(decoded: Sequence[Block], recordings: Sequence[Recording]) -> frozenset[str]:
    """The datasets of the batch. Absent data in one of them would look like an empty table: refuse it."""
    kinds = [_datasets(block) for block in decoded]
    for kind, recording in zip(kinds, recordings, strict=True):
        if kind != kinds[0]:
            raise InconsistentInput(
                f"{recording.name}: holds {sorted(kind)}, the batch before it {sorted(kinds[0])}; decode it alone"
            )
    return kinds[0] if kinds else frozenset()


def _datasets(block: Block) -> frozenset[str]:
    whole = block.header is not None and block.header.full is not None
    there = {
        "blocks": block.header is not None,
        "transactions": whole,
        "access_lists": whole,
        "authorisations": whole,
        "outcomes": block.receipts is not None,
        "logs": block.receipts is not None or block.logs is not None or block.has_frame_logs,
        "calls": any(part is not None for part in (block.traces, block.call_traces, block.single)),
        "state_changes": _has_state(block),
    }
    return frozenset(name for name, is_there in there.items() if is_there)


def _has_state(block: Block) -> bool:
    replayed = block.replays is not None and all(entry.state_diff is not None for entry in block.replays)
    return replayed or block.prestates is not None


def _gather(block: Block, name: str, into: _Gathered) -> None:
    finder = _Finder(block, name, into.transactions)
    if block.header is not None:
        into.headers.append(Placed(block.chain_id, block.header))
        whole = block.header.full or ()
        into.whole.extend(whole)
        into.whole_numbers.extend(finder.all()[: len(whole)])
    _gather_logs(block, finder, into)
    _gather_frames(block, finder, into)
    _gather_changes(block, finder, into)


class _Finder:
    """The transactions of one block, added to the batch, and their numbers there."""

    def __init__(self, block: Block, name: str, transactions: Transactions) -> None:
        self._name = name
        self._block = block
        self._transactions = transactions
        self._first = len(transactions)
        self._by_index = {index: self._add(index, text) for index, text in block.transactions.items()}
        self._by_hash = {text: number for number, text in zip(self.all(), block.transactions.values(), strict=True)}

    def _add(self, index: int | None, text: str | None) -> int:
        to = self._transactions
        to.chain_ids.append(self._block.chain_id)
        to.block_numbers.append(self._block.number)
        to.block_hashes.append(self._block.hash)
        to.indices.append(index)
        to.hashes.append(text)
        return len(to) - 1

    def all(self) -> list[int]:
        """The numbers of all transactions of the block, in order."""
        return list(self._by_index.values())

    def nobody(self) -> int:
        """A new entry for what the block itself did."""
        return self._add(None, None)

    def at(self, index: int | None, text: str | None) -> int:
        """The number of the transaction at this position; its hash must agree where both are known."""
        number = self._by_index.get(index)
        if number is None:
            raise self._error(f"transaction {index}", "is not in the block")
        known = self._transactions.hashes[number]
        if text is not None and known is not None and text.lower() != known:
            raise self._error(f"transaction {index}", f"is {known} in one answer and {text[:66]} in another")
        return number

    def of(self, entry: Entry, position: int) -> int:
        """The number of the transaction an entry of a block trace is about: by hash, else by position."""
        text = hash_of(entry)
        if text is None:
            return self.at(position, None)
        if text not in self._by_hash:
            raise self._error(f"transaction {text[:66]}", "is not in the block")
        return self._by_hash[text]

    def given(self, entry: Given[T], position: int) -> T:
        """What the node says of a transaction: an entry without a result is not a transaction without calls."""
        if entry.result is None:
            said = f": the node says {entry.error[:80]!r}" if entry.error else ""
            raise self._error(f"transaction {position}", f"came without its trace{said}")
        return entry.result

    def behind(self, number: int, last: int) -> int:
        """This transaction's number, which must be above that of the one before it."""
        if number <= last:
            raise self._error(f"transaction {number - self._first}", "is traced twice, or out of its order")
        return number

    def _error(self, what: str, problem: str) -> InconsistentInput:
        return InconsistentInput(f"{self._name}: {what} {problem}; fetch the block again by its hash")


def _gather_logs(block: Block, finder: _Finder, into: _Gathered) -> None:
    if block.receipts is not None:
        into.receipts.extend(block.receipts)
        for number, receipt in zip(finder.all(), block.receipts, strict=True):
            into.logs.extend(receipt.logs)
            into.log_numbers.extend([number] * len(receipt.logs))
    elif block.logs is not None:
        into.logs.extend(block.logs)
        indices = hx.quantities([log.transaction_index for log in block.logs], "transactionIndex")
        into.log_numbers.extend(map(finder.at, indices, (log.transaction_hash for log in block.logs)))
    elif block.has_frame_logs:
        found, numbers = _logs_of_frames(block, finder)
        into.logs.extend(found)
        into.log_numbers.extend(numbers)


def _logs_of_frames(block: Block, finder: _Finder) -> tuple[list[Log], list[int]]:
    """The logs that call frames hold, and the numbers of their transactions: in the order of the block, each once."""
    found: list[FrameLog] = []
    numbers: list[int] = []
    last = -1
    for root, number in _trees(block, finder):
        last = finder.behind(number, last)
        found.extend(frame_logs.written(root))
        numbers.extend([number] * (len(found) - len(numbers)))
    return frame_logs.as_logs(found), numbers


def _trees(block: Block, finder: _Finder) -> Iterator[tuple[Frame, int]]:
    """The callTracer trees, each with the number of its transaction."""
    if block.call_traces is not None:
        for position, entry in enumerate(block.call_traces):
            yield finder.given(entry, position), finder.of(entry, position)
    elif block.single is not None:
        yield block.single, finder.at(None, None)


def _gather_frames(block: Block, finder: _Finder, into: _Gathered) -> None:
    if block.traces is not None:
        _gather_traces(block.traces, finder, into.frames)
    else:
        for root, number in _trees(block, finder):
            call_tracer.append(into.frames, root, number)


def _gather_traces(traces: Sequence[Trace], finder: _Finder, frames: Frames) -> None:
    numbers: list[int] = []
    for position, group in groupby(traces, key=_POSITION):
        some = list(group)
        numbers.extend([finder.at(position, some[0].transaction_hash)] * len(some))
    parity_traces.extend(frames, traces, numbers)


def _gather_changes(block: Block, finder: _Finder, into: _Gathered) -> None:
    if block.replays is not None and _has_state(block):
        for position, entry in enumerate(block.replays):
            into.changes.add(_owner(entry, position, finder), state_diffs.parity(entry.state_diff or {}))
    elif block.prestates is not None:
        for position, traced in enumerate(block.prestates):
            into.changes.add(finder.of(traced, position), state_diffs.prestate(finder.given(traced, position)))


def _owner(entry: Replayed, position: int, finder: _Finder) -> int:
    return finder.nobody() if entry.transaction_hash is None else finder.of(entry, position)


def _frames(gathered: _Gathered, present: frozenset[str]) -> dict[str, pl.DataFrame]:
    places = Places(gathered.transactions)
    numbers, whole = gathered.whole_numbers, gathered.whole
    results = outcome(gathered.receipts) if "outcomes" in present else no_outcome(len(whole))
    makers: dict[str, Callable[[], pl.DataFrame]] = {
        "blocks": lambda: blocks(gathered.headers),
        "transactions": lambda: transactions(whole, numbers, places, results),
        "access_lists": lambda: access_lists(whole, numbers, places),
        "authorisations": lambda: authorisations(whole, numbers, places),
        "logs": lambda: logs(gathered.logs, gathered.log_numbers, places),
        "calls": lambda: calls(gathered.frames, places),
        "state_changes": lambda: state_diffs.state_changes(gathered.changes, places),
    }
    return {name: make() for name, make in makers.items() if name in present}
