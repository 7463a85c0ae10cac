"""Accounts that issuers of tokens, or a list of sanctions, have just listed."""

from collections.abc import Iterator

import polars as pl

from tocsin.chain import abi
from tocsin.chain.signatures import topic
from tocsin.chain.tokens import token
from tocsin.detect.detectors.theft._payments import Row
from tocsin.detect.labels import Labels
from tocsin.intel.kinds import OURS

BLACKLISTED, ADDED = topic("Blacklisted(address)"), topic("AddedBlackList(address)")
SANCTIONED = topic("SanctionedAddressesAdded(address[])")
LISTINGS = (BLACKLISTED, ADDED, SANCTIONED)
"""What USDC's issuer, USDT's and a list of sanctions say when they add accounts."""
SANCTIONS_LIST = bytes.fromhex("40c57923924b5c5c5455c48d93317139addac8fb")
"""Chainalysis' list of sanctions, at one address on most chains."""
MOST = 1_000
"""Accounts that are read of one event."""


def listings(logs: pl.DataFrame, labels: Labels) -> Iterator[tuple[Row, bytes]]:
    """The event and the account. Only who is known may list: anybody can write such an event."""
    for row in logs.filter(pl.col("topic0").is_in(LISTINGS)).sort("block_number", "log_index").iter_rows(named=True):
        if _may_list(row, labels):
            yield from ((row, account) for account in dict.fromkeys(_accounts(row)) if any(account))


def _may_list(row: Row, labels: Labels) -> bool:
    chain, emitter = row["chain_id"], row["address"]
    is_own = bool(labels.kinds(chain, emitter) & OURS)
    return is_own or emitter == SANCTIONS_LIST or token(chain, emitter) is not None


def _accounts(row: Row) -> list[bytes]:
    """The account in the first topic or the data; of the list of sanctions, all of the array."""
    data = row["data"] or b""
    if row["topic0"] == SANCTIONED:
        words = (abi.array(data, 0) or [])[:MOST]
    elif row["topic1"] is not None:
        words = [row["topic1"]]
    else:
        words = [data[:32]] if len(data) >= 32 else []
    return [word[-abi.ADDRESS_BYTES :] for word in words]
