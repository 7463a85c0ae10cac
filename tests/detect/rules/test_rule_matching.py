"""Modifiers, arguments and the transaction around a row mean what the page about rules says."""

from collections.abc import Mapping
from typing import Any

import pytest
from eth_abi.abi import encode
from hypothesis import given
from hypothesis import strategies as st
from rule_texts import compiled, found, written

from tocsin.chain.catalogue import datasets
from tocsin.chain.signatures import selector, topic
from tocsin.detect.detector import Detector
from tocsin.detect.engine import detect
from tocsin.intel.reference import REFERENCE_COLUMNS
from tocsin.model.errors import RuleError
from tocsin.model.finding import Finding
from tocsin.tables.columns import Column
from tocsin.tables.literal import frame, words

A, B = "0x" + "a1" * 20, "0x" + "b2" * 20
MANY = "Many(address indexed who,uint8 kind,int64 change,bytes4 tag,bool on,string said,bytes32 key,bytes raw)"
TYPES = ["uint8", "int64", "bytes4", "bool", "string", "bytes32", "bytes"]
VALUES = st.tuples(
    st.integers(0, 255), st.integers(-(2**63), 2**63 - 1), st.binary(min_size=4, max_size=4), st.booleans(),
    st.text(max_size=40), st.binary(min_size=32, max_size=32), st.binary(max_size=80),
)  # fmt: skip
NAMES = ("kind", "change", "tag", "on", "said", "key", "raw")


def fires(detection: str, category: str = "transfer", **tables: Any) -> bool:
    return bool(found(compiled(written(detection, category), force=True), **tables))


@pytest.mark.parametrize(
    ("line", "row", "matches"),
    [
        ("error: 'Out of GAS'", {"error": "out of gas"}, True),
        ("error|cased: 'Out of GAS'", {"error": "out of gas"}, False),
        ("error: 'out*'", {"error": "Out of gas"}, True),
        ("error: 'out of g?s'", {"error": "out of gas"}, True),
        (r"error: 'out\*'", {"error": "out of gas"}, False),
        (r"error: 'out\*'", {"error": "out*"}, True),
        ("error: 'a.b*'", {"error": "axb"}, False),
        ("error|contains: OF", {"error": "out of gas"}, True),
        ("error|contains|cased: OF", {"error": "out of gas"}, False),
        ("error|contains|all: [out, gas]", {"error": "out of gas"}, True),
        ("error|contains|all: [out, fuel]", {"error": "out of gas"}, False),
        ("error|contains: [out, fuel]", {"error": "out of gas"}, True),
        ("error|startswith: out", {"error": "out of gas"}, True),
        ("error|endswith: gas", {"error": "out of gas"}, True),
        ("error|re: '^out.*s$'", {"error": "out of gas"}, True),
        ("error|re: '^OUT'", {"error": "out of gas"}, False),
        ("error|re|i: '^OUT'", {"error": "out of gas"}, True),
        ("error|exists: true", {"error": "x"}, True),
        ("error|exists: false", {"error": None}, True),
        ("error: null", {"error": None}, True),
        ("error: 'null'", {"error": "null"}, True),
        (f"from_address: '{A.upper().replace('X', 'x')}'", {"from_address": A}, True),
        ("from_address|startswith: 0xa1a", {"from_address": A}, True),
        ("from_address|endswith: 0xa1", {"from_address": B}, False),
        ("input|contains: 0xbeef", {"input": "0x00beef00"}, True),
        ("input|re: '^0x00be'", {"input": "0x00beef00"}, True),
        ("input: 0x00beef00", {"input": "0x00beef00"}, True),
        ("selector: 0x12345678", {"selector": "0x12345678"}, True),
        ("reverted: true", {"reverted": True}, True),
        ("reverted: false", {"reverted": True}, False),
        ("depth|gte: 2", {"depth": 2}, True),
        ("depth: [1, 2]", {"depth": 2}, True),
        ("gas|gt|fieldref: gas_used", {"gas": 2, "gas_used": 1}, True),
        ("gas|gt|fieldref: gas_used", {"gas": 2, "gas_used": None}, False),
        ("from_address|fieldref: to_address", {"from_address": A, "to_address": A}, True),
        ("from_address|fieldref: to_address", {"from_address": A, "to_address": B}, False),
    ],
)
def test_a_line(line: str, row: dict[str, Any], matches: bool) -> None:
    assert fires(f"s:\n  {line}\ncondition: s", "call", calls=[row]) is matches


