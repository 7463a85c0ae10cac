"""Who was paid out of a mixer, by a flagged account, an exchange or a bridge: the rows that origins are traced by."""

from collections.abc import Mapping
from functools import lru_cache

import numpy as np
import polars as pl
import pyarrow as pa

from tocsin.chain import abi
from tocsin.chain.signatures import topic
from tocsin.detect.detector import Read
from tocsin.detect.labels import LABELS_READ
from tocsin.detect.worth import PRICES_READ, Prices
from tocsin.intel.kinds import HOSTILE
from tocsin.intel.reference import LABELS, ByIdentity
from tocsin.tables.choice import rows_where
from tocsin.tables.columns import NATIVE, PLACE, Column, address, schema, text
from tocsin.tables.columns import count as number
from tocsin.tables.dataset import Tables

WITHDRAWAL = topic("Withdrawal(address,bytes32,address,uint256)")
"""A payment out of a mixer's pool of equal deposits: to whom, the note that is used up, the relayer, its fee."""
MIXER, FLAGGED, EXCHANGE, BRIDGE, SENT = "mixer", "flagged", "exchange", "bridge", "sent"
HIDING = frozenset((MIXER, FLAGGED))
"""What is passed on with the money. Nearly everybody's first money comes from an exchange or over a bridge."""
LEAST_DOLLARS = 20.0
"""Less is no funding (reference: detection, section 4.16)."""
LEAST_COINS: Mapping[int, float] = {56: 10.0}
"""Native coins that an exchange or a bridge must pay, by chain (reference: detection, section 4.16)."""
LEAST_COINS_ELSEWHERE = 2.0
FIRST_COINS = 0.1
"""What an account that has never sent anything passes on is remembered from so many native coins."""
COIN = 10.0**18

READS: Mapping[str, Read] = {
    "logs": Read(columns=("address", "topic0", "topic1", "data"), topic0=(WITHDRAWAL,), optional=True),
    "transfers": Read(
        columns=("token_address", "standard", "from_address", "to_address", "value_binary", "value_f64"), optional=True
    ),
    "transactions": Read(columns=("from_address", "to_address", "value_binary", "value_f64", "nonce", "success")),
    "labels": LABELS_READ,
    "prices": PRICES_READ,
}
REMEMBERED: Mapping[str, Column] = {
    "account": address("Who was paid."),
    "source": address("Who paid."),
    "kind": text("mixer, flagged, exchange, bridge, sent", "What who paid is; `sent`: somebody's first payment."),
    "key": number("number", "The first bytes of the account, to find it by."),
}
FUNDINGS = "fundings"
"""The table of payments by mixers and labelled accounts, which both remembering and finding need."""
_FUNDING_COLUMNS: Mapping[str, Column] = {
    **PLACE,
    **REMEMBERED,
    "token": address("What was paid."),
    "value_binary": Column(pl.Binary(), "base units", "How much."),
    "value_f64": Column(pl.Float64(), "base units", "How much, rounded."),
    "dollars": Column(pl.Float64(), "US dollars", "About how much."),
}
_SCHEMA = schema(_FUNDING_COLUMNS)
_NO_FUNDINGS = pl.DataFrame(schema=_SCHEMA)
_LABELLED: Mapping[str, str] = {
    "mixer": MIXER, **dict.fromkeys(sorted(HOSTILE), FLAGGED), "exchange": EXCHANGE, "bridge": BRIDGE
}  # fmt: skip
"""The labels that matter, the gravest first, and what they make of a payment."""


def prepare(tables: Tables) -> Tables:
    """The fundings of a batch."""
    return {FUNDINGS: fundings(tables)}


def fundings(tables: Tables) -> pl.DataFrame:
    """Payments out of mixers' pools and by labelled accounts that are large enough, each payer and payee once."""
    if "transfers" not in tables:
        return _NO_FUNDINGS
    parts = [part for part in (_by_label(tables), _out_of_pools(tables)) if part is not None]
    if not parts:
        return _NO_FUNDINGS
    named = pl.concat(parts).filter(pl.col("block_number").is_not_null() & pl.col("transaction_index").is_not_null())
    priced = Prices.of(tables).with_dollars(named, "value_f64").filter(_is_enough())
    return (
        priced.rename({"to_address": "account", "from_address": "source", "token_address": "token"})
        .with_columns(key=keys(priced["to_address"]))
        .select(*_SCHEMA)
        .sort(*_IN_ORDER)
        .unique(["chain_id", "block_hash", "transaction_hash", "account", "source"], keep="first", maintain_order=True)
    )


_IN_ORDER = ("block_number", "transaction_index", "account", "source", "kind", "token", "value_binary")


