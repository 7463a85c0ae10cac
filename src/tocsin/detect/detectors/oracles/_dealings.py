"""What senders of transactions paid to the contract they called, and what they got of it."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from tocsin.detect.actors import SAME
from tocsin.tables.columns import PLACE
from tocsin.tables.dataset import Tables

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


def dealings(tables: Tables) -> Iterator[Dealing]:
    """Those of a batch. Reads transfers and transactions."""
    heads = (tables["transactions"][name].to_list() for name in (*SAME, "from_address", "to_address"))
    called = {tuple(same): (sender, contract) for *same, sender, contract in zip(*heads, strict=True)}
    known = {*called.values(), *((contract, sender) for sender, contract in called.values())}
    transfers = tables["transfers"]
    ends = zip(transfers["from_address"].to_list(), transfers["to_address"].to_list(), strict=True)
    rows = [row for row, parties in enumerate(ends) if parties in known]
    for row in transfers[[*PLACE, *TRANSFERS_READ]][rows].rows() if rows else ():
        place, (standard, giver, taker, token, amount) = row[: len(PLACE)], row[len(PLACE) :]
        both = called.get(tuple(place[number] for number in _SAME))
        if both in ((giver, taker), (taker, giver)) and giver != taker and standard == "erc20":
            yield Dealing(place, *both, token, amount if giver == both[0] else -amount)
