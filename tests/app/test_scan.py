"""Scanning: batches in order, memory carried, what is wrong told and never in the way of the rest."""

import gzip
import shutil
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest

from tocsin.app.demo import RECORDING, read_truth
from tocsin.app.scan import Report, chosen, scan
from tocsin.app.sources import Batch, Piece, Request, Unreadable, noun, pieces, units
from tocsin.chain import codecs
from tocsin.chain.catalogue import datasets, derived
from tocsin.detect.catalogue import detectors
from tocsin.detect.detector import Detector, Memory, Read
from tocsin.edge import lake, recordings
from tocsin.model.errors import SourceError, UserError
from tocsin.model.finding import Finding, Place, Severity, Sighting
from tocsin.tables.columns import PLACE
from tocsin.tables.dataset import Tables
from tocsin.tables.literal import frame


def found_in(source: Path, **other: int) -> tuple[Report, list[Finding]]:
    """What a scan of a source reports and finds."""
    request = Request(source=str(source), **other)
    report, findings = Report(noun=noun(request)), []
    for result in scan(pieces(request), detectors()):
        report.add(result)
        findings.extend(() if isinstance(result, Unreadable) else result.findings)
    return report, findings


def test_the_shipped_attack_is_found() -> None:
    """Every block is looked at, and something high is found in the right place."""
    report, findings = found_in(RECORDING)
    truth = read_truth(RECORDING / "truth.json")
    assert report.whole
    assert report.units == units(Request(source=str(RECORDING))) == recordings.count(RECORDING)
    alarms = {finding.place.transaction_hash for finding in findings if finding.severity >= Severity.HIGH}
    assert alarms == {truth.losing.transaction}


@pytest.mark.parametrize("together", [1, 2, 32])
def test_batches_of_any_size_find_the_same(together: int) -> None:
    """How many recordings are looked at together changes nothing."""
    _, whole = found_in(RECORDING)
    _, cut = found_in(RECORDING, together=together)
    assert {finding.id for finding in cut} == {finding.id for finding in whole}


def test_one_bad_recording_is_told_and_the_others_are_done(tmp_path: Path) -> None:
    """Not JSON, cut off, and of another shape: three are left out by name, the rest give what they gave."""
    shutil.copytree(RECORDING, tmp_path / "blocks")
    whole, findings = found_in(tmp_path / "blocks")
    (tmp_path / "blocks" / "0000.json").write_text("not JSON")
    (tmp_path / "blocks" / "0001a.json.gz").write_bytes(gzip.compress(b"{}" * 100)[:-9])
    (tmp_path / "blocks" / "0002a.json").write_text('{"chain_id": 31337, "eth_getBlockByNumber": {"number": 7}}')
    report, others = found_in(tmp_path / "blocks")
    assert [Path(piece.source).name for piece in report.unreadable] == ["0000.json", "0001a.json.gz", "0002a.json"]
    assert not report.whole
    assert report.units == whole.units + 3
    assert {finding.id for finding in others} == {finding.id for finding in findings}


def test_a_range_leaves_out_other_blocks() -> None:
    """`--from` and `--to` hold for recordings too."""
    everything, _ = found_in(RECORDING)
    before = read_truth(RECORDING / "truth.json").first.block_number - 1
    some, findings = found_in(RECORDING, last_block=before)
    assert 0 < some.transactions < everything.transactions
    assert all(finding.place.block_number <= before for finding in findings)


def test_a_lake_gives_what_the_recordings_gave(tmp_path: Path) -> None:
    """The same blocks as Parquet: the same findings, apart from what only the state could answer."""
    for recording in recordings.read(RECORDING):
        tables = codecs.tables([recording])
        (number,) = tables["blocks"]["block_number"].to_list()
        lake.write(tables, tmp_path, recording.chain_id, number, number)
    report, findings = found_in(tmp_path)
    _, recorded = found_in(RECORDING)
    assert (report.whole, report.noun, report.units) == (True, "block", recordings.count(RECORDING))
    assert {(f.detector, f.place) for f in findings} == {(f.detector, f.place) for f in recorded}


