"""Correlations: many events, many values, several rules together or in order; in one batch or block by block."""

from collections.abc import Callable
from typing import Any

import polars as pl
import pytest
from rule_texts import HEAD, detectors_of, found, written

from tocsin.chain.catalogue import datasets
from tocsin.detect.detector import Detector
from tocsin.detect.engine import detect, within_window
from tocsin.detect.rules.loading import compile_rules
from tocsin.detect.rules.suite import suite
from tocsin.model.errors import RuleError
from tocsin.tables.literal import address, frame

PAID = written("s: {standard: native, value|gte: 10}\ncondition: s", rule_id="paid")
GIVEN = written("s: {kind: operator}\ncondition: s", "approval", rule_id="given")
MINTED = written(f"s: {{from_address: '0x{'0' * 40}', value|gt: 0}}\ncondition: s", rule_id="minted")


def text(correlation: str, *rules: str, rule_id: str = "joined") -> str:
    return "---\n".join([*rules, HEAD.format(id=rule_id) + f"correlation: {{{correlation}}}\n"])


def joined(correlation: str, *rules: str) -> Detector:
    return detectors_of(("rules.yml", text(correlation, *rules)))["joined"]


def blocks(*seconds: int) -> list[dict[str, Any]]:
    return [{"block_number": number, "timestamp": at} for number, at in enumerate(seconds, 1)]


def payment(block: int, to: str = "bob", value: int = 10, **other: Any) -> dict[str, Any]:
    return {"block_number": block, "standard": "native", "to_address": to, "value": value, "call_index": 0, **other}


def places(detector: Detector, **tables: Any) -> list[tuple[int | None, int | None]]:
    return [(f.place.block_number, f.place.transaction_index) for f in found(detector, **tables)]


COUNTED = "type: event_count, rules: [paid], group-by: [to_address], timespan: 1m, condition: {gte: 3}"


def test_a_count_is_reached_with_the_last_of_them_and_told_once() -> None:
    rows = [payment(n) for n in (1, 2, 3, 4)] + [payment(3, "carol"), payment(4, value=9)]
    (finding,) = found(joined(COUNTED, PAID), blocks=blocks(0, 20, 60, 70), transfers=rows)
    assert finding.place.block_number == 3
    assert finding.values["events"] == 3
    assert finding.values["to_address"] == address("bob")
    assert finding.key == address("bob")
    assert ("to", address("bob")) in [(entity.role, entity.address) for entity in finding.entities]


@pytest.mark.parametrize(("seconds", "expected"), [((0, 20, 61), []), ((0, 20, 60), [(3, 0)])])
def test_the_time_is_that_of_the_blocks(seconds: tuple[int, ...], expected: list[Any]) -> None:
    assert places(joined(COUNTED, PAID), blocks=blocks(*seconds), transfers=[payment(n) for n in (1, 2, 3)]) == expected


def test_it_is_told_again_after_it_was_over() -> None:
    rows = [payment(n) for n in range(1, 7)]
    assert places(joined(COUNTED, PAID), blocks=blocks(0, 1, 2, 200, 201, 202), transfers=rows) == [(3, 0), (6, 0)]


def test_a_row_whose_block_has_no_time_counts_for_nothing() -> None:
    rows = [payment(n) for n in (1, 2, 3)]
    assert places(joined(COUNTED, PAID), blocks=blocks(0, 20), transfers=rows) == []


def test_rows_without_what_is_grouped_by_are_of_no_group() -> None:
    rows = [payment(n, log_index=None) for n in (1, 2, 3)]
    grouped = joined(COUNTED.replace("to_address", "log_index"), PAID)
    assert places(grouped, blocks=blocks(0, 1, 2), transfers=rows) == []
    logged = [payment(n, log_index=7) for n in (1, 2, 3)]
    assert places(grouped, blocks=blocks(0, 1, 2), transfers=logged) == [(3, 0)]


