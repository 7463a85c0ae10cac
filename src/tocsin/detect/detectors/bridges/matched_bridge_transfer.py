"""
A bridge paid out what had been sent on the other chain, and nothing else happened in the transaction.

It explains rather than alarms: a mint out of nothing, a million for somebody who paid nothing, a vault that is emptied
are what every large transfer over a bridge looks like to those who see one chain only.

## What it finds
An arrival at a bridge that is labelled as one, or as watched, for which a contract that is labelled so too had sent the
same at the other end, in a transaction that calls the bridge directly and moves one sum, once: from the bridge, or from
the route its message is for, to the beneficiary; who pays must be labelled so too. Other findings about that
transaction are lowered, and say so; not those that say that a watched account lost.

## Why it matters
Whoever is woken by each honest customer of his own bridge stops looking.

## Blind spots
Arrivals through other contracts, with fees paid in the same transaction, or as coins beside tokens: they are not
explained. What was sent may itself have been stolen, or locked with tokens worth nothing. The chain at the other end
must be watched too, and must have been seen that far.

## Triage
None. Where a finding that it lowered was right after all, the deposit is where to look.

## References
- https://arxiv.org/abs/2410.02029
"""

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

import polars as pl

from tocsin.detect.detector import MEMORY, Detector, Example, Memory, Read
from tocsin.detect.detectors.bridges._families import PROCESS, REPEATABLE, Role
from tocsin.detect.detectors.bridges._forged_examples import BRIDGE, FAR, HOME, block, delivered, locked, log, minted
from tocsin.detect.detectors.bridges._messages import MESSAGES, READS, REMEMBERED, prepare
from tocsin.detect.detectors.bridges._sight import Row, Sight, is_bridge, is_role, matches
from tocsin.detect.labels import LABELS_READ, Labels
from tocsin.model.finding import Entity, Place, Severity, Sighting, hexadecimal
from tocsin.tables.columns import ZERO
from tocsin.tables.dataset import Tables

WINDOW_BLOCKS = 100_000
"""As `forged-bridge-transfer`: what was sent is remembered as long."""


def remember(tables: Tables) -> pl.DataFrame:
    """What was sent."""
    messages = tables[MESSAGES]
    return messages if messages.is_empty() else messages.filter(is_role(Role.DEPOSIT))


def run(tables: Tables) -> Iterator[Sighting]:
    """A sighting for each arrival that is explained."""
    if tables[MESSAGES].is_empty():
        return
    arrived = tables[MESSAGES].filter(is_role(Role.RELEASE) & ~pl.col("channel").is_in(list(REPEATABLE)))
    if arrived.is_empty():
        return
    labels, moved, called = Labels.of(tables), _moved(arrived, tables["transfers"]), _called(tables["transactions"])
    routes = _routes(tables["logs"])
    sight = Sight(tables[MEMORY], arrived, labels)

    def own(deposit: Row) -> bool:
        return is_bridge(labels, deposit["chain_id"], deposit["contract"])

    for row in arrived.iter_rows(named=True):
        where = _where(row)
        payers = {
            each for each in (row["contract"], *routes.get(where, ())) if is_bridge(labels, row["chain_id"], each)
        }
        if called.get(where) == row["contract"] and _is_plain(row, payers, moved.get(where, [])):
            sent = (each for each in sight.deposits(row) if matches(row, [each]))
            yield from (_sighting(row, each) for each in islice(filter(own, sent), 1))


def _where(row: Row) -> tuple[int, bytes | None]:
    return row["chain_id"], row["transaction_hash"]


def _moved(arrived: pl.DataFrame, transfers: pl.DataFrame) -> dict[tuple[int, bytes | None], list[Row]]:
    """By transaction in which something arrived, what was moved in it."""
    place = ["chain_id", "block_number", "transaction_hash"]
    found: dict[tuple[int, bytes | None], list[Row]] = {}
    for row in transfers.join(arrived.select(place).unique(), on=place, how="semi").iter_rows(named=True):
        if any(row["value_binary"]):
            found.setdefault(_where(row), []).append(row)
    return found


def _called(transactions: pl.DataFrame) -> dict[tuple[int, bytes | None], bytes | None]:
    rows = transactions.select("chain_id", "transaction_hash", "to_address").iter_rows()
    return {(chain, hash_): called for chain, hash_, called in rows}


def _routes(logs: pl.DataFrame) -> dict[tuple[int, bytes | None], list[bytes]]:
    found: dict[tuple[int, bytes | None], list[bytes]] = {}
    for row in logs.filter((pl.col("topic0") == PROCESS) & pl.col("topic3").is_not_null()).iter_rows(named=True):
        found.setdefault(_where(row), []).append(row["topic3"][-20:])
    return found


