"""Rules and monitors come from anywhere: whatever is in them, they are read or refused, and nothing else happens."""

import json
from contextlib import suppress
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st
from rule_texts import compiled, found, written

from tocsin.chain.catalogue import datasets
from tocsin.chain.signatures import topic
from tocsin.detect.rules.comparison import MODIFIERS
from tocsin.detect.rules.loading import compile_rules
from tocsin.detect.rules.openzeppelin.monitor import Network, monitors, networks
from tocsin.detect.rules.openzeppelin.translation import translate
from tocsin.model.errors import RuleError
from tocsin.tables.literal import words

RULE = r"""title: T
id: one
level: high
logsource: {product: evm, category: log}
detection:
  a: {signature: "Transfer(address indexed from,address indexed to,uint256 value)", args.value|gt: 1e18}
  b: [{address|startswith: 0x12}, {data|re: '^0x00'}, {transaction.value|lte: 0xff}]
  c: {args.from|fieldref: args.to, topic3|exists: false}
  condition: 1 of a* and not (b or c)
tests:
  - {says: s, matches: true, rows: [{address: coin, args: {from: a, value: 5}}]}
---
title: U
id: two
level: low
correlation:
  type: value_count
  rules: [one]
  group-by: [address]
  timespan: 5m
  aliases: {address: {one: args.from}}
  condition: {field: args.to, gte: 2}
"""
WORDS = st.sampled_from([
    "condition", "args.0", "|all", "|re", "|fieldref", "transaction.", "1 of", "not", "(", ")", "[", "]", "{", "}", "*",
    "---\n", "null", "0x", "-1", "1e99", "''", ": ", "\n", "  ", "- ", "&a", "*a", "!!int", "uint256[9999]", "indexed",
    "\0", "é", "|", ">", "int8", "string", "bytes4", "bool", "address", "data", "log_index", "|gt", "|exists",
])  # fmt: skip
TRANSFER = topic("Transfer(address,address,uint256)")
LOGS = [
    {"topic0": TRANSFER, "topic1": words(5), "topic2": words(5), "data": words(10**18 + 1)},
    {"topic0": TRANSFER, "topic1": words(5), "topic2": words(5), "topic3": words(5), "data": b"\x01", "log_index": 1},
    {"topic0": None, "data": b"", "log_index": 2},
]
BLOCKS = [{"block_number": 1, "timestamp": 1}]
EDITS = st.lists(st.tuples(st.integers(0, len(RULE)), st.integers(0, 12), WORDS | st.text(max_size=3)), max_size=4)


@given(EDITS)
def test_a_rule_with_anything_changed_is_read_or_refused(edits: list[tuple[int, int, str]]) -> None:
    text = RULE
    for at, length, new in edits:
        text = text[:at] + new + text[at + length :]
    with suppress(RuleError):
        for rule in compile_rules([("r.yml", text)], force=True):
            found(
                rule.detector, logs=LOGS, transactions=[{"success": True}], blocks=[{"block_number": 1, "timestamp": 1}]
            )


@given(st.text(max_size=200))
@example("? [a]\n: b")
@example("- - - -")
@example("{a: b, ? {}: c}")
def test_any_text_is_read_or_refused(text: str) -> None:
    with suppress(RuleError):
        compile_rules([("r.yml", text)])


@given(st.sampled_from(sorted(datasets())), st.data())
def test_every_comparison_that_is_taken_can_be_made(dataset: str, data: st.DataObject) -> None:
    columns = [name.removesuffix("_binary") for name in datasets()[dataset].columns if not name.endswith("_f64")]
    field = st.sampled_from([*columns, "transaction.value", "transaction.input"])
    modifiers = data.draw(st.lists(st.sampled_from(sorted(MODIFIERS)), max_size=2, unique=True))
    values = st.sampled_from(["5", "0x" + "ab" * 20, "0x" + "ab" * 32, "0xab", "true", "a*", "erc20", "null", "''"])
    value = data.draw(field if "fieldref" in modifiers else values | st.lists(values, max_size=2).map(str))
    line = "|".join([data.draw(field), *modifiers])
    with suppress(RuleError):
        detector = compiled(written(f"s: {{{line}: {value}}}\ncondition: s", dataset), force=True)
        found(detector, **{name: [{}] for name in detector.reads})


MONITOR = {
    "name": "M",
    "paused": False,
    "networks": ["mainnet"],
    "addresses": [{"address": "0x" + "ab" * 20, "contract_spec": [{
        "type": "event", "name": "E", "inputs": [{"name": "x", "type": "uint256", "indexed": True}]}]}],
    "match_conditions": {
        "functions": [{"signature": "f(uint256)", "expression": None}],
        "events": [{"signature": "E(uint256)", "expression": "x > 5 AND x != 7"}],
        "transactions": [{"status": "Success", "expression": "value > 0"}],
    },
    "trigger_conditions": [], "triggers": [],
}  # fmt: skip
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


def replaced(node: Any, path: list[int], new: Any) -> Any:
    """The same with the part that a path of choices leads to replaced."""
    if not path or not isinstance(node, dict | list) or not node:
        return new
    if isinstance(node, list):
        at = path[0] % len(node)
        return [replaced(each, path[1:], new) if n == at else each for n, each in enumerate(node)]
    at = path[0] % len(node)
    return {key: replaced(each, path[1:], new) if n == at else each for n, (key, each) in enumerate(node.items())}


@given(st.lists(st.integers(0, 9), max_size=6), ANYTHING)
def test_a_monitor_with_anything_in_it_is_read_or_refused(path: list[int], new: Any) -> None:
    with suppress(RuleError):
        for monitor in monitors(json.dumps(replaced(MONITOR, path, new)), "m.json"):
            translation = translate(monitor, {"mainnet": Network(1)})
            assert translation.text or any(told.outcome == "not translated" for told in translation.told)


@given(ANYTHING)
def test_a_network_file_with_anything_in_it_is_read_or_refused(node: Any) -> None:
    with suppress(RuleError):
        networks([("n.json", json.dumps(node))])
