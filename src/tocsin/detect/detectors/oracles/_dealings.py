"""What senders of transactions paid to the contract they called, and what they got of it."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from tocsin.detect.actors import SAME
from tocsin.intel.reference import ByIdentity
from tocsin.tables.choice import rows_where
from tocsin.tables.columns import PLACE
from tocsin.tables.dataset import Tables
from tocsin.tables.shared import Shared

TRANSFERS_READ = ("standard", "from_address", "to_address", "token_address", "value_f64")
_SAME = tuple(list(PLACE).index(name) for name in SAME)


class Dealing(NamedTuple):
    """One payment between a sender and the contract that was called."""

    place: tuple[Any, ...]
    sender: bytes
    contract: bytes
    token: bytes
    paid: float
    """To the contract; negative where it came from there. Rounded: to compare."""


_DEALINGS = Shared[list[Dealing]]()


def dealings(tables: Tables) -> list[Dealing]:
    """Those of a batch, which several detectors ask for. Reads transfers and transactions."""
    transfers, transactions = tables["transfers"], tables["transactions"]
    return _DEALINGS.of(transfers, ByIdentity(transactions), lambda: list(_dealings(transfers, transactions)))


def _dealings(transfers: pl.DataFrame, transactions: pl.DataFrame) -> Iterator[Dealing]:
    heads = (transactions[name].to_list() for name in (*SAME, "from_address", "to_address"))
    called = {tuple(same): (sender, contract) for *same, sender, contract in zip(*heads, strict=True)}
    known = {*called.values(), *((contract, sender) for sender, contract in called.values())}
    ends = zip(transfers["from_address"].to_list(), transfers["to_address"].to_list(), strict=True)
    near = np.array([parties in known for parties in ends], dtype=np.bool_)
    for row in rows_where(transfers[[*PLACE, *TRANSFERS_READ]], near).rows():
        place, (standard, giver, taker, token, amount) = row[: len(PLACE)], row[len(PLACE) :]
        both = called.get(tuple(place[number] for number in _SAME))
        if both in ((giver, taker), (taker, giver)) and giver != taker and standard == "erc20":
            yield Dealing(place, *both, token, amount if giver == both[0] else -amount)
