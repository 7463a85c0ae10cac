"""Rules over real blocks find what plain Python over the same rows finds."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest
from rule_texts import detectors_of, written

from tocsin.chain.catalogue import derived
from tocsin.chain.codecs import tables
from tocsin.chain.signatures import selector, topic
from tocsin.detect.engine import detect
from tocsin.detect.known import KNOWN
from tocsin.edge import recordings

pytestmark = pytest.mark.recorded

TRANSFER, PAY = topic("Transfer(address,address,uint256)"), selector("transfer(address,uint256)")
MOST = 2**256 - 1
Row = Mapping[str, Any]


def number(raw: bytes) -> int:
    return int.from_bytes(raw, "big")


def large(row: Row) -> bool:
    return row["topic0"] == TRANSFER and row["topic3"] is None and number(row["data"]) >= 10**20


CASES: Mapping[str, tuple[str, str, str, Callable[[Row], bool]]] = {
    "a large transfer": (
        "log",
        "logs",
        "s: {signature: 'Transfer(address,address,uint256)', args.value|gte: 100e18}\ncondition: s",
        large,
    ),
    "an endless approval": (
        "approval",
        "approvals",
        f"s: {{kind: [erc20, permit], value: {MOST}}}\ncondition: s",
        lambda row: row["kind"] in {"erc20", "permit"} and number(row["value_binary"]) == MOST,
    ),
    "a frame that pays somebody else": (
        "call",
        "calls",
        "s: {signature: 'transfer(address to, uint256 value)', reverted: false}\n"
        "self: {args.to|fieldref: from_address}\ncondition: s and not self",
        lambda row: row["selector"] == PAY and not row["reverted"] and row["input"][16:36] != row["from_address"],
    ),
    "a failed transaction that paid": (
        "transaction",
        "transactions",
        "s: {success: false, value|gt: 0}\ncondition: s",
        lambda row: row["success"] is False and number(row["value_binary"]) > 0,
    ),
    "a swap for more units than were paid": (
        "swap",
        "swaps",
        "s: {amount_out|gt|fieldref: amount_in, protocol|startswith: uniswap}\ncondition: s",
        lambda row: row["protocol"].startswith("uniswap") and row["amount_out_binary"] > row["amount_in_binary"],
    ),
}


def transactions(rows: Iterable[Row]) -> set[tuple[Any, ...]]:
    return {(row["block_number"], "0x" + row["transaction_hash"].hex()) for row in rows}


@pytest.mark.parametrize("case", CASES)
def test_a_rule_finds_what_plain_python_finds(recorded_data: Path, case: str) -> None:
    category, dataset, detection, holds = CASES[case]
    rules = detectors_of(("rule.yml", written(detection, category)))
    seen = 0
    for path in recordings.paths(recorded_data / "mev" / "blocks") + recordings.paths(recorded_data / "mev" / "traces"):
        batch = derived(tables(list(recordings.read(path))))
        if dataset not in batch:
            continue
        given = {name: batch[name] for name in {dataset, "transactions"} & set(batch)}
        outcome = detect({**given, **KNOWN}, rules.values(), {})
        assert not outcome.failures
        matching = [row for row in batch[dataset].iter_rows(named=True) if holds(row)]
        found = {(each.place.block_number, each.place.transaction_hash) for each in outcome.findings}
        assert found == transactions(matching)
        assert sum(int(str(each.values["matches"])) for each in outcome.findings) == len(matching)
        seen += len(matching)
    assert seen > 0
