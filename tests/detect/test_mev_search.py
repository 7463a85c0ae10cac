"""The searches behind the labels: whole, exact, and bounded whatever a block holds."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.detect.catalogue import detectors
from tocsin.detect.checks import build
from tocsin.detect.detectors.mev import arbitrage
from tocsin.detect.detectors.mev._sandwiches import MOST_VICTIMS
from tocsin.detect.engine import Outcome, detect
from tocsin.detect.fusion import fuse
from tocsin.detect.known import KNOWN
from tocsin.model.finding import Finding, Severity

MOST = 2**256 - 1


def found(detector: str, **tables: Sequence[Mapping[str, Any]]) -> tuple[Finding, ...]:
    """What a detector finds in literal tables."""
    outcome = detect(build(detectors()[detector], tables), [detectors()[detector]], {})
    assert not outcome.failures
    return outcome.findings


def swap(transaction: int, position: int, pool: str, who: str, paid: tuple[str, int], got: tuple[str, int]) -> Any:
    """One row of swaps."""
    return {
        "transaction_index": transaction,
        "call_index": position,
        "pool_address": pool,
        "pool_id": pool,
        "from_address": who,
        "to_address": who,
        "token_in_address": paid[0],
        "amount_in": paid[1],
        "token_out_address": got[0],
        "amount_out": got[1],
    }


def root(transaction: int, sender: str) -> Any:
    """The first row of calls of a transaction."""
    return {"transaction_index": transaction, "call_index": 0, "from_address": sender, "to_address": "somewhere"}


@given(
    amounts=st.lists(st.integers(10**6, MOST), min_size=2, max_size=arbitrage.MOST_SWAPS, unique=True),
    end=st.integers(0, MOST),
    order=st.randoms(use_true_random=False),
)
def test_a_ring_of_pools_is_one_cycle_in_whatever_order_it_executes(amounts: list[int], end: int, order: Any) -> None:
    """Amounts up to 256 bits are exact, the start is where the amounts do not meet."""
    outs = [*amounts[1:], end]
    positions = order.sample(range(len(amounts)), len(amounts))
    rows = [
        swap(0, positions[n], f"pool-{n}", "bot", (f"t{n}", amounts[n]), (f"t{(n + 1) % len(amounts)}", outs[n]))
        for n in range(len(amounts))
    ]
    (finding,) = found("arbitrage", swaps=rows)
    gap = abs(end - amounts[0]) * 100
    if gap > max(end, amounts[0]):  # else any start is as good
        assert finding.values["amounts_in"] == amounts
        assert finding.values["profit_amount"] == end - amounts[0]


def test_a_thousand_equal_swaps_in_one_transaction_are_searched_in_bounded_time() -> None:
    """Every swap could follow every other: the search gives up, it does not hang or fail."""
    rows = [swap(0, n, f"pool-{n}", "bot", ("coin", 100), ("coin", 100)) for n in range(1_000)]
    assert found("arbitrage", swaps=rows)


def test_sandwiches_inside_sandwiches_are_all_found_and_their_lists_are_bounded() -> None:
    """Three hundred actors go in one after the other and come out in reverse."""
    count = 300
    fronts = [swap(n, 1, "pool", f"bot-{n}", ("coin", 100), ("fruit", 50)) for n in range(count)]
    backs = [swap(2 * count - n, 1, "pool", f"bot-{n}", ("fruit", 50), ("coin", 101)) for n in range(count)]
    roots = [root(row["transaction_index"], row["from_address"]) for row in (*fronts, *backs)]
    spent = [
        {"transaction_index": row["transaction_index"], "account_address": row["from_address"], "token_address": "coin"}
        | {"sent_f64": 100, "net_f64": -100}
        for row in fronts
    ]
    seen = found("sandwich", swaps=[*fronts, *backs], calls=roots, profits=spent)
    assert len(seen) == count - 1  # the innermost has nobody between
    assert {finding.values["profit_amount"] for finding in seen} == {1}
    assert max(len(finding.values["victim_transactions"]) for finding in seen) == MOST_VICTIMS


@pytest.mark.parametrize("leg", ["front_transactions", "victim_transactions", "back_transactions"])
def test_a_sandwich_lowers_findings_about_each_of_its_transactions(leg: str) -> None:
    """Front, victim and back are lowered by two levels and say so, where the sandwich accounts for what was gained."""
    sandwich = detectors()["sandwich"]
    loud = next(each for each in detectors().values() if not each.label)
    example = next(each for each in sandwich.examples if each.finds)
    outcome = detect(build(sandwich, example.tables), [sandwich], {})
    (label,) = outcome.findings
    alarm = about(label, label.values[leg][0], loud.id)
    fused = fuse(replaced(outcome, alarm), detectors(), KNOWN).findings[-1]
    assert fused.severity == Severity.MEDIUM
    assert set(fused.labels) == {"mev:sandwich", "lowered-from:critical"}


def about(label: Finding, transaction: str, detector: str) -> Finding:
    """A critical finding of another detector about a transaction in the same block, and about the same gain."""
    place = replace(label.place, transaction_hash=transaction)
    gained = {
        "gained_tokens": (label.values["profit_token"],),
        "gained_amounts": (label.values["profit_amount"],),
    }
    return replace(label, place=place, severity=Severity.CRITICAL, detector=detector, labels=(), values=gained)


def replaced(outcome: Outcome, alarm: Finding) -> Outcome:
    """The outcome with one more finding."""
    return replace(outcome, findings=(*outcome.findings, alarm))