def test_a_list_of_maps_is_any_of_them() -> None:
    detection = "s:\n  - {depth: 1, gas: 5}\n  - {depth: 2}\ncondition: s"
    shown = [fires(detection, "call", calls=[{"depth": depth, "gas": 4}]) for depth in (1, 2)]
    assert shown == [False, True]


def test_storage_and_balances_have_an_order_and_code_has_not() -> None:
    detection = "s: {kind: balance, after|lt: 1e18}\ncondition: s"
    for after, matches in ((10**17, True), (10**18, False)):
        row = {"kind": "balance", "after": after.to_bytes(32, "big")}
        assert fires(detection, "state_change", state_changes=[row]) is matches
    assert not fires(detection, "state_change", state_changes=[{"kind": "balance", "after": b"\x01"}])


def many(values: tuple[Any, ...], **other: Any) -> dict[str, Any]:
    return {
        "address": A,
        "topic0": topic("Many(address,uint8,int64,bytes4,bool,string,bytes32,bytes)"),
        "topic1": words(A),
        "data": encode(TYPES, values),
        **other,
    }


DETECTOR = compiled(
    written(f"s:\n  signature: {MANY}\ncondition: s", "log")
    + "fields: [args.who, args.kind, args.change, args.tag, args.on, args.said, args.key, args.raw]\n"
)


@given(VALUES)
def test_arguments_are_what_the_abi_says(values: tuple[Any, ...]) -> None:
    (finding,) = found(DETECTOR, logs=[many(values)])
    kind, change, tag, on, said, key, raw = values
    expected = {"who": A, "kind": kind, "change": change, "tag": "0x" + tag.hex(), "on": on, "said": said,
                "key": "0x" + key.hex(), "raw": "0x" + raw.hex()}  # fmt: skip
    assert {name: finding.values[f"args.{name}"] for name in expected} == expected


@given(VALUES, st.integers(-(2**63), 2**63 - 1))
def test_signed_arguments_have_the_order_of_numbers(values: tuple[Any, ...], limit: int) -> None:
    detection = f"s:\n  signature: {MANY}\n  args.change|gte: {limit}\ncondition: s"
    assert fires(detection, "log", logs=[many(values)]) is (values[1] >= limit)


@given(st.binary(max_size=300), VALUES)
def test_nonsense_is_no_argument_and_never_raises(junk: bytes, values: tuple[Any, ...]) -> None:
    whole = encode(TYPES, values)
    for data in (junk, whole[: len(junk)], junk + whole):
        findings = found(DETECTOR, logs=[many(values, data=data)])
        assert len(findings) == 1


def test_a_log_with_another_number_of_indexed_arguments_has_no_arguments() -> None:
    signature = "Transfer(address,address,uint256)"
    detection = f"s:\n  signature: {signature}\n  args.value|gt: 0\ncondition: s"
    erc20 = {"topic0": topic(signature), "topic1": words(A), "topic2": words(B), "data": words(5)}
    erc721 = {**erc20, "topic3": words(5), "data": b""}
    assert fires(detection, "log", logs=[erc20])
    assert not fires(detection, "log", logs=[erc721])
    assert fires(f"s:\n  signature: {signature}\n  topic3|exists: true\ncondition: s", "log", logs=[erc721])


def test_a_function_is_a_frame_or_what_a_transaction_calls_itself() -> None:
    called = {"input": selector("pay(address,uint256)") + words(B, 7), "to_address": A, "from_address": B}
    detection = "s:\n  signature: pay(address to, uint256 amount)\n  args.amount: 7\n  args.to: '{}'\ncondition: s"
    frame = {**called, "selector": called["input"][:4]}
    assert fires(detection.format(B), "call", calls=[frame])
    assert fires(detection.format(B), "transaction", transactions=[called])
    assert not fires(detection.format(A), "transaction", transactions=[called])
    assert not fires(detection.format(B), "transaction", transactions=[{**called, "to_address": None}])


