"""
The base fee is several times what it was.

## What it finds
A block whose base fee is more than five times the median of the last 300 blocks. One finding when it begins.

* medium: at least 200 blocks to compare with.
* low: at least 20.

## Why it matters
Blocks have been full for a while. Transactions that offer yesterday's fee wait: keepers, oracles, liquidations, and the
pause that an incident needs.

## Blind spots
The base fee rises by an eighth a block at most, so that a spike is seen some fifteen full blocks after it began. Chains
without a base fee, and layer-2 chains whose costs lie elsewhere. Popular mints look the same.

## Triage
Look at what fills the blocks. Raise the fees of your own keepers and emergency transactions.

## References
- https://eips.ethereum.org/EIPS/eip-1559
"""

from collections.abc import Iterator, Sequence
from typing import Any

import polars as pl

from tocsin.detect.detector import Detector, Example, Read
from tocsin.detect.detectors.consensus import _onsets
from tocsin.detect.detectors.node import _medians
from tocsin.model.finding import Severity, Sighting
from tocsin.tables.choice import rows_with
from tocsin.tables.dataset import Tables

LEAST_WEI = 10**9
"""Below a gwei a spike costs nobody anything (design)."""
CONFIDENCE = 0.7


def rows(tables: Tables) -> pl.DataFrame:
    """The base fee of each block."""
    found = rows_with(tables["blocks"], "block_number", "base_fee_per_gas")
    whose = pl.Series("subject", [""]).new_from_index(0, found.height)
    return found.hstack([whose, found["base_fee_per_gas"].alias("quantity")])


def run(tables: Tables) -> Iterator[Sighting]:
    """A sighting when the base fee leaves its usual range."""
    for surge in _medians.surges(tables):
        if surge.quantity >= LEAST_WEI:
            yield Sighting(
                place=_onsets.place(surge.row),
                severity=surge.severity,
                confidence=CONFIDENCE,
                title="The base fee is several times what it was",
                summary=f"A unit of gas costs {surge.quantity} wei; {surge.usual} were usual in the last "
                f"{surge.observations} blocks.",
                values={
                    "base_fee_wei": surge.quantity,
                    "usual_wei": surge.usual,
                    "observations": surge.observations,
                },
                key="base-fee",
            )


def _blocks(fees: Sequence[int]) -> list[dict[str, Any]]:
    return [{"block_number": number, "base_fee_per_gas": fee * 10**8} for number, fee in enumerate(fees, 1)]


detector = Detector(
    id="base-fee-spike",
    severity=Severity.MEDIUM,
    reads={"blocks": Read(columns=("base_fee_per_gas",))},
    memory=_medians.memory_of(rows),
    run=run,
    examples=(
        Example(
            says="over five times the median, once",
            tables={"blocks": _blocks([*[100] * 205, 400, 501, 600, 450, 550])},
            finds=({"severity": "medium", "block_number": 207, "values": {"base_fee_wei": 501 * 10**8}},),
        ),
        Example(
            says="a short history gives a low one",
            tables={"blocks": _blocks([*[100] * 25, 501])},
            finds=({"severity": "low", "values": {"usual_wei": 10**10}},),
        ),
        Example(
            says="five times is not more, and what costs nothing may rise",
            tables={"blocks": [*_blocks([*[100] * 30, 500]), *({**each, "chain_id": 5, "base_fee_per_gas": fee}
                    for each, fee in zip(_blocks([1] * 31), [*[7] * 30, 700], strict=True))]},
        ),
    ),
)  # fmt: skip
