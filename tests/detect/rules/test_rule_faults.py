"""A rule that cannot be read, or cannot be meant, is refused with file, line, field and the nearest right name."""

import pytest
from rule_texts import compiled, detectors_of, found, written

from tocsin.detect.rules.loading import compile_rules
from tocsin.model.errors import RuleError

RULE = written("s: {value|gt: 1}\ncondition: s")
"""Lines: 1 title, 2 id, 3 level, 4 status, 5 logsource, 6 detection, 7 s, 8 condition."""
TRANSFER = "signature: Transfer(address,address,uint256)"


def refusal(text: str, name: str = "rule.yml") -> str:
    with pytest.raises(RuleError) as refused:
        compile_rules([(name, text)])
    return str(refused.value)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("level: high", "level: hihg", "rule.yml:3: level: is not 'hihg'; did you mean 'high'?"),
        ("level: high", "levle: high", "rule.yml:3: levle: is unknown; did you mean 'level'?"),
        ("level: high\n", "", "rule.yml:1: level: must be a text"),
        ("id: a-rule", "id: A rule", "rule.yml:2: id: is lower-case letters"),
        ("status: stable", "status: ready", "rule.yml:4: status: is not 'ready'"),
        ("category: transfer", "category: transfre", "logsource.category: no dataset is called 'transfre'; did you"),
        ("product: evm", "product: windows", "logsource.product: is 'windows'"),
        ("product: evm", "produkt: evm", "logsource.produkt: is unknown; did you mean 'product'?"),
        ("value|gt", "valeu|gt", "detection.s.valeu|gt: transfers has no field 'valeu'; did you mean 'value'"),
        ("value|gt", "value_f64|gt", "transfers has no field 'value_f64'"),
        ("value|gt", "value|greater", "no modifier is called 'greater'"),
        ("value|gt", "value|base64offset|contains", "the modifier 'base64offset' is about text on hosts"),
        ("value|gt", "value|cidr", "the modifier 'cidr' compares IP addresses, and no field of chain data is one"),
        ("value|gt", "value|neq", "write `not` in the condition"),
        ("value|gt", "value|gt|lt", "gt and lt cannot go together"),
        ("value|gt: 1", "value|gt: 1.5", "'1.5' is no whole number"),
        ("value|gt: 1", "value|gt: [1, 2]", "detection.s.value|gt: needs one value"),
        ("value|gt: 1", "value|gt: 2e77", "never matches: it is between 0 and"),
        ("value|gt: 1", "value|lt: 0", "never matches: it is between 0 and"),
        ("value|gt: 1", "value: -1", "never matches: it is between 0 and"),
        ("value|gt: 1", "value|contains: 1", "is a 256-bit amount; only texts and bytes have parts"),
        ("value|gt: 1", "value|re: 1", "only texts and bytes can be matched with a regular expression"),
        ("value|gt: 1", "value: []", "has no value"),
        ("value|gt: 1", "standard|gt: 1", "is text; only numbers can be compared with gt"),
        ("value|gt: 1", "standard: erc02", "is never 'erc02'; did you mean 'erc20'?"),
        ("value|gt: 1", "standard|re: '('", "is no regular expression"),
        ("value|gt: 1", "to_address: bob", "is an address: write it as 0x and hexadecimal digits, not 'bob'"),
        ("value|gt: 1", "to_address: 0x1234", "is 0x and 40 hexadecimal digits"),
        ("value|gt: 1", "to_address|exists: maybe", "is true or false, not 'maybe'"),
        ("value|gt: 1", "to_address|exists: false", "is never empty, so this never matches"),
        ("value|gt: 1", "to_address|fieldref: value", "is an address, value is a 256-bit amount; only like"),
        ("value|gt: 1", "to_address|fieldref: to_addres", "did you mean 'to_address'?"),
        ("value|gt: 1", "to_address|gt|fieldref: from_address", "is an address; only numbers have an order"),
        ("value|gt: 1", "value|fieldref: value", "is compared with itself"),
        ("value|gt: 1", TRANSFER, "only logs, calls, transactions have signatures, not transfers"),
        ("value|gt: 1", "args.value: 1", "an argument needs a `signature` in the same selection"),
        ("value|gt: 1", "transaction.sucess: true", "did you mean 'transaction.success'?"),
        ("{value|gt: 1}", "{}", "rule.yml:7: detection.s: is empty: it would match everything"),
        ("{value|gt: 1}", "[bitcoin]", "'bitcoin' is a keyword without a field"),
        ("{value|gt: 1}", "{value|gt: 1, value|gt: 2}", "stands twice"),
        ("{value|gt: 1}", "&x {value|gt: 1}", "anchors and aliases are not read in rules"),
        ("{value|gt: 1}", "!!python/name:os.system {value|gt: 1}", "the tag tag:yaml.org,2002:python/name:os"),
        ("{value|gt: 1}", "{value|gt: 1", "not YAML"),
        ("value|gt: 1", "value|gt|cased: 1", "is a 256-bit amount; only texts have capital and small letters"),
        ("value|gt: 1", "transaction.success: [true, false]", "is true or false; give one of the two"),
        ("  condition: s", "  f: {value: 2}\n  condition: s", "rule.yml:8: detection.f: is not in the condition"),
        ("condition: s", "condition: t", "rule.yml:8: condition: no selection is called 't'"),
        ("  condition: s\n", "", "detection.condition: is missing"),
        ("  condition: s", "  condition: s\n  timeframe: 5m", "write a correlation with a timespan"),
    ],
)  # fmt: skip
def test_a_malformed_rule(old: str, new: str, says: str) -> None:
    assert old in RULE
    told = refusal(RULE.replace(old, new))
    assert says in told
    assert told.startswith("rule.yml:")