@pytest.mark.parametrize(
    ("signature", "line", "says"),
    [
        ("Foo(address,uint256)", "args.0: 0x00", "write the signature as Solidity declares it"),
        ("Foo(address who)", "args.hwo: 0x00", "has no argument 'hwo'; did you mean 'args.who'?"),
        ("Foo(uint256[] all)", "args.all: 1", "lists and structs are not decoded"),
        ("Foo(string indexed name)", "args.name: x", "holds only the hash of an indexed text"),
        ("Foo(uint7 x)", "address: 0x00", "'uint7' is no type of the ABI"),
        ("Foo(address x", "address: 0x00", "is no signature"),
        ("Foo(address x))", "address: 0x00", "brackets"),
        ("Foo(" + "(" * 10 + "uint8" + ")" * 10 + " x)", "address: 0x00", "more than 8 brackets"),
        ("Foo(uint8[9999][9999] x)", "address: 0x00", "take more than 10000 words"),
        (
            "Foo(bool indexed a,bool indexed b,bool indexed c,bool indexed d)",
            "address: 0x00",
            "at most three",
        ),
    ],
)
def test_signatures_that_cannot_be_read(signature: str, line: str, says: str) -> None:
    with pytest.raises(Exception, match=r"rule.yml:\d+: detection.s") as refused:
        compiled(written(f"s:\n  signature: {signature}\n  {line}\ncondition: s", "log"))
    assert says in str(refused.value)


def test_the_transaction_around_a_row() -> None:
    detection = "s: {standard: native, transaction.success: true, transaction.value|gt: 5}\ncondition: s"
    moved = [{"standard": "native", "value": 1}]
    assert fires(detection, transfers=moved, transactions=[{"success": True, "value": 6}])
    assert not fires(detection, transfers=moved, transactions=[{"success": False, "value": 6}])
    assert not fires(detection, transfers=moved, transactions=[{"success": True, "value": 6, "transaction_index": 1}])


def test_status_is_that_of_the_transaction_itself_whatever_its_neighbours_log() -> None:
    # OpenZeppelin Monitor took a reverted transaction for a good one when another in its block emitted logs (#498).
    detection = "s: {to_address: '" + A + "', success: false}\ncondition: s"
    rows = [{"to_address": A, "success": False}, {"to_address": B, "success": True, "transaction_index": 1}]
    (finding,) = found(compiled(written(detection, "transaction")), transactions=rows)
    assert finding.place.transaction_index == 0


def test_the_index_is_used_where_every_match_must_have_the_event() -> None:
    one, other = topic("Paused(address)"), topic("Unpaused(address)")
    asks = {"a": "signature: Paused(address)", "b": "signature: Unpaused(address)", "c": f"address: '{A}'"}
    cases = (("a or b", {one, other}), ("a and c", {one}), ("a or c", set[bytes]()), ("c and not a", set[bytes]()))
    for condition, expected in cases:
        selections = "\n".join(f"{name}: {{{asks[name]}}}" for name in asks.keys() & set(condition.split()))
        rule = compiled(written(f"{selections}\ncondition: {condition}", "log"))
        assert set(rule.reads["logs"].topic0) == expected


def test_labels_of_addresses() -> None:
    detector = compiled(written("s: {to_address|label: [mixer, sanctioned]}\ncondition: s"))
    rows = [{"to_address": "tumbler"}, {"to_address": "tumbler", "chain_id": 10}, {"to_address": "bob"}]
    labels = [{"chain_id": 1, "address": "tumbler", "kind": "mixer"}, {"chain_id": 1, "address": "bob", "kind": "own"}]
    assert [finding.place.chain_id for finding in known(detector, labels=labels, transfers=rows)] == [1]
    everywhere = [{"chain_id": None, "address": "tumbler", "kind": "sanctioned"}]
    assert len(known(detector, labels=everywhere, transfers=rows)) == 2
    mine = compiled(written("s: {standard: native}\nt: {transaction.from_address|label: own}\ncondition: s and not t"))
    moved, sender = [{"standard": "native"}], [{"from_address": "bob"}]
    assert not known(mine, labels=labels, transfers=moved, transactions=sender)
    assert known(mine, labels=[], transfers=moved, transactions=sender)
    with pytest.raises(RuleError, match="no label is called 'mixr'; did you mean 'mixer'"):
        compiled(written("s: {to_address|label: mixr}\ncondition: s"))
    with pytest.raises(RuleError, match="only addresses have labels"):
        compiled(written("s: {value|label: mixer}\ncondition: s"))


