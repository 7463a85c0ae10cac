"""Flash loans and their exploits in real attacks and in ordinary blocks."""

from pathlib import Path

import pytest

from tocsin.app.pipeline import examine
from tocsin.chain.catalogue import derived
from tocsin.chain.codecs import tables
from tocsin.detect.catalogue import detectors
from tocsin.edge import recordings
from tocsin.model.finding import Finding

pytestmark = pytest.mark.recorded


def found(path: Path) -> dict[str, list[Finding]]:
    """What the two detectors find, with the labels of arbitrage and liquidation applied, by detector."""
    wanted = ("flash-loan-use", "flash-loan-exploit", "arbitrage", "liquidation")
    chosen = {name: detectors()[name] for name in wanted}
    outcome = examine(derived(tables(list(recordings.read(path)))), chosen, {}, lambda _: {})
    assert not outcome.failures
    return {name: [each for each in outcome.findings if each.detector == name] for name in wanted}


@pytest.mark.parametrize(
    ("start", "severity", "least_dollars"),
    [
        ("0x3503253131", "high", 5_000_000),
        ("0x8bb8dc5c7c", "high", 2_000_000),
        ("0x9b9a6dd055", "high", 90_000),
        ("0xf7c2160045", "high", 2_000_000),
        ("0x57ee419a00", "medium", 10_000),
    ],
    ids=["created contracts", "nested pools", "paid to a silent account", "many created contracts", "small"],
)
def test_a_real_attack_with_a_loan_is_found(recorded_data: Path, start: str, severity: str, least_dollars: int) -> None:
    (path,) = (recorded_data / "exploits" / "traces").glob(f"{start}*.json.gz")
    seen = found(path)
    (use,), (exploit,) = seen["flash-loan-use"], seen["flash-loan-exploit"]
    assert use.severity.word == "info"
    assert exploit.severity.word == severity
    assert int(str(exploit.values["profit_about_dollars"])) >= least_dollars


def test_nested_loans_are_counted_with_their_depth(recorded_data: Path) -> None:
    (path,) = (recorded_data / "exploits" / "traces").glob("0x8bb8dc5c7c*.json.gz")
    (use,) = found(path)["flash-loan-use"]
    assert (use.values["loan_count"], use.values["lender_count"], use.values["nesting_depth"]) == (5, 4, 4)


@pytest.mark.parametrize("block", ["blocks/12412732", "traces/10921991", "traces/13244807", "traces/13404932"])
def test_arbitrage_and_liquidation_with_a_loan_raise_no_alarm(recorded_data: Path, block: str) -> None:
    seen = found(recorded_data / "mev" / f"{block}.json.gz")
    assert seen["flash-loan-use"]
    assert not seen["flash-loan-exploit"]
