"""Sums that overflow, rows that are matched by numbers, and the abuse detectors on recorded traffic."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.chain import codecs
from tocsin.chain.catalogue import derived
from tocsin.detect.catalogue import detectors
from tocsin.detect.detectors import _matching
from tocsin.detect.detectors.abuse import overflowing_amounts
from tocsin.detect.engine import detect, settle
from tocsin.detect.known import KNOWN
from tocsin.edge import recordings
from tocsin.intel.reference import Beside
from tocsin.model.finding import Severity
from tocsin.tables import literal

NAMES = (
    "approval-drain", "donated-backing", "forged-claim", "keys-by-message", "overflowing-amounts", "repeated-gain",
    "takeover",
)  # fmt: skip
WRAP = 1 << 256


def seen(data):
    """What a careless contract would see, of a call that calls nobody."""
    found = overflowing_amounts._overflowing(data, is_leaf=True)
    return None if found is None else found % WRAP


def payments(amounts):
    """Call data of a payment of these amounts to as many receivers."""
    receivers = [b"\x77" * 12 + bytes([number]) * 8 for number in range(1, len(amounts) + 1)]
    return literal.words(64, 96 + 32 * len(amounts), len(amounts), *receivers, len(amounts), *amounts)


@given(amounts=st.lists(st.integers(0, (1 << 200) - 1), min_size=2, max_size=20))
def test_amounts_that_there_can_be_never_overflow(amounts):
    assert seen(payments(amounts)) is None


@given(amounts=st.lists(st.integers(1, (1 << 120) - 1), min_size=1, max_size=20), left=st.integers(0, 1 << 100))
def test_amounts_that_make_up_for_each_other_are_seen(amounts, left):
    assert seen(payments([*amounts, (left - sum(amounts)) % WRAP])) == (left if sum(amounts) > left else None)


@given(count=st.integers(2, 64), value=st.integers(0, WRAP - 1))
def test_one_amount_for_each_overflows_where_its_product_is_nearly_nothing(count, value):
    receivers = [b"\x77" * 12 + bytes([number]) * 8 for number in range(1, count + 1)]
    total = count * value
    wraps = total >= WRAP and total % WRAP < 1 << 128
    assert seen(literal.words(64, value, count, *receivers)) == (total % WRAP if wraps else None)


@given(wanted=st.lists(st.integers(0, 9)), among=st.lists(st.integers(0, 9)))
def test_rows_are_found_where_a_search_finds_them(wanted, among):
    frames = [pl.DataFrame({"key": pl.Series(values, dtype=pl.Int64())}) for values in (wanted, among)]
    found = _matching.which(*(_matching.numbers(frame, ["key"]) for frame in frames))
    last = {value: place for place, value in enumerate(among)}
    assert found.tolist() == [last.get(value, -1) for value in wanted]


@pytest.mark.recorded
def test_recorded_exploits_of_these_kinds_are_found(recorded_data):
    found = [alarms(path) for path in sorted((recorded_data / "exploits/traces").iterdir())]
    assert sum(map(bool, found)) >= 12
    assert {name for names in found for name in names} == set(NAMES)


@pytest.mark.recorded
def test_ordinary_traffic_raises_no_alarm_of_these_kinds(recorded_data):
    for folder in ("blocks", "traces"):
        for path in sorted((recorded_data / "mev" / folder).iterdir()):
            assert not alarms(path)


@pytest.mark.recorded
@pytest.mark.parametrize(
    ("answered", "level"),
    [((), Severity.LOW), (("eth_call",), Severity.MEDIUM), (("eth_call", "eth_getCode"), Severity.HIGH)],
    ids=["nobody is asked", "nobody says how old it is", "a node with old state"],
)
def test_recorded_contracts_that_were_emptied_are_as_bad_as_a_node_says(recorded_data, answered, level):
    chosen = {"emptied-contract": detectors()["emptied-contract"]}
    found = []
    for path in sorted((recorded_data / "exploits/traces").iterdir()):
        tables = derived(codecs.tables(list(recordings.read(path))))
        at = {name: rows.with_columns(block_number=pl.lit(20_000_000, pl.UInt64)) for name, rows in tables.items()}
        outcome = detect(Beside(at, KNOWN), chosen.values(), {})
        amount = max((max(map(_most, outcome.pending)), 1)) if outcome.pending else 1
        answers = {"eth_call": hex(2 * amount), "eth_getCode": "0x6000"}
        told = {lookup: answers[lookup.method] for lookup in outcome.lookups if lookup.method in answered}
        found += settle(outcome, chosen, told).findings
    assert [finding.severity for finding in found] == [level] * 2


def _most(asked):
    """The most of any token that was paid out."""
    return max(amount for amount, _ in asked.question.candidate.taken.values())


def alarms(path):
    """Which of the detectors give a recording a finding of high or more, with nobody to ask."""
    chosen = {name: detectors()[name] for name in NAMES}
    tables = derived(codecs.tables(list(recordings.read(path))))
    outcome = settle(detect(Beside(tables, KNOWN), chosen.values(), {}), chosen, {})
    assert not outcome.failures
    return {finding.detector for finding in outcome.findings if finding.severity >= Severity.HIGH}