def test_a_value_that_is_empty_is_none() -> None:
    detector = joined("type: value_count, rules: [paid], timespan: 1m, condition: {field: log_index, gte: 2}", PAID)
    rows = [payment(1, log_index=None), payment(2, log_index=7), payment(3, log_index=8)]
    assert places(detector, blocks=blocks(0, 1, 2), transfers=rows) == [(3, 0)]


def test_different_values() -> None:
    detector = joined(
        "type: value_count, rules: [paid], group-by: [from_address], timespan: 1m, "
        "condition: {field: to_address, gt: 2}",
        PAID,
    )
    same = [payment(n, "bob") for n in (1, 2, 3)]
    other = [payment(n, to) for n, to in ((1, "bob"), (2, "carol"), (3, "dave"))]
    assert places(detector, blocks=blocks(0, 1, 2), transfers=same) == []
    assert places(detector, blocks=blocks(0, 1, 2), transfers=other) == [(3, 0)]


ALIASED = "group-by: [who], timespan: 1m, aliases: {who: {paid: to_address, given: owner_address}}"


@pytest.mark.parametrize("kind", ["temporal", "temporal_ordered"])
@pytest.mark.parametrize("paid_first", [True, False])
def test_several_rules_together_or_in_order(kind: str, paid_first: bool) -> None:
    detector = joined(f"type: {kind}, rules: [paid, given], {ALIASED}", PAID, GIVEN)
    paid, given = (1, 2) if paid_first else (2, 1)
    approval = {"block_number": given, "kind": "operator", "owner_address": "bob"}
    shown = places(detector, blocks=blocks(0, 30), transfers=[payment(paid)], approvals=[approval])
    assert shown == ([(2, 0)] if paid_first or kind == "temporal" else [])
    other = {**approval, "owner_address": "carol"}
    assert places(detector, blocks=blocks(0, 30), transfers=[payment(paid)], approvals=[other]) == []


def test_order_within_a_transaction_is_that_of_its_rows() -> None:
    detector = joined("type: temporal_ordered, rules: [minted, paid], timespan: 1m", PAID, MINTED)
    mint = {"block_number": 1, "standard": "erc20", "from_address": "0x" + "0" * 40, "value": 5}
    for at, expected in ((0, [(1, 0)]), (2, [])):
        rows = [{**mint, "call_index": at}, payment(1, call_index=1, from_address="alice")]
        assert places(detector, blocks=blocks(0), transfers=rows) == expected


def test_rules_that_serve_a_correlation_are_silent_unless_they_are_to_speak() -> None:
    assert set(detectors_of(("r.yml", text(COUNTED, PAID)))) == {"joined"}
    assert set(detectors_of(("r.yml", text(COUNTED + ", generate: true", PAID)))) == {"joined", "paid"}
    assert set(detectors_of(("a.yml", PAID), ("b.yml", text(COUNTED)))) == {"joined"}


def by_block(detector: Detector, **tables: Any) -> list[tuple[int | None, int | None]]:
    """Block by block, with the memory cut to its window as a long watch does it."""
    frames = {name: frame(datasets()[name].columns, tables.get(name, ())) for name in detector.reads}
    memory: dict[str, pl.DataFrame] = {}
    shown = []
    for number in sorted(frames["blocks"]["block_number"].to_list()):
        batch = {name: rows.filter(pl.col("block_number") == number) for name, rows in frames.items()}
        memory = {name: within_window(rows, detector, number) for name, rows in memory.items()}
        outcome = detect(batch, [detector], memory)
        assert not outcome.failures
        memory = {name: pl.concat([*([memory[name]] if name in memory else []), rows])
                  for name, rows in outcome.remembered.items()}  # fmt: skip
        shown += [(f.place.block_number, f.place.transaction_index) for f in outcome.findings]
    return shown


