"""Receipts and logs to columns: the outcome of transactions, and `logs`."""

from collections.abc import Sequence

import msgspec
import polars as pl

from tocsin.chain.codecs import hexadecimal as hx
from tocsin.chain.codecs.blocks import Header
from tocsin.chain.codecs.place import Numbers, Places
from tocsin.model.errors import InconsistentInput, MalformedInput

TOPICS_LIMIT = 4
"""The EVM has LOG0 to LOG4."""


class Log(msgspec.Struct, gc=False, rename="camel"):
    """One log, as text."""

    address: str
    topics: list[str]
    data: str
    log_index: str
    transaction_hash: str | None = None
    transaction_index: str | None = None
    block_hash: str | None = None
    block_number: str | None = None
    removed: bool = False


class Receipt(msgspec.Struct, gc=False, rename="camel"):
    """One receipt, as text."""

    transaction_hash: str
    logs: list[Log]
    block_hash: str | None = None
    block_number: str | None = None
    transaction_index: str | None = None
    status: str | None = None
    gas_used: str | None = None
    effective_gas_price: str | None = None
    contract_address: str | None = None
    blob_gas_used: str | None = None


def check(receipts: Sequence[Receipt], header: Header) -> None:
    """Raise `InconsistentInput` unless these are the receipts of this block, one per transaction, in order."""
    if header.transactions is not None:
        hashes = [each if isinstance(each, str) else each.hash for each in header.transactions]
        _agree("transactions and receipts", len(hashes), len(receipts))
        for number, (wanted, receipt) in enumerate(zip(hashes, receipts, strict=True)):
            _agree(f"the hash of transaction {number}", wanted.lower(), receipt.transaction_hash.lower())
    for receipt in receipts:
        if header.hash and receipt.block_hash:
            _agree("the block hash of header and receipt", header.hash.lower(), receipt.block_hash.lower())


def _agree(what: str, header: object, receipt: object) -> None:
    if header != receipt:
        raise InconsistentInput(
            f"{what} do not agree: the block says {header}, the receipts say {receipt}; "
            "fetch the block again by its hash"
        )


def outcome(receipts: Sequence[Receipt]) -> list[pl.Series]:
    """What receipts add to `transactions`."""
    return [
        pl.Series("success", [_success(receipt.status) for receipt in receipts], dtype=pl.Boolean()),
        hx.counts([receipt.gas_used for receipt in receipts], "gas_used"),
        hx.counts([receipt.effective_gas_price for receipt in receipts], "effective_gas_price"),
        hx.fixed([receipt.contract_address or None for receipt in receipts], 20, "contract_address"),
        hx.counts([receipt.blob_gas_used for receipt in receipts], "blob_gas_used"),
    ]


def no_outcome(count: int) -> list[pl.Series]:
    """The outcome columns where there are no receipts."""
    none: list[str | None] = [None] * count
    return [
        pl.Series("success", [None] * count, dtype=pl.Boolean()),
        hx.counts(none, "gas_used"),
        hx.counts(none, "effective_gas_price"),
        hx.fixed(none, 20, "contract_address"),
        hx.counts(none, "blob_gas_used"),
    ]


_STATUS = {"0x1": True, "0x0": False, "0x01": True, "0x00": False}


def _success(status: str | None) -> bool | None:
    if status is None:
        return None
    if status not in _STATUS:
        raise MalformedInput(f"receipt status: {status[: hx.SHOWN_CHARACTERS]!r} is neither 0x0 nor 0x1")
    return _STATUS[status]


def logs(found: Sequence[Log], numbers: Numbers, places: Places) -> pl.DataFrame:
    """The `logs` dataset: one row per log, with the number of its transaction in the batch."""
    topics = [log.topics for log in found]
    if any(len(each) > TOPICS_LIMIT for each in topics):
        raise MalformedInput(f"log topics: a log has more than {TOPICS_LIMIT} topics")
    return pl.DataFrame(
        [
            *places.rows(numbers),
            hx.positions(hx.quantities([log.log_index for log in found], "logIndex"), "log_index"),
            hx.fixed([log.address for log in found], 20, "address"),
            *(
                hx.fixed([each[number] if len(each) > number else None for each in topics], 32, f"topic{number}")
                for number in range(TOPICS_LIMIT)
            ),
            hx.octets([log.data for log in found], "data"),
        ]
    )
