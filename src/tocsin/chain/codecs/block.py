"""
One recording, decoded and checked: which transactions its block has, and what its answers say of each.

The answers of one recording come from different methods, and may come from different moments or endpoints; what
they say of the same transaction must agree, or `InconsistentInput` is raised.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from tocsin.chain.codecs import answers, frame_logs
from tocsin.chain.codecs import hexadecimal as hx
from tocsin.chain.codecs.blocks import Header, Transaction
from tocsin.chain.codecs.call_tracer import Frame, Traced
from tocsin.chain.codecs.parity_traces import Replayed, Trace, without_rewards
from tocsin.chain.codecs.receipts import Log, Receipt, check
from tocsin.chain.codecs.state_diffs import PrestateEntry
from tocsin.chain.recording import Recording
from tocsin.model.errors import InconsistentInput, MalformedInput

Entry = Replayed | Traced | PrestateEntry


@dataclass(frozen=True)
class Block:
    """The typed answers of one recording; None is absent."""

    chain_id: int
    header: Header | None
    receipts: list[Receipt] | None
    logs: list[Log] | None
    traces: list[Trace] | None
    replays: list[Replayed] | None
    call_traces: list[Traced] | None
    prestates: list[PrestateEntry] | None
    single: Frame | None
    single_hash: bytes | None

    @cached_property
    def has_frame_logs(self) -> bool:
        """Whether its logs are known from call frames, and from nothing better."""
        if self.receipts is not None or self.logs is not None:
            return False
        roots = [self.single] if self.call_traces is None else [entry.result for entry in self.call_traces]
        return frame_logs.there(root for root in roots if root is not None)

    @cached_property
    def number(self) -> int | None:
        """The height, by whichever answer says it."""
        if self.header is not None:
            return hx.quantities([self.header.number], "number")[0]
        if said := self._said("block_number"):
            return hx.quantities([said], "blockNumber")[0]
        return next((trace.block_number for trace in self.traces or () if trace.block_number is not None), None)

    @cached_property
    def hash(self) -> str | None:
        """The block's hash, by whichever answer says it."""
        said = (self.header.hash if self.header else None) or self._said("block_hash")
        return said or next((trace.block_hash for trace in self.traces or () if trace.block_hash), None)

    def _said(self, field: str) -> str | None:
        said: str | None = next(
            (v for v in (getattr(x, field) for x in (*(self.receipts or ()), *(self.logs or ()))) if v), None
        )
        return said

    @cached_property
    def transactions(self) -> dict[int | None, str | None]:
        """Hash by position, in order. The transaction of a single-transaction recording has no position."""
        if self.single is not None:
            return {None: None if self.single_hash is None else "0x" + self.single_hash.hex()}
        if self.header is not None and self.header.transactions is not None:
            return dict(enumerate(_hash(each) for each in self.header.transactions))
        if self.receipts is not None:
            return dict(enumerate(receipt.transaction_hash.lower() for receipt in self.receipts))
        return self._from_traces() or self._from_logs()

    def _from_traces(self) -> dict[int | None, str | None]:
        if self.traces is not None:
            return {trace.transaction_position: _lower(trace.transaction_hash) for trace in self.traces}
        for entries in (self.replays, self.call_traces, self.prestates):
            if entries is not None:
                return dict(enumerate(hash_of(entry) for entry in without_the_blocks_own(entries)))
        return {}

    def _from_logs(self) -> dict[int | None, str | None]:
        logs = self.logs or ()
        indices = hx.quantities([log.transaction_index for log in logs], "transactionIndex")
        return {
            index: _lower(log.transaction_hash) for index, log in sorted(zip(indices, logs, strict=True), key=_first)
        }


def _first(pair: tuple[int | None, Log]) -> int:
    return -1 if pair[0] is None else pair[0]


def _hash(each: Transaction | str) -> str:
    return (each if isinstance(each, str) else each.hash).lower()


def _lower(text: str | None) -> str | None:
    return None if text is None else text.lower()


def hash_of(entry: Entry) -> str | None:
    """The transaction an entry of a block trace is about, where the node says so."""
    return _lower(entry.transaction_hash if isinstance(entry, Replayed) else entry.tx_hash)


def without_the_blocks_own(entries: Iterable[Entry]) -> list[Entry]:
    """The entries of transactions: Erigon adds one for what the block itself changed (rewards, withdrawals)."""
    return [entry for entry in entries if not (isinstance(entry, Replayed) and entry.transaction_hash is None)]


def decode(recording: Recording) -> Block:
    """
    Decode the answers of one recording.

    Raises `MalformedInput` for bytes that are not what their method gives, and `InconsistentInput` for answers
    that do not belong together; both name the recording.
    """
    replays = answers.REPLAY_LIST.read(recording)
    block = Block(
        chain_id=recording.chain_id,
        header=answers.HEADER.read(recording),
        receipts=answers.RECEIPT_LIST.read(recording),
        logs=answers.LOG_LIST.read(recording),
        traces=_traces(answers.TRACE_LIST.read(recording), replays),
        replays=replays,
        call_traces=answers.CALL_TRACE_LIST.read(recording),
        prestates=answers.PRESTATE_LIST.read(recording),
        single=answers.SINGLE_FRAME.read(recording),
        single_hash=recording.transaction_hash,
    )
    _check(block, recording.name)
    return block


def _traces(traces: list[Trace] | None, replays: Sequence[Replayed] | None) -> list[Trace] | None:
    """The call trees, by `trace_block` or else by a replay that was asked for them."""
    if traces is not None:
        return without_rewards(traces)
    if replays is None or any(entry.trace is None for entry in replays):
        return None
    return [_placed(trace, entry, position) for position, entry in enumerate(replays) for trace in entry.trace or ()]


def _placed(trace: Trace, entry: Replayed, position: int) -> Trace:
    trace.transaction_position, trace.transaction_hash = position, entry.transaction_hash
    return trace


def _check(block: Block, name: str) -> None:
    try:
        if block.header is not None and block.receipts is not None:
            check(block.receipts, block.header)
        _check_hashes(block)
        _check_roots(block)
    except (InconsistentInput, MalformedInput) as error:
        raise type(error)(f"{name}: {error}") from error


def _check_hashes(block: Block) -> None:
    """Each part that says the hash of its block must say the same, and none may say that it was removed."""
    logs = [*(block.logs or ()), *(log for receipt in block.receipts or () for log in receipt.logs)]
    if any(log.removed for log in logs):
        raise InconsistentInput("the logs are of a block that a reorg removed; fetch them again by block hash")
    written = {trace.block_hash for trace in block.traces or ()} | {log.block_hash for log in logs}
    said = {text.lower() for text in (*written, block.hash) if text}
    if len(said) > 1:
        raise InconsistentInput(
            f"its answers are of different blocks ({', '.join(sorted(text[:20] for text in said))}); "
            "fetch it again by hash"
        )


def _check_roots(block: Block) -> None:
    """A transaction without a call is one that was not traced. What the chain itself put there need not be."""
    if block.traces is None or block.header is None or not block.header.full:
        return
    traced = {trace.transaction_position for trace in block.traces}
    missing = [
        number for number, each in enumerate(block.header.full) if number not in traced and each.gas not in _NO_GAS
    ]
    if missing:
        raise InconsistentInput(
            f"the traces hold no call of {len(missing)} transactions, such as transaction {missing[0]}; "
            "the node lost them: record the block again"
        )


_NO_GAS = frozenset(("0x0", "0x00", None))