def _is_plain(release: Row, payers: set[bytes], moved: list[Row]) -> bool:
    """Whether one sum moved, and is what arrived."""
    if len(moved) != 1:
        return False
    (one,) = moved
    is_paid = one["from_address"] in payers or (one["from_address"] == ZERO and one["token_address"] in payers)
    amount, beneficiary = release["value_binary"], release["beneficiary"]
    return is_paid and amount in (None, one["value_binary"]) and beneficiary in (None, one["to_address"])


def _sighting(release: Row, sent: Row) -> Sighting:
    contract = str(hexadecimal(release["contract"]))
    return Sighting(
        place=Place.of(release),
        severity=Severity.INFO,
        confidence=0.9,
        title="A bridge paid out what had been sent on the other chain",
        summary=f"What arrived at {contract} ({release['channel']}) was sent on chain {sent['chain_id']}, in the "
        f"transaction {hexadecimal(sent['transaction_hash'])}, "
        f"{release['timestamp'] - sent['timestamp']} seconds before.",
        entities=(Entity("bridge", contract),),
        values={
            "channel": release["channel"],
            "message_id": str(hexadecimal(release["id"])),
            "source_chain_id": sent["chain_id"],
        },
        key=f"{release['channel']}:{release['log_index']}",
    )


def _paid(height: int, to: str = "alice", value: int = 500, **other: Any) -> Mapping[str, Any]:
    given = {"from_address": "0x" + "00" * 20, "to_address": to, "token_address": "bridge", "value": value, **other}
    return {"chain_id": FAR, "block_number": height, "standard": "erc20", **given}


_TIMES = [block(HOME, 1, 0), block(FAR, 2, 60)]
_BRIDGES = [*BRIDGE, {**BRIDGE[0], "chain_id": HOME}]
_SENT = [{"chain_id": FAR, "block_number": 2, "to_address": "bridge"}]

detector = Detector(
    id="matched-bridge-transfer",
    severity=Severity.INFO,
    reads={
        **READS,
        "transfers": Read(columns=("token_address", "from_address", "to_address", "value_binary")),
        "transactions": Read(columns=("to_address",)),
        "labels": LABELS_READ,
    },
    run=run,
    memory=Memory(
        columns=REMEMBERED, window_blocks=WINDOW_BLOCKS, remember=remember, prepare=prepare, across_chains=True
    ),
    label="bridge:matched",
    examples=(
        Example(
            says="what was locked is minted, once, to whom it was locked for",
            tables={
                "blocks": _TIMES,
                "logs": [locked(1, 7), minted(2, 7)],
                "transfers": [_paid(2)],
                "transactions": _SENT,
                "labels": _BRIDGES,
            },
            finds=({"severity": "info", "block_number": 2, "values": {"source_chain_id": HOME}},),
        ),
        Example(
            says="a message without an amount, for a route that pays",
            tables={
                "blocks": _TIMES,
                "logs": [log(HOME, 1, "DispatchId(bytes32)", 5), *delivered(2, 5)],
                "transfers": [_paid(2, from_address="route", token_address="coin")],  # noqa: S106 - a coin
                "transactions": _SENT,
                "labels": [*_BRIDGES, {**BRIDGE[0], "address": "route"}],
            },
            finds=({"severity": "info"},),
        ),
        Example(
            says="a message for a route that nobody knows",
            tables={
                "blocks": _TIMES,
                "logs": [log(HOME, 1, "DispatchId(bytes32)", 5), *delivered(2, 5)],
                "transfers": [_paid(2, from_address="route", token_address="coin")],  # noqa: S106 - a coin
                "transactions": _SENT,
                "labels": _BRIDGES,
            },
        ),
        Example(
            says="more is moved than arrived",
            tables={
                "blocks": _TIMES,
                "logs": [locked(1, 7), minted(2, 7)],
                "transfers": [_paid(2), _paid(2, "mallory", 900, from_address="pool", log_index=3)],
                "transactions": _SENT,
                "labels": _BRIDGES,
            },
        ),
        Example(
            says="another contract was called, which called the bridge",
            tables={
                "blocks": _TIMES,
                "logs": [locked(1, 7), minted(2, 7)],
                "transfers": [_paid(2)],
                "transactions": [{**_SENT[0], "to_address": "attack"}],
                "labels": _BRIDGES,
            },
        ),
        Example(
            says="nothing was sent under that number, or another sum",
            tables={
                "blocks": _TIMES,
                "logs": [locked(1, 6), locked(1, 7, amount=499), minted(2, 7)],
                "transfers": [_paid(2)],
                "transactions": _SENT,
                "labels": _BRIDGES,
            },
        ),
        Example(
            says="anybody wrote at the other end that it was sent",
            tables={
                "blocks": _TIMES,
                "logs": [locked(1, 7), minted(2, 7)],
                "transfers": [_paid(2)],
                "transactions": _SENT,
                "labels": BRIDGE,
            },
        ),
        Example(
            says="a contract nobody knows as a bridge",
            tables={
                "blocks": _TIMES,
                "logs": [locked(1, 7), minted(2, 7)],
                "transfers": [_paid(2)],
                "transactions": _SENT,
            },
        ),
    ),
)
