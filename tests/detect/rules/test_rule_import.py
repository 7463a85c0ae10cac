"""Monitors of OpenZeppelin Monitor become rules that match the same, and whatever does not is told."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rule_texts import detectors_of, found

from tocsin.chain.signatures import selector, topic
from tocsin.detect.rules.logic import All, Is, Logic, Some
from tocsin.detect.rules.openzeppelin.expression import Comparison, expression
from tocsin.detect.rules.openzeppelin.monitor import Network, monitors, networks
from tocsin.detect.rules.openzeppelin.translation import LEFT_OUT, Translation, translate
from tocsin.model.errors import RuleError
from tocsin.tables.literal import words

COIN, OTHER = "0x" + "c0" * 20, "0x" + "0d" * 20
CHAINS = {"mainnet": Network(1), "optimism": Network(10)}
ABI = [
    {
        "type": "event",
        "name": "Transfer",
        "inputs": [
            {"name": "from", "type": "address", "indexed": True},
            {"name": "to", "type": "address", "indexed": True},
            {"name": "value", "type": "uint256", "indexed": False},
        ],
    },
    {
        "type": "function",
        "name": "transfer",
        "inputs": [{"name": "to", "type": "address"}, {"name": "amount", "type": "uint256"}],
    },
    {
        "type": "function",
        "name": "fill",
        "inputs": [
            {"name": "order", "type": "tuple", "components": [{"name": "price", "type": "uint256"}]},
            {"name": "note", "type": "string"},
        ],
    },
]
EVENT = {"signature": "Transfer(address, address, uint256)", "expression": "value > 10000000000"}
FUNCTION = {"signature": "transfer(address,uint256)", "expression": None}
SUCCESS = {"status": "Success", "expression": None}


def monitor(**changes: Any) -> dict[str, Any]:
    """A monitor as the shipped example has it: large transfers of one coin in transactions that succeed."""
    conditions = {"functions": [], "events": [EVENT], "transactions": [SUCCESS]}
    given = {name: changes.pop(name) for name in tuple(conditions) if name in changes}
    return {
        "name": "Large Transfer",
        "paused": False,
        "networks": ["mainnet"],
        "addresses": [{"address": COIN.upper().replace("X", "x"), "contract_spec": ABI}],
        "match_conditions": {**conditions, **given},
        "trigger_conditions": [],
        "triggers": [],
        **changes,
    }


def translated(**changes: Any) -> Translation:
    (read,) = monitors(json.dumps(monitor(**changes)), "monitor.json")
    return translate(read, CHAINS)


def finds(translation: Translation, **tables: Any) -> list[str]:
    """The rules that find something in these rows."""
    rules = detectors_of(("rule.yml", translation.text))
    return [name for name, rule in rules.items()
            if found(rule, **{each: rows for each, rows in tables.items() if each in rule.reads})]  # fmt: skip


def event(value: int, address: str = COIN, sender: str = OTHER, to: str = OTHER, **other: Any) -> dict[str, Any]:
    topics = {"topic0": topic("Transfer(address,address,uint256)"), "topic1": words(sender), "topic2": words(to)}
    return {"address": address, **topics, "data": words(value), **other}


def sent(amount: int = 5, to: str = COIN, success: bool = True, **other: Any) -> dict[str, Any]:
    data = selector("transfer(address,uint256)") + words(OTHER, amount)
    return {"from_address": OTHER, "to_address": to, "input": data, "success": success, **other}


def told(translation: Translation) -> dict[str, str]:
    return {each.part: each.outcome for each in translation.told}


def test_the_shipped_example() -> None:
    rule = translated()
    assert finds(rule, logs=[event(10_000_000_001)], transactions=[sent()]) == ["large-transfer"]
    assert finds(rule, logs=[event(10_000_000_000)], transactions=[sent()]) == []
    assert finds(rule, logs=[event(10_000_000_001, address=OTHER)], transactions=[sent()]) == []
    assert finds(rule, logs=[event(10_000_000_001)], transactions=[sent(success=False)]) == []
    assert finds(rule, logs=[event(10_000_000_001, chain_id=10)], transactions=[sent(chain_id=10)]) == []


def test_status_is_that_of_the_transaction_itself() -> None:
    neighbour = sent(transaction_index=1)
    rule = translated()
    reverted = [sent(success=False), neighbour]
    assert finds(rule, logs=[event(10**12, transaction_index=1)], transactions=reverted) == ["large-transfer"]
    assert finds(rule, logs=[event(10**12, transaction_index=0)], transactions=reverted) == []


def test_events_or_functions_and_transactions() -> None:
    rule = translated(functions=[FUNCTION], transactions=[{"status": "Success", "expression": "gas_price >= 7"}])
    events, functions = "large-transfer-events", "large-transfer-functions"
    large = [event(10**12)]
    assert finds(rule, logs=large, transactions=[sent(gas_price=7)]) == [events, functions]
    assert finds(rule, logs=large, transactions=[sent(gas_price=7, to=OTHER)]) == [events]
    assert finds(rule, logs=[event(1)], transactions=[sent(gas_price=7)]) == [functions]
    assert finds(rule, logs=large, transactions=[sent(gas_price=6)]) == []
    assert told(rule)["events and functions"] == "changed"


def test_any_transaction_condition_is_enough() -> None:
    failed, ninth = {"status": "Failure", "expression": None}, {"status": "Any", "expression": "nonce == 9"}
    rule = translated(transactions=[failed, ninth])
    for transaction, expected in ((sent(success=False), True), (sent(nonce=9), True), (sent(), False)):
        assert bool(finds(rule, logs=[event(10**12)], transactions=[transaction])) is expected


def test_only_transactions() -> None:
    rule = translated(events=[], transactions=[{"status": "Any", "expression": f"value > 5 AND from == {OTHER}"}])
    assert finds(rule, transactions=[sent(value=6)])
    assert not finds(rule, transactions=[sent(value=5)])
    assert not finds(rule, transactions=[sent(value=6, to=OTHER)])
    assert told(rule)["addresses"] == "changed"


@pytest.mark.parametrize(
    ("text", "row", "matches"),
    [
        (f"from == {OTHER.upper().replace('X', 'x')}", event(1), True),
        (f"from != '{OTHER}'", event(1), False),
        (f"from != '{COIN}'", event(1), True),
        ("from starts_with '0x0D0D'", event(1), True),
        ("from ends_with '0d0D'", event(1), True),
        ("from contains 'd0d'", event(1), True),
        (f"value >= 1 AND (to == {COIN} OR from == {OTHER})", event(1), True),
        (f"value > 1 AND to == {COIN} OR from == {OTHER}", event(1), True),
        (f"from == {COIN} OR value > 1 AND to == {OTHER}", event(1), False),
        ("value >= 2 AND value <= 4", event(3), True),
        ("value >= 2 AND value <= 4", event(5), False),
        ("value != 3 AND value != 4", event(4), False),
        ("value == 0xff", event(255), True),
        ("0 == " + OTHER, event(1), True),
    ],
)
def test_expressions(text: str, row: dict[str, Any], matches: bool) -> None:
    rule = translated(events=[{**EVENT, "expression": text}])
    assert rule.text, rule.told
    assert bool(finds(rule, logs=[row], transactions=[sent()])) is matches


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("value > 1.5", "'1.5' is no whole number"),
        ("from > 5", "an address has no order"),
        ("Value > 5", "has no argument 'Value'"),
        ("value > ", "it ends too early"),
        ("value > 5 and value < 6", "'and' is one too many"),
        ("(value > 5", "a bracket is not closed"),
        ("value contains '5'", "a 256-bit amount has no parts"),
        ("from starts_with 'ab'", "bytes begin with 0x"),
        ("NOT value > 5", "is no operator"),
        ("value == other", "'other' is no value"),
        ("value > 2e80", "'2e80' is no value"),
        ("value > " + "9" * 80, "never matches"),
        ("value ~ 5", "'~' means nothing"),
        ("(" * 40 + "value > 1" + ")" * 40, "more than 30 brackets"),
    ],
)
def test_what_cannot_be_meant_is_told_and_no_rule_is_written(text: str, says: str) -> None:
    rule = translated(events=[{**EVENT, "expression": text}])
    assert rule.text == ""
    assert any(says in each.why and each.outcome == LEFT_OUT for each in rule.told), rule.told


def test_members_of_structs_are_told() -> None:
    fill = {"signature": "fill((uint256),string)", "expression": "order.price > 5"}
    assert translated(events=[], functions=[fill]).text == ""
    assert translated(events=[], functions=[{**fill, "expression": "note contains 'Stop*'"}]).text


def test_half_a_monitor_is_not_written() -> None:
    rule = translated(functions=[{**FUNCTION, "expression": "amount > nothing"}])
    assert rule.text == ""
    assert told(rule)["the whole"] == LEFT_OUT


def test_nothing_is_dropped_silently() -> None:
    rule = translated(
        networks=["mainnet", "stellar_mainnet"],
        triggers=["slack", "mail"],
        trigger_conditions=[{"script_path": "f.py", "language": "Python", "arguments": [], "timeout_ms": 1}],
        chain_configurations=[{"stellar": {}}],
        colour="red",
        events=[{**EVENT, "shade": 1}],
        paused=True,
    )
    fields = ("triggers", "trigger_conditions", "chain_configurations", "colour", "events: shade")
    parts = ("network stellar_mainnet", *fields)
    assert [told(rule)[part] for part in parts] == [LEFT_OUT] * len(parts)
    assert "enabled: false" in rule.text
    assert detectors_of(("rule.yml", rule.text)) == {}


def test_without_a_known_network_there_is_no_rule() -> None:
    assert translated(networks=["elsewhere"]).text == ""


def test_contracts_with_and_without_an_abi() -> None:
    addresses = [{"address": COIN, "contract_spec": ABI}, {"address": OTHER, "contract_spec": None}]
    rule = translated(addresses=addresses)
    assert finds(rule, logs=[event(10**12, address=OTHER)], transactions=[sent()])
    assert told(rule)[f"address {OTHER}"] == "changed"
    lacking = [{"address": COIN, "contract_spec": ABI}, {"address": OTHER, "contract_spec": []}]
    assert not finds(translated(addresses=lacking), logs=[event(10**12, address=OTHER)], transactions=[sent()])
    assert translated(addresses=[]).text == ""
    assert translated(addresses=[{"address": "GABC", "contract_spec": ABI}]).text == ""


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ("{", "not JSON"),
        ("[" * 100_000, "not JSON|too deep"),
        ("5", "must be a JSON object"),
        ('{"name": 5}', "name: must be a text"),
        ('{"name": "x", "networks": "mainnet"}', "networks: must be a list"),
        ('{"name": "x", "match_conditions": {"transactions": [{"status": "Maybe"}]}}', "is 'Maybe', not one of Any"),
        ('{"name": "x", "addresses": [{"address": "0x", "contract_spec": "abi"}]}', "must be an ABI, or null"),
    ],
)
def test_what_is_no_monitor(given: str, says: str) -> None:
    with pytest.raises(RuleError, match=says):
        list(monitors(given, "monitor.json"))


def test_network_files_say_which_chain_a_slug_is() -> None:
    files = [
        ("a.json", '{"network_type": "EVM", "slug": "mainnet", "chain_id": 1, "confirmation_blocks": 12}'),
        ("b.json", '{"network_type": "Stellar", "slug": "stellar_mainnet", "network_passphrase": "x"}'),
    ]
    assert networks(files) == {"mainnet": Network(1, confirmation_blocks=12)}
    with pytest.raises(RuleError, match="it has no slug"):
        networks([("c.json", "{}")])


def test_what_network_files_ask_for_is_told() -> None:
    (read,) = monitors(json.dumps(monitor()), "monitor.json")
    rule = translate(read, {"mainnet": Network(1, confirmation_blocks=12, skips=True)})
    assert rule.text
    for part in ("confirmation_blocks", "max_past_blocks"):
        assert told(rule)[f"network mainnet: {part}"] == LEFT_OUT


def expressions() -> st.SearchStrategy[str]:
    leaf = st.sampled_from(["a == 1", "b == 1", "c == 1"])
    return st.recursive(
        leaf,
        lambda inner: st.one_of(
            st.lists(inner, min_size=2, max_size=3).map(" AND ".join),
            st.lists(inner, min_size=2, max_size=3).map(" OR ".join),
            inner.map("({})".format),
        ),
        max_leaves=12,
    )


def truth(logic: Logic[Comparison], truths: dict[str, bool]) -> bool:
    match logic:
        case Is():
            return truths[logic.leaf.path]
        case All():
            return all(truth(part, truths) for part in logic.parts)
        case Some():
            return any(truth(part, truths) for part in logic.parts)
    raise AssertionError(logic)


@given(expressions(), st.fixed_dictionaries({name: st.booleans() for name in "abc"}))
def test_and_binds_tighter_than_or(text: str, truths: dict[str, bool]) -> None:
    python = text.replace(" == 1", "").replace("AND", "and").replace("OR", "or")
    expected = eval(python, {"__builtins__": {}}, truths)  # noqa: S307 - made above of names, and, or and brackets
    assert truth(expression(text), truths) is expected
