"""Tests beside a rule: in its file or in one of their own, run with the suite of all detectors."""

import pytest
from rule_texts import written

from tocsin.detect.rules.loading import compile_rules
from tocsin.detect.rules.suite import suite
from tocsin.model.errors import RuleError

EVENT = written("s:\n  signature: Transfer(address,address,uint256)\n  args.value|gte: 1e18\ncondition: s", "log")
TESTS = """
- says: a coin
  matches: true
  rows: [{address: coin, args: {from: alice, to: bob, value: 1e18}}]
- says: two transactions
  matches: 2
  rows:
    - {args: {value: 1e18}}
    - {args: {value: 2e18}, transaction_index: 1}
- says: less
  matches: false
  rows: [{address: coin, args: {from: alice, to: bob, value: 999_999_999_999_999_999}}]
"""
INSIDE = EVENT + "tests:\n" + "\n".join(f"  {line}" for line in TESTS.strip().splitlines()) + "\n"


def failures(*sources: tuple[str, str]) -> list[str]:
    failed = []
    for rule in compile_rules(sources):
        for name, check in suite(rule):
            try:
                check()
            except (AssertionError, RuleError):
                failed.append(name)
    return failed


def test_tests_in_the_rule_and_beside_it() -> None:
    assert failures(("a.yml", INSIDE)) == []
    assert failures(("a.yml", EVENT), ("a.test.yml", TESTS)) == []
    assert failures(("a.yaml", INSIDE), ("a.test.yaml", TESTS)) == []


def test_a_rule_without_tests_fails() -> None:
    assert failures(("a.yml", EVENT)) == ["tests"]


def test_a_test_that_does_not_hold_fails() -> None:
    wrong = INSIDE.replace("matches: true", "matches: false")
    assert "example: a coin" in failures(("a.yml", wrong))
    assert "example: less" in failures(("a.yml", INSIDE.replace("matches: false", "matches: true")))


def test_several_rules_in_one_file_have_their_tests_by_id() -> None:
    both = EVENT + "---\n" + EVENT.replace("id: a-rule", "id: other")
    listed = "\n".join(f"  {line}" for line in TESTS.strip().splitlines())
    assert failures(("a.yml", both), ("a.test.yml", f"a-rule:\n{listed}\nother:\n{listed}\n")) == []


def test_a_test_may_say_what_is_known() -> None:
    text = written("s: {to_address|label: mixer, dollars|gte: 5}\ncondition: s")
    tests = """
- says: to a mixer
  matches: true
  labels: [{address: tumbler, kind: mixer}]
  prices: [{token_address: coin, dollars_per_unit: 0.5}]
  rows: [{token_address: coin, to_address: tumbler, value: 10}]
- says: too little
  matches: false
  labels: [{address: tumbler, kind: mixer}]
  prices: [{token_address: coin, dollars_per_unit: 0.5}]
  rows: [{token_address: coin, to_address: tumbler, value: 9}]
"""
    assert failures(("a.yml", text), ("a.test.yml", tests)) == []


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("value: 1e18}}]", "valeu: 1e18}}]", "has no argument 'valeu'; did you mean 'value'?"),
        ("{address: coin, args", "{adress: coin, args", "tests.logs.adress: no such column; did you mean 'address'?"),
        ("  rows: [{address: coin, args: {from: alice, to: bob, value: 1e18}}]", "  rows: 5", "must be a list of rows"),
        ("  rows: [{address: coin, args: {from: alice, to: bob, value: 1e18}}]", "  calls: []", "does not read it"),
        ("matches: true", "matches: maybe", "must be true, false or the number of findings"),
        ("to: bob, value: 1e18", "to: bob, value: bob", "must be a whole number"),
        ("to: bob, value: 1e18", "to: bob, value: 1e99", "must be a whole number between 0 and 1157"),
        ("{address: coin, args", "{log_index: -1, args", "tests.logs.log_index: must be a whole number between 0 and"),
        (
            "{address: coin, args",
            f"{{address: 0x{'12' * 21}, args",
            "tests.logs.address: has 21 bytes, and place for 20",
        ),
        ("says: less\n", "say: less\n", "tests.say: the rule does not read it; did you mean 'says'?"),
    ],
)
def test_a_malformed_test(old: str, new: str, says: str) -> None:
    assert old in INSIDE
    with pytest.raises(RuleError) as refused:
        compile_rules([("a.yml", INSIDE.replace(old, new, 1))])
    assert says in str(refused.value)
    assert str(refused.value).startswith("a.yml:")


def test_a_test_file_must_belong_to_a_rule_file() -> None:
    with pytest.raises(RuleError, match=r"b.test.yml: there is no rule file b.yml that it tests"):
        compile_rules([("a.yml", EVENT), ("b.test.yml", TESTS)])
    with pytest.raises(RuleError, match=r"no rule of a.yml has this id"):
        compile_rules([("a.yml", EVENT), ("a.test.yml", "b-rule: []")])
