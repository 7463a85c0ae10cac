"""What is shown: exact, aligned, plain, and never what somebody else wrote into it."""

import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console, RenderableType

from tocsin.cli.render import findings
from tocsin.cli.render.calls import ENOUGH_LINES, readable_depth, reason, tree
from tocsin.cli.render.money import short, whole_units
from tocsin.cli.render.names import NATIVE_ADDRESS, Names
from tocsin.cli.render.safe import LONGEST, safe
from tocsin.model.finding import Entity, Finding, Place, Severity

USDC = "0xa0b86991c6218b36c1d19d4a2e9eb0ce3606eb48"
STRANGER = "0x" + "5a" * 20
PLACE = Place(chain_id=1, block_number=17, block_hash=None, transaction_hash="0x" + "ab" * 32, transaction_index=None)


def shown(what: RenderableType, width: int = 80) -> str:
    """What a renderable looks like in a file."""
    console = Console(file=io.StringIO(), width=width, markup=False, highlight=False, emoji=False)
    console.print(what)
    return str(console.file.getvalue())  # type: ignore[attr-defined]


@given(st.integers(min_value=-(2**256), max_value=2**256), st.integers(min_value=0, max_value=77))
def test_units_lose_no_digit(amount: int, decimals: int) -> None:
    """Read back, an amount in units is the amount in base units."""
    before, _, after = whole_units(amount, decimals).replace(",", "").partition(".")
    assert int(before + after.ljust(decimals, "0")) == amount


@given(st.text())
def test_nothing_that_acts_is_shown(text: str) -> None:
    """No control, bidirectional or other unseen character is left; what can be seen stays."""
    assert all(character.isprintable() for character in safe(text))
    if text.isprintable() and len(text) <= LONGEST:
        assert safe(text) == text


def test_text_of_others_cannot_forge_or_flood() -> None:
    """Escape codes, a new line, a right-to-left override and a megabyte."""
    assert safe("\x1b[31mred\nnew \u202egpj.exe") == "\\u001b[31mred\\u000anew \\u202egpj.exe"
    assert safe("x" * 10**6).endswith("… (998,000 characters more)")


def test_only_well_known_tokens_have_symbols() -> None:
    """USDC by its six decimals; a stranger in base units with its address; the native coin of the chain."""
    names = Names(1)
    assert names.money(USDC, 1_234_567_890) == "1,234.56789 USDC"
    assert names.money(STRANGER, 10**21 + 1) == "1,000,000,000,000,000,000,001 base units of 0x5a5a…5a5a"
    assert names.money(NATIVE_ADDRESS, -1, signed=True) == "-0.000000000000000001 ETH"
    assert names.money(NATIVE_ADDRESS, 10**18, signed=True) == "+1 ETH"
    assert Names(56).native(5) == "0.000000000000000005 BNB"
    assert short(STRANGER) == "0x5a5a…5a5a"


def finding(**other: Any) -> Finding:
    """A finding with these things in it."""
    usual = {
        "detector": "test",
        "place": PLACE,
        "severity": Severity.HIGH,
        "confidence": 0.5,
        "title": "Something happened",
        "summary": f"5000000 base units of {USDC} went to {STRANGER}.",
    }
    return Finding(**{**usual, **other})


def test_a_finding_is_told_in_units_and_short_addresses() -> None:
    """The sentence is plain; the whole address stands beside its role."""
    told = shown(findings.panel(finding(entities=(Entity("thief", STRANGER, "[bold]Nice[/]"),)), Names(1)))
    assert "5 USDC went to 0x5a5a…5a5a." in told
    assert f"thief  {STRANGER}  [bold]Nice[/]" in told


def test_amounts_of_a_finding_stand_in_units_of_their_tokens() -> None:
    """`debt_amount` is of `debt_token`, `fees` of `tokens`; a number without a token stays as it is."""
    values = {"debt_token": USDC, "debt_amount": 7, "tokens": [USDC, STRANGER], "fees": [1_000_000, "2"], "count": 1234}
    told = shown(findings.panel(finding(values=values), Names(1)), width=200)
    assert "0.000007 USDC" in told
    assert "1 USDC, 2 base units of 0x5a5a…5a5a" in told
    assert "1,234" in told


def test_findings_are_sorted_worst_first() -> None:
    """By severity, then by how sure it is, then by place."""
    given_ = [finding(severity=s, title=s.word) for s in (Severity.INFO, Severity.CRITICAL, Severity.LOW)]
    lines = shown(findings.table(given_)).splitlines()
    order = [line.split()[0] for line in lines if line.split() and line.split()[0] in ("critical", "low", "info")]
    assert order == ["critical", "low", "info"]
    assert findings.tally(f.severity for f in given_) == "3 findings: 1 critical, 1 low, 1 info"
    assert findings.tally([]) == "0 findings"