def keys(addresses: pl.Series) -> pl.Series:
    """The first eight bytes of each address, as a number."""
    packed = b"".join((each or b"").ljust(8, b"\0")[:8] for each in addresses.to_list())
    return pl.Series("key", np.frombuffer(packed, dtype=">u8").astype(np.uint64), dtype=pl.UInt64())


def _is_enough() -> pl.Expr:
    coins = pl.col("value_f64") / COIN
    least = pl.col("chain_id").replace_strict(LEAST_COINS, default=LEAST_COINS_ELSEWHERE, return_dtype=pl.Float64())
    is_native = pl.col("token_address") == NATIVE
    is_service = pl.col("kind").is_in([EXCHANGE, BRIDGE])
    return pl.when(is_service).then(is_native & (coins >= least)).otherwise(pl.col("dollars") >= LEAST_DOLLARS)


def _by_label(tables: Tables) -> pl.DataFrame | None:
    """Payments by accounts with one of the labels."""
    transfers = tables["transfers"]
    kinds, addresses = _kinds(ByIdentity(tables[LABELS]))
    if not kinds or transfers.is_empty():
        return None
    who = abi.which(transfers["from_address"], addresses)
    is_money = abi.among(transfers["standard"], _MONEY)
    chosen = rows_where(transfers, (who >= 0) & is_money)
    if chosen.is_empty():
        return None
    places = zip(chosen["chain_id"].to_list(), chosen["from_address"].to_list(), strict=True)
    kind = [kinds[source].get(chain) or kinds[source].get(None) for chain, source in places]
    return _with_kind(chosen, pl.Series("kind", kind, dtype=pl.String())).filter(pl.col("kind").is_not_null())


_MONEY = abi.texts(("native", "erc20"))


@lru_cache(maxsize=4)
def _kinds(key: ByIdentity) -> tuple[Mapping[bytes, Mapping[int | None, str]], pa.Array]:
    """By labelled address and chain (None: every chain) what a payment by it is; and the addresses, to look for."""
    found: dict[bytes, dict[int | None, str]] = {}
    for kind in reversed(tuple(_LABELLED)):  # the gravest comes last and stays
        rows = key.frame.filter(pl.col("kind") == kind)
        for chain, source in rows.select("chain_id", "address").iter_rows():
            found.setdefault(source, {})[chain] = _LABELLED[kind]
    return found, abi.keys(found)


def _out_of_pools(tables: Tables) -> pl.DataFrame | None:
    """Payments that a pool announces and makes in one transaction: an announcement alone costs nothing."""
    if "logs" not in tables or tables["logs"].is_empty():
        return None
    logs = tables["logs"]
    real = rows_where(logs, abi.has_words(logs["data"], 3))
    if real.is_empty():
        return None
    announced = real.select("chain_id", "block_hash", "transaction_hash", from_address="address").hstack(
        [abi.address(real["data"]).alias("to_address")]
    )
    transfers = tables["transfers"].filter(pl.col("standard").is_in(["native", "erc20"]))
    on = ["chain_id", "block_hash", "transaction_hash", "from_address", "to_address"]
    paid = transfers.join(announced.unique(), on=on, how="semi", nulls_equal=True)
    return None if paid.is_empty() else _with_kind(paid, pl.lit(MIXER).alias("kind"))


def _with_kind(rows: pl.DataFrame, kind: pl.Series | pl.Expr) -> pl.DataFrame:
    names = (*PLACE, "from_address", "to_address", "token_address", "value_binary", "value_f64")
    return rows.select(*names).with_columns(kind)


def remember(tables: Tables) -> pl.DataFrame:
    """Fundings, and payments that were the first thing an account ever sent: through these money is passed on."""
    first = payments(tables, FIRST_COINS, first=True)
    sent = pl.DataFrame(
        [
            *(first[name] for name in PLACE),
            first["to_address"].alias("account"),
            first["from_address"].alias("source"),
            pl.Series("kind", [SENT] * len(first), dtype=pl.String()),
            keys(first["to_address"]),
        ]
    )
    funded = tables[FUNDINGS]
    return sent if funded.is_empty() else pl.concat([funded[sent.columns], sent])


def payments(tables: Tables, coins: float, *, first: bool = False) -> pl.DataFrame:
    """Transactions that pay an account at least so many native coins; or only those that are their senders' first."""
    sent = tables["transactions"]
    chosen = (sent["value_f64"].to_numpy() >= coins * COIN) & (sent["value_f64"].to_numpy() > 0)
    if first:
        chosen &= sent["nonce"].to_numpy() == 0
    for name in ("to_address", "block_number", "transaction_index"):
        chosen &= abi.present(sent[name])
    return rows_where(sent, chosen & abi.flags(sent["success"], missing=True))