def test_a_source_that_is_not_there(tmp_path: Path) -> None:
    """The error names it."""
    with pytest.raises(SourceError, match="nowhere"):
        found_in(tmp_path / "nowhere")


def test_an_unknown_detector_names_the_nearest() -> None:
    """A misspelt detector is refused; none means all."""
    with pytest.raises(UserError, match="did you mean 'liquidation'"):
        chosen(["liqidation"], detectors())
    assert chosen([], detectors()) == detectors()
    assert list(chosen(["liquidation"], detectors())) == ["liquidation"]


def echo(tables: Tables) -> Iterator[Sighting]:
    """A sighting for each value seen in an earlier block too."""
    memory = tables["memory"]
    for row in tables["calls"].iter_rows(named=True):
        earlier = memory.filter((pl.col("block_number") < row["block_number"]) & (pl.col("gas") == row["gas"]))
        if not earlier.is_empty():
            yield Sighting(place=Place.of(row), severity=Severity.INFO, confidence=1.0, title="again", summary="again")


ECHO = Detector(
    id="echo",
    severity=Severity.INFO,
    reads={"calls": Read(columns=("gas",))},
    run=echo,
    memory=Memory(
        columns={"gas": datasets()["calls"].columns["gas"]},
        window_blocks=2,
        remember=lambda tables: tables["calls"].select(*PLACE, "gas"),
    ),
    examples=(),
)


def calls_at(*heights: int, chain_id: int = 1, gas: int = 7) -> Piece:
    """A batch of one call in each block."""
    rows = [{"block_number": height, "chain_id": chain_id, "gas": gas} for height in heights]
    tables = derived({"calls": frame(datasets()["calls"].columns, rows)})
    return Batch(source="literal", units=len(heights), tables=tables, ask=lambda _: {})


def heights_found(*given: Piece) -> list[int | None]:
    """The blocks in which the echo was heard."""
    results = scan(given, {"echo": ECHO})
    return [f.place.block_number for result in results if not isinstance(result, Unreadable) for f in result.findings]


def test_memory_is_carried_within_its_window_and_its_chain() -> None:
    """What a batch remembered is there for the next, for as many blocks as the detector says, on the same chain."""
    assert heights_found(calls_at(1), calls_at(2), calls_at(3)) == [2, 3]
    assert heights_found(calls_at(1), calls_at(4)) == []
    assert heights_found(calls_at(1), calls_at(2, chain_id=10)) == []
    assert heights_found(calls_at(1, 2), calls_at(1, chain_id=10), calls_at(3)) == [2, 3]


def test_what_is_blind_and_what_failed_is_counted() -> None:
    """A missing dataset and a detector that raises are in the report, by name."""

    def fails(_tables: Tables) -> Iterator[Sighting]:
        raise ValueError("no")
        yield

    reads = {"calls": Read(columns=("gas",))}
    broken = Detector(id="broken", severity=Severity.LOW, reads=reads, run=fails, examples=())
    sightless = Detector(
        id="sightless", severity=Severity.LOW, reads={"logs": Read(columns=())}, run=fails, examples=()
    )
    report = Report()
    for result in scan([calls_at(1), calls_at(2)], {"broken": broken, "sightless": sightless}):
        report.add(result)
    assert report.blind == {("sightless", ("logs",), True): 2}
    assert [failure.detector for _, failure in report.failures] == ["broken", "broken"]
    assert not report.whole


@pytest.mark.recorded
def test_recorded_blocks_are_scanned_whole(recorded_data: Path) -> None:
    """A mainnet block gives findings and no failure."""
    report, findings = found_in(recorded_data / "mev" / "blocks" / "10803840.json.gz")
    assert report.whole
    assert {finding.detector for finding in findings} >= {"liquidation"}