@pytest.mark.parametrize("width", [40, 80, 120])
def test_a_table_keeps_within_the_terminal_and_cuts_nothing(width: int) -> None:
    """However narrow: every word of the title is still there."""
    told = shown(findings.table([finding(title="Abracadabra " * 12)]), width)
    assert max(map(len, told.splitlines())) <= width
    assert "".join(told.split()).count("Abracadabra") == 12 or width == 40


def call(depth: int, index: int, inside: int = 0, **other: Any) -> dict[str, Any]:
    """A frame of a call tree."""
    usual = {
        "call_type": "call",
        "to_address": STRANGER,
        "selector": "0xa9059cbb",
        "value": 0,
        "error": None,
        "reverted": False,
        "output": None,
    }
    return {"depth": depth, "call_index": index, "subtree_end": index + 1 + inside, **usual, **other}


def lines(calls: list[dict[str, Any]], depth: int | None = None) -> list[str]:
    """The lines of a tree, without colours."""
    return [line.plain for line in tree(calls, Names(1), depth)]


def test_a_tree_joins_parents_and_children() -> None:
    """Guides go as far as the last child and no further."""
    calls = [call(0, 0, 4), call(1, 1, 1), call(2, 2), call(1, 3, 1), call(2, 4, value=10**18)]
    assert lines(calls) == [
        "call 0x5a5a…5a5a.transfer",
        "├╴call 0x5a5a…5a5a.transfer",
        "│ └╴call 0x5a5a…5a5a.transfer",
        "└╴call 0x5a5a…5a5a.transfer",
        "  └╴call 0x5a5a…5a5a.transfer 1 ETH",
    ]


def test_a_tree_is_folded_where_it_is_deep_and_says_so() -> None:
    """What is folded away is counted, in its place and in all."""
    calls = [call(0, 0, 2), call(1, 1, 1), call(2, 2)]
    assert lines(calls, depth=1) == [
        "call 0x5a5a…5a5a.transfer",
        "└╴call 0x5a5a…5a5a.transfer (+1)",
        "… 1 call more: --depth 2 shows all",
    ]
    wide = [call(0, 0, 200), *(call(1, index) for index in range(1, 201))]
    assert len(lines(wide)) == ENOUGH_LINES + 1
    assert len(lines(wide, depth=1)) == 201


def test_as_deep_a_tree_as_there_can_be_is_drawn() -> None:
    """The EVM's limit of 1,024 frames, one in the other."""
    deep = [call(level, level, 1024 - level) for level in range(1025)]
    assert len(lines(deep, depth=1024)) == 1025
    assert readable_depth(deep) == ENOUGH_LINES - 1


@pytest.mark.parametrize(
    ("output", "says"),
    [
        ("0x08c379a0" + f"{32:064x}{2:064x}" + b"no".hex().ljust(64, "0"), "no"),
        ("0x08c379a0" + f"{32:064x}{2**255:064x}" + b"\x1b[2J".hex(), "\\u001b[2J"),
        ("0x08c379a0", "no reason given"),
        ("0x4e487b71" + f"{0x11:064x}", "arithmetic overflow"),
        ("0x4e487b71" + f"{0x51:064x}", "panic 0x51"),
        ("0x4e487b71", "panic 0x0"),
        (None, "out of gas"),
    ],
)
def test_the_reason_of_a_failure_is_the_contracts_own(output: str | None, says: str) -> None:
    """Error(string) and Panic(uint256), hostile ones included, else the node's word."""
    assert reason(call(0, 0, output=output, error="out of gas")) == says


def test_a_sarif_log_is_what_the_standard_says(tocsin: Callable[..., Any]) -> None:
    """Its required properties, and every result points to a rule that is there."""
    log = json.loads(tocsin("scan", "blocks", "--format", "sarif").out)
    (run,) = log["runs"]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert log["version"] == "2.1.0"
    assert run["invocations"][0]["executionSuccessful"] is True
    assert run["results"]
    for result in run["results"]:
        assert rules[result["ruleIndex"]] == result["ruleId"]
        assert result["level"] in {"none", "note", "warning", "error"}
        assert result["message"]["text"]


def test_colours_only_where_they_are_wanted(tocsin: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """None in a file, even with NO_COLOR unset; some when forced; none when both are set."""
    assert "\x1b[" not in tocsin("scan", "blocks").out
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b[1;31m" in tocsin("scan", "blocks").out
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[1;31m" not in tocsin("scan", "blocks").out


def test_a_transaction_of_unknown_tokens_and_hostile_words(tocsin: Callable[..., Any]) -> None:
    """Exact base units for the unknown token, the revert reason as text, the failed call marked."""
    told = tocsin("explain", "transaction.json").out
    assert "+1,000,000,000,000,000,000,000,000,000,001 base units of 0x7070…7070" in told
    assert "+1.000000000000000001 ETH" in told
    assert "failed: [red]" in told