def test_a_long_watch_block_by_block_finds_what_one_look_finds() -> None:
    seconds = [12 * n for n in range(40)]
    rows = [payment(n) for n in range(1, 41) if n % 7 in {1, 2, 3} or n > 30]
    expected = places(joined(COUNTED, PAID), blocks=blocks(*seconds), transfers=rows)
    assert len(expected) > 1
    assert expected == [(3, 0), (10, 0), (17, 0), (24, 0), (31, 0)]
    assert by_block(joined(COUNTED, PAID), blocks=blocks(*seconds), transfers=rows) == expected


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("event_count", "event_cuont", "correlation.type: is not 'event_cuont'; did you mean 'event_count'?"),
        ("rules: [paid]", "rules: [piad]", "no rule that counts rows is called 'piad'; did you mean 'paid'?"),
        ("rules: [paid]", "rules: [paid, paid]", "must name between one and 10 different rules"),
        ("timespan: 1m, ", "", "correlation.timespan: is missing: without it everything would be kept for ever"),
        ("timespan: 1m", "timespan: 90d", "'90d' is no time up to 30d"),
        ("timespan: 1m", "timespan: 1w", "'1w' is no time up to 30d"),
        ("{gte: 3}", "{lte: 3}", "is not built: that there were few is only known when the time is over"),
        ("{gte: 3}", "{gte: many}", "must be a whole number of at least 1"),
        ("{gte: 3}", "{gte: 3, field: value}", "event_count counts rows"),
        (", condition: {gte: 3}", "", "correlation.condition: must be a map"),
        ("[to_address]", "[to_adress]", "transfers has no field 'to_adress'; did you mean 'to_address'?"),
        ("event_count", "temporal", "temporal needs several rules"),
        ("timespan: 1m", "timespan: 1m, window: 5", "correlation.window: is unknown"),
        ("timespan: 1m", "timespan: 1m, aliases: {x: {paid: value}}", "is not in group-by"),
        ("timespan: 1m", "timespan: 1m, generate: perhaps", "correlation.generate: is true or false"),
    ],
)
def test_a_malformed_correlation(old: str, new: str, says: str) -> None:
    assert old in COUNTED
    with pytest.raises(RuleError) as refused:
        compile_rules([("rules.yml", text(COUNTED.replace(old, new), PAID))])
    assert says in str(refused.value)
    assert str(refused.value).startswith("rules.yml:")


def test_rows_without_a_block_cannot_be_correlated() -> None:
    status = written("s: {peers|lt: 3}\ncondition: s", "node_status", rule_id="paid")
    with pytest.raises(RuleError, match="rows of node_status are in no block, so that they have no time"):
        compile_rules([("rules.yml", text(COUNTED, status))])


def test_what_is_grouped_by_must_be_of_one_kind() -> None:
    aliases = "group-by: [who], aliases: {who: {paid: value, given: kind}}"
    mixed = f"type: temporal, rules: [paid, given], timespan: 1m, {aliases}"
    with pytest.raises(RuleError, match=r"group-by.who: is a 256-bit amount and text; they are never the same"):
        compile_rules([("rules.yml", text(mixed, PAID, GIVEN))])


TESTS = """
tests:
  - says: three in a minute
    matches: true
    blocks: [{block_number: 1, timestamp: 5}, {block_number: 2, timestamp: 6}]
    rows:
      - {block_number: 1, standard: native, to_address: bob, value: 10}
      - {block_number: 1, standard: native, to_address: bob, value: 11}
      - {block_number: 2, standard: native, to_address: bob, value: 10}
  - says: two
    matches: false
    blocks: [{block_number: 1, timestamp: 5}]
    rows: [{standard: native, to_address: bob, value: 10}, {standard: native, to_address: bob, value: 10}]
"""


@pytest.mark.parametrize("grouped", [True, False])
def test_a_correlation_passes_the_suite_of_all_detectors(grouped: bool) -> None:
    plan = COUNTED if grouped else COUNTED.replace("group-by: [to_address], ", "")
    (rule,) = (each for each in compile_rules([("r.yml", text(plan, PAID) + TESTS)]) if each.heading.id == "joined")
    checks: list[tuple[str, Callable[[], None]]] = list(suite(rule))
    assert any(name.startswith("growth") for name, _ in checks) is grouped
    for _, check in checks:
        check()