def test_dollars_filter_and_are_not_stated() -> None:
    detector = compiled(written("s: {dollars|gte: 1_000}\ncondition: s"))
    prices = [{"chain_id": 1, "token_address": "coin", "dollars_per_unit": 0.5}]
    rows = [{"token_address": "coin", "value": value, "transaction_index": value} for value in (1_999, 2_000)]
    unknown = [{"token_address": "other", "value": 10**30}]
    (finding,) = known(detector, prices=prices, transfers=rows + unknown)
    assert finding.values["value"] == 2_000
    assert "dollars" not in finding.values
    for line, says in (("dollars: 5", "compare it with gt"), ("dollars|gte: 0.5", "is no whole number")):
        with pytest.raises(RuleError, match=says):
            compiled(written(f"s: {{{line}}}\ncondition: s"))
    with pytest.raises(RuleError, match="it is not stated"):
        compiled(written("s: {dollars|gte: 1}\ncondition: s") + "fields: [dollars]\n")
    with pytest.raises(RuleError, match="approvals has no field"):
        compiled(written("s: {dolars|gte: 1}\ncondition: s", "approval"))


def test_rows_in_no_transaction_are_told_apart_by_their_subject() -> None:
    detector = compiled(written("s: {peers|lt: 3}\ncondition: s", "node_status"))
    rows = [{"observer": name, "layer": "execution", "peers": 1} for name in ("one", "two", "two")]
    findings = found(detector, node_status=rows)
    assert [finding.key for finding in findings] == ["one|execution", "two|execution"]
    assert len({finding.id for finding in findings}) == 2


def known(detector: Detector, labels: Any = (), prices: Any = (), **tables: Any) -> tuple[Finding, ...]:
    """What it finds with these labels and prices beside the rows."""
    given = {"labels": labels, "prices": prices, **tables}
    frames = {name: frame(columns_of(name), given.get(name, ())) for name in detector.reads}
    outcome = detect(frames, [detector], {})
    assert not outcome.failures, outcome.failures
    return outcome.findings


def columns_of(name: str) -> Mapping[str, Column]:
    return REFERENCE_COLUMNS.get(name) or datasets()[name].columns


def test_one_finding_a_transaction_states_the_first_row_and_counts_them() -> None:
    text = written("s: {standard: native}\ncondition: s") + "entities: {attacker: from_address}\ntags: [attack.t1]\n"
    rows = [{"standard": "native", "value": n, "call_index": n, "from_address": A} for n in (3, 2, 1)]
    (finding,) = found(compiled(text), transfers=rows)
    assert finding.values["value"] == 1
    assert finding.values["matches"] == 3
    assert [(entity.role, entity.address) for entity in finding.entities] == [("attacker", A)]
    assert finding.labels == ("attack.t1",)


def test_a_watch_list_may_be_long() -> None:
    listed = ", ".join(f"'0x{number:040x}'" for number in range(1, 10_001))
    rows = [{"to_address": f"0x{number:040x}", "transaction_index": number} for number in (1, 10_000, 10_001)]
    findings = found(compiled(written(f"s: {{to_address: [{listed}]}}\ncondition: s")), transfers=rows)
    assert [finding.place.transaction_index for finding in findings] == [1, 10_000]


def test_a_condition_may_have_many_parts() -> None:
    selections = "\n".join(f"s{number}: {{nonce: {number}}}" for number in range(400))
    rule = compiled(written(f"{selections}\ncondition: 1 of s*", "transaction"))
    assert [each.values["nonce"] for each in found(rule, transactions=[{"nonce": n} for n in (399, 400)])] == [399]
