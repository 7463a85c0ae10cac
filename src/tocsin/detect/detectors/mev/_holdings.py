"""What each account gained and lost in a transaction: tells who keeps what it buys from who passes it on."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field
from math import fsum

import polars as pl

from tocsin.detect.detector import Read
from tocsin.detect.detectors.mev._trades import coin
from tocsin.tables.choice import rows_among

READ = Read(
    columns=("account_address", "token_address", "received_f64", "sent_f64", "net_f64"),
    optional=True,
)
"""What is read of `profits`."""

_COLUMNS = ("chain_id", "transaction_hash", "account_address", "token_address", "net_f64", "received_f64", "sent_f64")

PASSES_ON_SHARE = 0.01
"""An account that keeps less than this share of what goes through it is a router."""

ROUNDING_SHARE = 1e-9
"""A sum smaller than this share of its greatest part is rounding."""


@dataclass(frozen=True, slots=True)
class Holdings:
    """Net changes, rounded, and the accounts that are more than a way through."""

    net: dict[tuple[bytes, bytes, bytes], float] = field(default_factory=lambda: defaultdict(float))
    """By transaction, account and token; a wrapped native coin counts as the coin."""
    holders: set[tuple[bytes, bytes]] = field(default_factory=set)
    """Transaction and account."""

    def change(self, transactions: Collection[bytes], accounts: Collection[bytes], token: bytes) -> float:
        """What these accounts together gained of a token in these transactions; nothing if it is but rounding."""
        parts = [self.net.get((tx, account, token), 0.0) for tx in transactions for account in accounts]
        total = fsum(parts)
        return total if abs(total) > ROUNDING_SHARE * max(map(abs, parts), default=0.0) else 0.0


def holdings(profits: pl.DataFrame | None, transactions: pl.Series) -> Holdings | None:
    """What is known of these transactions; nothing where the dataset is absent."""
    if profits is None:
        return None
    found = Holdings()
    rows = rows_among(profits[[*_COLUMNS]], "transaction_hash", transactions)
    for chain, tx, account, token, net, received, sent in rows.rows():
        found.net[tx, account, coin(chain, token)] += net
        if abs(net) > PASSES_ON_SHARE * max(received, sent):
            found.holders.add((tx, account))
    return found
