"""One detector's trouble is told and stays its own; what is missing is blind, not quiet."""

from collections.abc import Iterator
from dataclasses import replace

import polars as pl
import pytest

from tocsin.chain.catalogue import datasets
from tocsin.detect import engine
from tocsin.detect.detector import CONFIDENCE_WITHOUT, Detector, Memory, Question, Read
from tocsin.detect.engine import detect, settle, within_window
from tocsin.model.finding import Place, Severity, Sighting
from tocsin.model.lookups import Answers, Lookup
from tocsin.tables.dataset import Tables
from tocsin.tables.literal import frame

ASKED = Lookup("eth_getCode", ("0x1", "0x1"), 1)


def sighting(row: dict[str, object]) -> Sighting:
    return Sighting(place=Place.of(row), severity=Severity.HIGH, confidence=0.9, title="t", summary="s")


def every_log(tables: Tables) -> Iterator[Sighting]:
    return (sighting(row) for row in tables["logs"].iter_rows(named=True))


def logs(*topics: str) -> pl.DataFrame:
    return frame(datasets()["logs"].columns, [{"topic0": name, "log_index": n} for n, name in enumerate(topics)])


def a_detector(**changed: object) -> Detector:
    made = Detector(
        id="loud", severity=Severity.HIGH, reads={"logs": Read(columns=("topic0",))}, run=every_log, examples=()
    )
    return replace(made, **changed)  # type: ignore[arg-type] # any field


def test_a_detector_that_raises_is_named_and_the_others_go_on() -> None:
    def broken(_: Tables) -> Iterator[Sighting]:
        raise ZeroDivisionError

    outcome = detect({"logs": logs("a")}, [a_detector(id="broken", run=broken), a_detector()], {})
    assert [failure.detector for failure in outcome.failures] == ["broken"]
    assert [finding.detector for finding in outcome.findings] == ["loud"]


def test_a_missing_dataset_is_blindness() -> None:
    (blind,) = detect({}, [a_detector()], {}).blind
    assert (blind.detector, blind.missing, blind.wholly) == ("loud", ("logs",), True)


def test_without_an_optional_dataset_confidence_is_capped_and_it_says_so() -> None:
    reads = {"logs": Read(columns=("topic0",)), "calls": Read(columns=("to_address",), optional=True)}
    outcome = detect({"logs": logs("a")}, [a_detector(reads=reads)], {})
    (finding,) = outcome.findings
    assert (finding.confidence, finding.labels) == (CONFIDENCE_WITHOUT, ("without:calls",))
    assert not outcome.blind[0].wholly


def test_detectors_get_only_the_events_they_ask_for() -> None:
    table = logs("a", "b", "a", "c")
    hashes = table["topic0"].to_list()
    reads = {"logs": Read(columns=("topic0",), topic0=(hashes[0],))}
    other = {"logs": Read(columns=("topic0",), topic0=(hashes[1], hashes[3]))}
    both = [a_detector(reads=reads), a_detector(id="other", reads=other)]
    found = detect({"logs": table}, both, {}).findings
    assert [finding.detector for finding in found] == ["loud", "loud", "other", "other"]


def test_questions_are_asked_once_and_judged() -> None:
    def asks(tables: Tables) -> Iterator[Question]:
        return (Question(lookups=(ASKED,), candidate=row) for row in tables["logs"].iter_rows(named=True))

    def judge(candidate: dict[str, object], answers: Answers) -> Sighting | None:
        return sighting(candidate) if answers.get(ASKED) == "0x60" else None

    looked_up = a_detector(run=asks, judge=judge)
    outcome = detect({"logs": logs("a", "b")}, [looked_up], {})
    assert (outcome.lookups, outcome.findings) == ((ASKED,), ())
    assert len(settle(outcome, {"loud": looked_up}, {ASKED: "0x60"}).findings) == 2
    assert settle(outcome, {"loud": looked_up}, {}).findings == ()


def test_a_finding_says_where_to_read_on() -> None:
    told = a_detector().with_page("Title\n\n## References\n- https://example.org\n")
    assert detect({"logs": logs("a")}, [told], {}).findings[0].references == ("https://example.org",)


def test_what_is_remembered_is_bounded_and_the_newest_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "MOST_REMEMBERED", 3)
    stateful = a_detector(memory=Memory(columns={}, window_blocks=4, remember=lambda tables: tables["logs"]))
    rows = [{"block_number": number} for number in range(1, 11)]

    kept = within_window(frame(datasets()["logs"].columns, rows), stateful, 11)

    assert kept["block_number"].to_list() == [8, 9, 10]