@pytest.mark.parametrize(
    "detection",
    [
        "s: {value: 1}\ncondition: not s",
        "s: {value|gte: 0}\ncondition: s",
        "s: {to_address|startswith: 0x}\ncondition: s",
        "s: {standard|contains: ''}\ncondition: s",
        "s: {standard: '*'}\ncondition: s",
        "s: {standard|re: '.*'}\ncondition: s",
        "s: {token_id|exists: true}\ncondition: s",
        "s: {chain_id: 1}\ncondition: s",
        "s: {value: 1}\nt: {chain_id: 1}\ncondition: s or t",
        "s: {value: 1}\nt: {value: 2}\ncondition: not (s and t)",
        "s: {value: 1}\nt: {value: 2}\ncondition: not s and not t",
    ],
)
def test_a_rule_that_would_match_nearly_everything_needs_force(detection: str) -> None:
    assert "would match nearly all of transfers" in refusal(written(detection))
    assert compiled(written(detection), force=True)


@pytest.mark.parametrize(
    "detection",
    [
        "s: {value: 1}\nt: {chain_id: 1}\ncondition: s and not t",
        "s: {value|lt: 5}\ncondition: not s",
        "s: {value: 1}\ncondition: not (not s)",
        "s: {token_id|exists: false}\ncondition: s",
        "s: {token_id|exists: true}\ncondition: not s",
        "s: {to_address|fieldref: from_address}\ncondition: s",
    ],
)
def test_a_rule_that_asks_for_something_does_not(detection: str) -> None:
    assert compiled(written(detection))


def test_every_fault_is_told_at_once() -> None:
    first, second = RULE.replace("level: high", "level: hihg"), RULE.replace("value|gt", "valeu|gt")
    with pytest.raises(RuleError) as refused:
        compile_rules([("one.yml", first), ("two.yml", second), ("three.yml", ""), ("four.yml", "- a")])
    lines = str(refused.value).splitlines()
    assert [line.partition(":")[0] for line in sorted(lines)] == ["four.yml", "one.yml", "three.yml", "two.yml"]


def test_two_rules_of_one_name_and_a_name_that_is_taken() -> None:
    with pytest.raises(RuleError, match=r"two.yml:1: id: 'a-rule' is the rule in one.yml:1 already"):
        compile_rules([("one.yml", RULE), ("two.yml", RULE)])
    with pytest.raises(RuleError, match="is a detector of tocsin's"):
        compile_rules([("one.yml", RULE)], taken=["a-rule"])


def test_what_is_off_is_checked_but_not_run() -> None:
    for line in ("enabled: false\n", "status: deprecated\n"):
        text = RULE.replace("status: stable\n", line)
        assert detectors_of(("rule.yml", text)) == {}
        assert len(compile_rules([("rule.yml", text)])) == 1
    assert "is not 'maybe'" in refusal(RULE + "enabled: maybe\n")


def test_numbers_of_arguments_have_no_end() -> None:
    text = written("s: {signature: 'a(uint256 x)', args.x: 1}\ncondition: s", "log")
    assert "has no argument" in refusal(text + f"fields: [args.{'9' * 5_000}]\n")


def test_a_title_is_one_line() -> None:
    (read,) = compile_rules([("rule.yml", RULE.replace("title: A rule", "title: |\n  A rule\n  of two lines."))])
    assert read.heading.title == "A rule of two lines"


def test_a_page_shows_the_condition_as_it_was_written() -> None:
    detection = "s:\n  - {to_address|label: [own, mixer]}\n  - {value: 1}\ncondition: s"
    (read,) = compile_rules([("rule.yml", written(detection))])
    shown = read.page.split("```yaml\n")[1].split("\n```")[0]
    (again,) = compile_rules([("rule.yml", RULE.split("detection:")[0] + "detection:\n" + indented(shown))])
    assert again.page == read.page
    assert "Where `transfers` cannot be had it is blind" in read.page  # labels are always there


def indented(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.splitlines()) + "\n"


def test_deep_and_large_files_are_refused() -> None:
    assert "more than 20 maps and lists inside one another" in refusal("a: " + "[" * 30 + "]" * 30)
    assert "not YAML" in refusal("[" * 100_000)
    assert "longer than" in refusal("#" * 1_000_001)


def test_signs_that_play_with_a_terminal_are_refused() -> None:
    assert "signs in it that cannot be shown" in refusal(RULE.replace("A rule", r'"\x1b[31mred"'))
    assert "signs in it that cannot be shown" in refusal(RULE.replace("A rule", r'"\u202Ederdir"'))
    assert "not YAML" in refusal("a: \0")


def test_an_empty_field_is_false_and_its_negation_true() -> None:
    asks = compiled(written("s: {log_index|gt: 5}\ncondition: s"))
    does_not = compiled(written("s: {log_index|gt: 5}\nt: {standard: native}\ncondition: t and not s"))
    rows = [{"standard": "native", "log_index": None}]
    assert not found(asks, transfers=rows)
    assert found(does_not, transfers=rows)
