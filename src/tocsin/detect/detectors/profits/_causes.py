"""
What kind of attack a gain speaks for, where the calls say more than that somebody's rules let it go.

* Access control: the actors had a contract mint its tokens to whoever asks, without paying for it, and passed them on.
* Governance: the actors had a proposal executed in the same transaction.
"""

from collections.abc import Iterator
from typing import NamedTuple

import polars as pl

from tocsin.chain.signatures import selector
from tocsin.detect import actors
from tocsin.detect.extraction import Extraction
from tocsin.model.finding import UNSPECIFIC

LOGIC, ACCESS_CONTROL, GOVERNANCE = UNSPECIFIC, "family:access-control", "family:governance"
"""What is left where nothing else is seen, and what else may be."""

MINTS = frozenset(
    selector(signature)
    for signature in ("mint(uint256)", "mint(address,uint256)", "mint(uint256,address)", "mint(address)", "mint()")
)
EXECUTE = selector("execute(uint256)")
EXECUTED = selector("executeTransaction(address,uint256,string,bytes,uint256)")
"""How a governor is told to execute a proposal, and how it has its timelock do so (Compound's interfaces)."""
_READ = ("call_index", "subtree_end", "call_type", "from_address", "to_address", "selector", "reverted")
_OF_THE_CALLEE = ("delegatecall", "callcode", "staticcall")


class _Frame(NamedTuple):
    """A row of `calls`."""

    position: int
    end: int
    kind: str
    caller: bytes
    callee: bytes | None
    selector: bytes | None
    reverted: bool


def family(calls: pl.DataFrame, taken: Extraction) -> str:
    """The label of the kind that the calls of this transaction speak for."""
    place = taken.cluster.place
    chosen = pl.DataFrame({"transaction_hash": [place["transaction_hash"]]}, schema={"transaction_hash": pl.Binary()})
    rows = actors.by_transaction(actors.of_transactions(calls, chosen), _READ)
    tree = sorted(map(_Frame._make, rows.get(tuple(place[name] for name in actors.SAME), [])))
    effective = [frame for frame in tree if not frame.reverted]
    if _executed(effective, taken):
        return GOVERNANCE
    return ACCESS_CONTROL if _minted_for_nothing(effective, taken) else LOGIC


def _executed(tree: list[_Frame], taken: Extraction) -> bool:
    members = taken.cluster.members
    return any(
        inner.selector == EXECUTED
        for at, frame in enumerate(tree)
        if frame.selector == EXECUTE and frame.caller in members
        for inner in _inside(tree, at)
    )


def _minted_for_nothing(tree: list[_Frame], taken: Extraction) -> bool:
    """A payment would be a call to another contract: what a token does alone, it does for nothing."""
    members, created = taken.cluster.members, taken.cluster.created
    passed_on = {move.token for move in taken.moves if move.giver in members and move.taker not in members}
    passed_on -= set(created)
    return any(
        frame.kind == "call"
        and frame.selector in MINTS
        and frame.caller in members
        and frame.callee in passed_on
        and all(inner.kind in _OF_THE_CALLEE for inner in _inside(tree, at))
        for at, frame in enumerate(tree)
    )


def _inside(tree: list[_Frame], at: int) -> Iterator[_Frame]:
    """The frames below this one, which stand behind it."""
    for number in range(at + 1, len(tree)):
        if tree[number].position >= tree[at].end:
            return
        yield tree[number]
