"""The MEV labels against facts that a peer's tests assert."""

import json
from typing import Any

from measuring import DATA, HEAD, findings, read, row

from tocsin.model.finding import Finding

Fact = tuple[object, ...]
"""What is known of one event, amounts included, in the order of `stated`."""


def mev() -> list[str]:
    """Recall of the MEV labels against the peer's asserted facts, exact to the last unit."""
    seen = {
        (finding.detector, stated(finding))
        for folder in ("mev/blocks", "mev/traces")
        for recording in read(DATA / folder)
        for finding in findings(recording)[0]
        if finding.detector in STATED
    }
    lines = ["## MEV labels (what the peer's tests assert, amounts exact)", "", *HEAD]
    for name, wanted in expected().items():
        hits = sum((name, fact) in seen for fact in wanted)
        lines.append(row(name, hits, len(wanted), "facts"))
    return [*lines, ""]


STATED: dict[str, tuple[str, ...]] = {
    "arbitrage": ("swap_count", "profit_token", "profit_amount"),
    "sandwich": ("front_transaction", "back_transaction", "profit_token", "profit_amount"),
    "liquidation": ("debt_token", "debt_amount", "collateral_token", "collateral_amount"),
    "jit-liquidity": (
        "burn_transaction",
        "mint_token0_amount",
        "mint_token1_amount",
        "burn_token0_amount",
        "burn_token1_amount",
    ),
}
"""By label, the values of a finding that are compared, behind its transaction."""


def stated(finding: Finding) -> Fact:
    """What a finding says of what is compared."""
    return (finding.place.transaction_hash, *(finding.values[name] for name in STATED[finding.detector]))


def expected() -> dict[str, set[Fact]]:
    """By label, the facts that must be found."""
    truth = json.loads((DATA / "mev/expected.json").read_text())
    arbitrages = [item for block in truth["blocks"].values() for item in block.get("arbitrages", ())]
    sandwiches = [item for items in truth["sandwiches"].values() for item in items]
    return {
        "arbitrage": {
            (item["transaction_hash"], item["n_swaps"], item["profit_token"], item["profit_amount"])
            for item in arbitrages
        },
        "sandwich": {_sandwich(item) for item in sandwiches},
        "liquidation": {
            (
                item["transaction_hash"],
                item["debt_token_address"],
                item["debt_purchase_amount"],
                item["received_token_address"],
                item["received_amount"],
            )
            for item in truth["liquidations"]
        },
        "jit-liquidity": {
            (
                item["mint_transaction_hash"],
                item["burn_transaction_hash"],
                *(item[name] for name in STATED["jit-liquidity"][1:]),
            )
            for item in truth["jit_liquidity"]
        },
    }


def _sandwich(item: dict[str, Any]) -> Fact:
    front, back = item["frontrun_swap"]["transaction_hash"], item["backrun_swap"]["transaction_hash"]
    return front, front, back, item["profit_token_address"], item["profit_amount"]
