"""The labels on recorded mainnet blocks against what mev-inspect-py's tests assert about them, amount by amount."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tocsin.chain import codecs
from tocsin.chain.catalogue import derived
from tocsin.detect.catalogue import detectors
from tocsin.detect.engine import detect
from tocsin.detect.known import KNOWN
from tocsin.edge import recordings
from tocsin.intel.reference import Beside
from tocsin.model.finding import Finding

pytestmark = pytest.mark.recorded


@pytest.fixture(scope="session")
def mev(recorded_data: Path) -> Path:
    """The recorded blocks with known MEV."""
    return recorded_data / "mev"


@pytest.fixture(scope="session")
def truth(mev: Path) -> dict[str, Any]:
    """What is known about them."""
    known: dict[str, Any] = json.loads((mev / "expected.json").read_text())
    return known


@cache
def found(path: Path, detector: str) -> tuple[Finding, ...]:
    """What one detector finds in one recording."""
    tables = derived(codecs.tables([recordings.read_one(path)]))
    outcome = detect(Beside(tables, KNOWN), [detectors()[detector]], {})
    assert not outcome.failures
    assert not outcome.blind
    return outcome.findings


def recording(mev: Path, block: int) -> Path:
    """The recording of a block."""
    (path,) = mev.rglob(f"{block}.json.gz")
    return path


def roles(finding: Finding, role: str) -> list[str]:
    """The addresses that have a role in a finding."""
    return [entity.address for entity in finding.entities if entity.role == role]


def test_arbitrages(mev: Path, truth: dict[str, Any]) -> None:
    """Exactly the arbitrages of the block, with their profit and their way."""
    for block, known in truth["blocks"].items():
        if "arbitrage_count" not in known:
            continue
        seen = {finding.place.transaction_hash: finding for finding in found(recording(mev, int(block)), "arbitrage")}
        assert len(seen) == known["arbitrage_count"]
        for item in known["arbitrages"]:
            values = seen[item["transaction_hash"]].values
            assert values["swap_count"] == item["n_swaps"]
            assert (values["profit_token"], values["profit_amount"]) == (item["profit_token"], item["profit_amount"])
            assert values["end_amount"] - values["start_amount"] == item["profit_amount"]
            assert values["tokens"][1:] == [item["middle_swap"]["token_in"], item["middle_swap"]["token_out"]]


def test_sandwiches(mev: Path, truth: dict[str, Any]) -> None:
    """Exactly the sandwiches of the block, with every leg and every victim."""
    for block, items in truth["sandwiches"].items():
        seen = found(recording(mev, int(block)), "sandwich")
        assert len(seen) == len(items)
        for item in items:
            (finding,) = (f for f in seen if f.values["front_transaction"] == item["frontrun_swap"]["transaction_hash"])
            check_sandwich(finding, item)


def check_sandwich(finding: Finding, item: dict[str, Any]) -> None:
    """A finding says what is known of a sandwich."""
    front, back, victims = item["frontrun_swap"], item["backrun_swap"], item["sandwiched_swaps"]
    values = finding.values
    assert roles(finding, "sandwicher") == [item["sandwicher_address"]]
    assert roles(finding, "pool") == [front["contract_address"]]
    assert values["back_transaction"] == back["transaction_hash"]
    assert values["front_amounts_in"] == [front["token_in_amount"]]
    assert values["front_amounts_out"] == [front["token_out_amount"]]
    assert values["back_amounts_in"] == [back["token_in_amount"]]
    assert values["back_amounts_out"] == [back["token_out_amount"]]
    assert values["victim_amounts_in"] == [victim["token_in_amount"] for victim in victims]
    assert values["victim_amounts_out"] == [victim["token_out_amount"] for victim in victims]
    assert set(values["victim_transactions"]) == {victim["transaction_hash"] for victim in victims}
    assert (values["profit_token"], values["profit_amount"]) == (item["profit_token_address"], item["profit_amount"])


def test_liquidations(mev: Path, truth: dict[str, Any]) -> None:
    """Every known liquidation, with both amounts."""
    for item in truth["liquidations"]:
        seen = found(recording(mev, item["block_number"]), "liquidation")
        matching = [finding for finding in seen if finding.place.transaction_hash == item["transaction_hash"]]
        assert [liquidation(finding) for finding in matching] == [
            (
                [item["liquidator_user"]],
                [item["liquidated_user"]],
                item["debt_token_address"],
                item["debt_purchase_amount"],
                item["received_token_address"],
                item["received_amount"],
            )
        ]


def liquidation(finding: Finding) -> tuple[Any, ...]:
    """Who, whom and how much."""
    values = finding.values
    return (
        roles(finding, "liquidator"),
        roles(finding, "borrower"),
        values["debt_token"],
        values["debt_amount"],
        values["collateral_token"],
        values["collateral_amount"],
    )


def test_liquidations_that_did_not_happen(mev: Path, truth: dict[str, Any]) -> None:
    """A liquidation that was undone is not reported."""
    for block, known in truth["blocks"].items():
        for absent in known.get("absent_liquidations", ()):
            seen = found(recording(mev, int(block)), "liquidation")
            assert absent not in {finding.place.transaction_hash for finding in seen}


def test_just_in_time_liquidity(mev: Path, truth: dict[str, Any]) -> None:
    """Exactly the known visits to a pool, with what went in and came out and what was swapped between."""
    for item in truth["jit_liquidity"]:
        (finding,) = found(recording(mev, item["block_number"]), "jit-liquidity")
        assert roles(finding, "provider") == [item["bot_address"]]
        assert (roles(finding, "pool"), finding.values["pool"]) == ([item["pool_address"]], item["pool_address"])
        amounts = [name for name in item if name.endswith(("_amount", "_volume"))]
        assert {name: finding.values[name] for name in amounts} == {name: item[name] for name in amounts}
        assert (finding.values["token0"], finding.values["token1"]) == (item["token0"], item["token1"])
        assert finding.values["mint_transaction"] == item["mint_transaction_hash"]
        assert finding.values["burn_transaction"] == item["burn_transaction_hash"]
        assert finding.values["swap_transactions"] == [swap["transaction_hash"] for swap in item["swaps"]]
