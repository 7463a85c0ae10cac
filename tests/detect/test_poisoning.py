"""Address poisoning against payoffs that a study confirmed on Ethereum."""

import csv
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tocsin.chain.catalogue import datasets
from tocsin.detect.detectors.phishing.address_poisoning import detector
from tocsin.detect.engine import detect, within_window
from tocsin.detect.known import KNOWN
from tocsin.intel.reference import Beside
from tocsin.model.finding import Finding, Severity
from tocsin.tables.literal import frame

AIM = 0.95
DUST_DOLLARS = 1.0
BLOCKS_EARLIER = 100
"""When the victim of each payoff paid the intended address; the study's table does not say when."""

pytestmark = pytest.mark.recorded


def test_nearly_every_payoff_is_found(recorded_data: Path) -> None:
    rows = [row for row in _payoffs(recorded_data) if float(row["value_usd"]) >= DUST_DOLLARS]

    found = _found({"transfers": _transfers(rows), "transactions": _transactions(rows)})

    named = {
        (finding.place.transaction_hash, _role(finding, "victim"), _role(finding, "attacker")) for finding in found
    }
    wanted = {(row["tx_hash"], row["topics_from_addr"].lower(), row["topics_to_addr"].lower()) for row in rows}
    assert len(wanted & named) >= AIM * len(wanted)
    assert named <= wanted
    assert {finding.severity for finding in found} == {Severity.CRITICAL}


def test_who_sent_the_transaction_need_not_be_known(recorded_data: Path) -> None:
    rows = [row for row in _payoffs(recorded_data) if float(row["value_usd"]) >= DUST_DOLLARS]

    found = _found({"transfers": _transfers(rows)})

    assert len(found) >= AIM * len(rows)


def test_the_intended_address_is_named(recorded_data: Path) -> None:
    rows = _payoffs(recorded_data)
    intended = {row["tx_hash"]: row["intended_addr"].lower() for row in rows}

    found = _found({"transfers": _transfers(rows), "transactions": _transactions(rows)})

    right = sum(intended[str(finding.place.transaction_hash)] == _role(finding, "intended") for finding in found)
    assert right >= AIM * len(found)


def test_payments_to_the_intended_addresses_alone_are_quiet(recorded_data: Path) -> None:
    rows = _payoffs(recorded_data)
    transfers = _transfers(rows)
    meant = transfers.filter(pl.col("to_address").is_in([_bytes(row["intended_addr"]) for row in rows]))

    assert _found({"transfers": meant, "transactions": _transactions(rows)}) == []


def test_block_by_block_it_finds_the_same(recorded_data: Path) -> None:
    rows = sorted(_payoffs(recorded_data), key=lambda row: int(row["block_number"]))[:20]
    tables = {"transfers": _transfers(rows), "transactions": _transactions(rows)}
    memory = None
    pieces: list[Finding] = []
    for height in sorted(set(tables["transfers"]["block_number"].to_list())):
        block = {name: table.filter(pl.col("block_number") == height) for name, table in tables.items()}
        outcome = detect(Beside(block, KNOWN), [detector], {} if memory is None else {detector.id: memory})
        kept = outcome.remembered[detector.id]
        memory = kept if memory is None else within_window(pl.concat([memory, kept]), detector, height + 1)
        pieces.extend(outcome.findings)

    assert {finding.id for finding in pieces} == {finding.id for finding in _found(tables)}


def _payoffs(recorded_data: Path) -> list[dict[str, str]]:
    path = recorded_data / "phishing" / "address_poisoning" / "payoff_transfers_ethereum.csv"
    with path.open(newline="") as lines:
        return list(csv.DictReader(lines))


def _bytes(address: str) -> bytes:
    return bytes.fromhex(address[2:])


def _found(tables: dict[str, pl.DataFrame]) -> list[Finding]:
    outcome = detect(Beside(tables, KNOWN), [detector], {})
    assert outcome.failures == ()
    return list(outcome.findings)


def _role(finding: Finding, role: str) -> str:
    return next(entity.address for entity in finding.entities if entity.role == role)


def _transfers(rows: list[dict[str, str]]) -> pl.DataFrame:
    """For each payoff the victim's earlier payment to the address that was meant, and the payoff."""
    columns = datasets()["transfers"].columns
    return frame(columns, [move for row in rows for move in (_move(row, earlier=True), _move(row, earlier=False))])


def _move(row: dict[str, str], *, earlier: bool) -> dict[str, Any]:
    return {
        **_place(row, earlier=earlier),
        "token_address": _bytes(row["addr"]),
        "standard": "erc20",
        "from_address": _bytes(row["topics_from_addr"]),
        "to_address": _bytes(row["intended_addr" if earlier else "topics_to_addr"]),
        "value": int(float(row["value"])) if not earlier else 10**20,
    }


def _place(row: dict[str, str], *, earlier: bool) -> dict[str, Any]:
    transaction = _bytes(row["tx_hash"])
    return {
        "block_number": int(row["block_number"]) - (BLOCKS_EARLIER if earlier else 0),
        "transaction_hash": transaction[::-1] if earlier else transaction,
    }


def _transactions(rows: list[dict[str, str]]) -> pl.DataFrame:
    sent = [
        {
            **_place(row, earlier=earlier),
            "from_address": _bytes(row["topics_from_addr"]),
            "to_address": _bytes(row["addr"]),
        }
        for row in rows
        for earlier in (True, False)
    ]
    return frame(datasets()["transactions"].columns, sent)
