"""Findings made for tests, put into a store the way watching does it."""

from collections.abc import Iterable

from tocsin.chain.header import Header
from tocsin.edge.store.done import DoneBlock
from tocsin.edge.store.opening import Store
from tocsin.edge.store.store import begin, commit_block
from tocsin.model.finding import Entity, Finding, Place, Severity
from tocsin.tables.literal import address


def header(number: int, fork: int = 0) -> Header:
    def of(at: int) -> bytes:
        return bytes([fork]) + at.to_bytes(31, "big")

    return Header(number=number, hash=of(number), parent_hash=of(number - 1), timestamp=1_000 + number)


def finding(
    number: int,
    *,
    transaction: str = "0x01",
    detector: str = "large-profit",
    severity: Severity = Severity.HIGH,
    attacker: str = "",
    victim: str = "",
    key: str = "",
    chain_id: int = 1,
    labels: Iterable[str] = (),
    confidence: float = 0.75,
    fork: int = 0,
) -> Finding:
    named = (("attacker", attacker), ("victim", victim))
    return Finding(
        detector=detector,
        place=Place(
            chain_id=chain_id,
            block_number=number,
            block_hash="0x" + header(number, fork).hash.hex(),
            transaction_hash=transaction,
            transaction_index=0,
        ),
        severity=severity,
        confidence=confidence,
        title=f"{detector} in {transaction}",
        summary="what happened",
        entities=tuple(Entity(role, address(name)) for role, name in named if name),
        values={"amount": 2**256 - 1},
        labels=tuple(labels),
        key=key,
    )


def write(store: Store, number: int, *found: Finding, at: float, chain_id: int = 1, fork: int = 0) -> None:
    """A block with these findings."""
    begin(store, chain_id, number)
    done = DoneBlock(chain_id=chain_id, header=header(number, fork), findings=found)
    assert commit_block(store, done, keep_blocks=64, now=at)
