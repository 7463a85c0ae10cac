"""Headers and full transactions to columns: `blocks`, `transactions`, `access_lists`, `authorisations`."""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
import polars as pl

from tocsin.chain.codecs import hexadecimal as hx
from tocsin.chain.codecs.place import Numbers, Places
from tocsin.model.errors import InconsistentInput


class AccessListEntry(msgspec.Struct, gc=False, rename="camel"):
    """One EIP-2930 entry."""

    address: str
    storage_keys: list[str] | None = None


class Authorisation(msgspec.Struct, gc=False, rename="camel"):
    """One EIP-7702 entry."""

    address: str
    chain_id: str
    nonce: str
    r: str
    s: str
    y_parity: str | None = None
    v: str | None = None


class Transaction(msgspec.Struct, gc=False, rename="camel"):
    """One full transaction, as text."""

    hash: str
    from_: str = msgspec.field(name="from")
    value: str
    nonce: str
    input: str
    gas: str
    to: str | None = None
    type: str | None = None
    gas_price: str | None = None
    max_fee_per_gas: str | None = None
    max_priority_fee_per_gas: str | None = None
    max_fee_per_blob_gas: str | None = None
    blob_versioned_hashes: list[str] | None = None
    access_list: list[AccessListEntry] | None = None
    authorization_list: list[Authorisation] | None = None
    transaction_index: str | None = None


class Header(msgspec.Struct, gc=False, rename="camel"):
    """One header, as text. Reduced headers have little more than a number."""

    number: str
    hash: str | None = None
    parent_hash: str | None = None
    timestamp: str | None = None
    miner: str | None = None
    gas_limit: str | None = None
    gas_used: str | None = None
    base_fee_per_gas: str | None = None
    blob_gas_used: str | None = None
    excess_blob_gas: str | None = None
    size: str | None = None
    extra_data: str | None = None
    state_root: str | None = None
    transactions: list[Transaction | str] | None = None

    @property
    def full(self) -> list[Transaction] | None:
        """The transactions, where the header has them whole; None where it has their hashes or nothing."""
        if self.transactions is None:
            return None
        whole = [each for each in self.transactions if isinstance(each, Transaction)]
        if 0 < len(whole) < len(self.transactions):
            raise InconsistentInput("the block mixes full transactions and bare hashes; ask for full transactions")
        return whole if len(whole) == len(self.transactions) else None


@dataclass(frozen=True, slots=True)
class Block:
    """A header with the chain it belongs to."""

    chain_id: int
    header: Header


def blocks(decoded: Sequence[Block]) -> pl.DataFrame:
    """The `blocks` dataset."""
    headers = [block.header for block in decoded]
    column = _Columns(headers)
    return pl.DataFrame(
        [
            pl.Series("chain_id", [block.chain_id for block in decoded], dtype=pl.UInt64()),
            column.count("number", "block_number"),
            column.digest("hash", "block_hash"),
            column.digest("parent_hash"),
            column.count("timestamp"),
            hx.fixed([header.miner for header in headers], 20, "author"),
            *(column.count(name) for name in _HEADER_COUNTS),
            pl.Series("transactions_count", [_size(header) for header in headers], dtype=pl.UInt64()),
            hx.octets([header.extra_data for header in headers], "extra_data"),
            column.digest("state_root"),
        ]
    )


_HEADER_COUNTS = ("gas_limit", "gas_used", "base_fee_per_gas", "blob_gas_used", "excess_blob_gas", "size")


def _size(header: Header) -> int | None:
    return None if header.transactions is None else len(header.transactions)


class _Columns:
    """Columns by attribute name from a list of structs."""

    def __init__(self, items: Sequence[msgspec.Struct]) -> None:
        self._items = items

    def texts(self, attribute: str) -> list[str | None]:
        return [getattr(item, attribute) for item in self._items]

    def count(self, attribute: str, name: str | None = None) -> pl.Series:
        return hx.counts(self.texts(attribute), name or attribute)

    def digest(self, attribute: str, name: str | None = None) -> pl.Series:
        return hx.fixed(self.texts(attribute), 32, name or attribute)


def transactions(
    whole: Sequence[Transaction], numbers: Numbers, places: Places, outcome: Sequence[pl.Series]
) -> pl.DataFrame:
    """The `transactions` dataset: one row per transaction and its number in the batch; `outcome` as receipts tell."""
    column = _Columns(whole)
    return pl.DataFrame(
        [
            *places.rows(numbers),
            hx.fixed([each.from_ for each in whole], 20, "from_address"),
            hx.fixed([each.to or None for each in whole], 20, "to_address"),
            *hx.amount(column.texts("value"), "value"),
            column.count("nonce"),
            hx.counts([each.type or "0x0" for each in whole], "transaction_type"),
            hx.octets(column.texts("input"), "input"),
            column.count("gas", "gas_limit"),
            *(column.count(name) for name in _FEES),
            _blob_hashes(whole),
            *outcome,
        ]
    )


_FEES = ("gas_price", "max_fee_per_gas", "max_priority_fee_per_gas", "max_fee_per_blob_gas")


def _blob_hashes(whole: Sequence[Transaction]) -> pl.Series:
    name = "blob_versioned_hashes"
    flat = hx.fixed([text for each in whole for text in each.blob_versioned_hashes or ()], 32, name).to_list()
    taken = iter(flat)
    lists = [
        None if each.blob_versioned_hashes is None else [next(taken) for _ in each.blob_versioned_hashes]
        for each in whole
    ]
    return pl.Series(name, lists, dtype=pl.List(pl.Binary()))


def access_lists(whole: Sequence[Transaction], numbers: Numbers, places: Places) -> pl.DataFrame:
    """The `access_lists` dataset: an entry without keys gives one row with a null key."""
    rows = [
        (number, entry.address, key)
        for number, each in zip(numbers, whole, strict=True)
        for entry in each.access_list or ()
        for key in entry.storage_keys or (None,)
    ]
    return pl.DataFrame(
        [
            *places.rows([number for number, *_ in rows]),
            hx.fixed([address for _, address, _ in rows], 20, "address"),
            hx.fixed([key for _, _, key in rows], 32, "storage_key"),
        ]
    )


def authorisations(whole: Sequence[Transaction], numbers: Numbers, places: Places) -> pl.DataFrame:
    """The `authorisations` dataset."""
    rows = [
        (number, index, item)
        for number, each in zip(numbers, whole, strict=True)
        for index, item in enumerate(each.authorization_list or ())
    ]
    items = [item for _, _, item in rows]
    return pl.DataFrame(
        [
            *places.rows([number for number, *_ in rows]),
            hx.positions([index for _, index, _ in rows], "authorisation_index"),
            hx.fixed([item.address for item in items], 20, "delegate_address"),
            hx.counts([item.chain_id for item in items], "authorised_chain_id"),
            hx.counts([item.nonce for item in items], "nonce"),
            hx.counts([item.y_parity or item.v for item in items], "y_parity"),
            _word([item.r for item in items], "r"),
            _word([item.s for item in items], "s"),
        ]
    )


def _word(texts: Sequence[str], name: str) -> pl.Series:
    """Signature parts are quantities: nodes drop their leading zeros."""
    return hx.word(texts, name)
