"""
More flows through a watched account than is normal for it.

What comes in and goes out of each watched account, token by token, is added up over five minutes and compared with all
the five minutes of the last week.

## What it finds
One finding for each account, token and series (what came in, what went out, how many transactions), when it leaves its
band, and not again while it stays as far outside. Severity by the robust z of the last five minutes:

* high: above 10, over two buckets of five minutes.
* medium: above 6 over two buckets, or above 10 in one.
* low: where most five minutes are empty, so that there is no band, and more than ever came or went (and a tenth).

Nothing before 200 transactions and 200 buckets are remembered.

## Why it matters
A run on a protocol, a drain in many small steps and a broken integration show in the flows before anybody says so.

## Blind spots
Slow changes; accounts that are quiet or erratic; what happens to the whole market is not taken out, and neither is the
hour of the day. What an account holds is not looked at here: see the watched drain. History is a week of blocks, one
row for each block, account and token (at most 16 tokens of an account a block).

## Triage
See who moves: one account, or everybody. If everybody leaves, find out what they have heard.

## References
- https://github.com/forta-network/starter-kits
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from tocsin.detect.accounts import blocks_in
from tocsin.detect.detector import MEMORY, Detector, Example, Memory, Read
from tocsin.detect.detectors.baselines._history import OBSERVATIONS, Floats, Track, cap, robust_z, tracks
from tocsin.detect.detectors.baselines._outflows import KEY, REMEMBERED, TRANSFERS, remember
from tocsin.detect.labels import LABELS_READ
from tocsin.detect.worth import PRICES_READ
from tocsin.model.finding import Entity, Place, Severity, Sighting, hexadecimal
from tocsin.tables import amounts
from tocsin.tables.choice import rows_where
from tocsin.tables.dataset import Tables

WINDOW_BLOCKS = 50_400
"""A week of Ethereum blocks."""
BUCKET_SECONDS = 300
BUCKETS = 200
"""So many five minutes must have passed since the first that is remembered."""
OUTLIER_Z, EXTREME_Z = 6.0, 10.0
"""Robust z (reference: detection, section 4.15)."""
CONFIDENCE = 0.5

SERIES: Mapping[str, str] = {
    "in": "More came in than is normal",
    "out": "More went out than is normal",
    "transactions": "More transactions than are normal",
}
"""What is counted, and the title of a finding about it."""


def run(tables: Tables) -> Iterator[Sighting]:
    """The series of this batch that leave their band."""
    memory, first = tables[MEMORY], tables["transfers"]["block_number"].min()
    if memory.is_empty() or first is None:
        return
    now = rows_where(memory, memory["block_number"].to_numpy() >= first)
    rows = list(now.iter_rows(named=True))
    known = tracks(memory, KEY, {(row["chain_id"], *(row[name] for name in KEY)) for row in rows})
    flows = {key: Flow.of(track) for key, track in known.items()}
    for row in sorted(rows, key=lambda each: (each["block_number"], each["account"], each["token"])):
        flow = flows[row["chain_id"], row["account"], row["token"]]
        yield from _of_block(row, flow, max(1, blocks_in(row["chain_id"], BUCKET_SECONDS)))


@dataclass(frozen=True, slots=True)
class Flow:
    """What is remembered of one account and token, block by block, as numbers."""

    blocks: npt.NDArray[np.int64]
    series: Mapping[str, Floats]

    @classmethod
    def of(cls, track: Track) -> "Flow":
        """Read once: each block looks back over all of it."""
        rows = track.rows
        moved = {name: amounts.to_float(amounts.words(rows[f"{name}_binary"])) for name in ("in", "out")}
        counts = (rows["outflows"] + rows["inflows"]).cast(float).to_numpy()
        return cls(track.blocks.astype(np.int64), {**moved, "transactions": counts})

    def last(self, block: int, blocks: int) -> int | None:
        """The last block before this one in which it moved, at most so many blocks back."""
        at = int(np.searchsorted(self.blocks, block))
        return int(self.blocks[at - 1]) if at and self.blocks[at - 1] >= block - blocks else None


def _of_block(row: Mapping[str, Any], flow: Flow, bucket_blocks: int) -> Iterator[Sighting]:
    """The series that are outside now, and were not, or not so far, when the account last moved, if lately."""
    block = row["block_number"]
    earlier = flow.last(block, bucket_blocks)
    now = _buckets(flow, block, bucket_blocks)
    before = {} if earlier is None else _buckets(flow, earlier, bucket_blocks)
    for name, sums in now.items():
        severity = _severity(sums)
        told = _severity(before[name]) if name in before else None
        if severity is not None and (told is None or severity > told):
            yield _sighting(row, name, sums, severity)


def _buckets(flow: Flow, block: int, bucket_blocks: int) -> dict[str, Floats]:
    """By series: the sums of the buckets up to a block, the last first; nothing where too little is remembered."""
    first, end = np.searchsorted(flow.blocks, [max(0, block + 1 - WINDOW_BLOCKS), block + 1])
    age = (block - flow.blocks[first:end]) // bucket_blocks
    if not len(age) or flow.series["transactions"][first:end].sum() < OBSERVATIONS or age.max() < BUCKETS:
        return {}
    return {
        name: np.bincount(age, weights=values[first:end]).astype(np.float64) for name, values in flow.series.items()
    }


def _severity(sums: Floats) -> Severity | None:
    last, before, history = float(sums[0]), float(sums[1]), sums[2:]
    z, earlier = robust_z(last, history), robust_z(before, history)
    if np.isinf(z):
        return Severity.LOW if last > cap(sums[1:]) else None
    if z <= OUTLIER_Z:
        return None
    lasts = earlier > OUTLIER_Z
    if z > EXTREME_Z:
        return Severity.HIGH if lasts else Severity.MEDIUM
    return Severity.MEDIUM if lasts else None


def _sighting(row: Mapping[str, Any], name: str, sums: Floats, severity: Severity) -> Sighting:
    account, token = str(hexadecimal(row["account"])), str(hexadecimal(row["token"]))
    usual = float(np.median(sums[2:]))
    times = f"about {sums[0] / usual:,.3g} times what is usual" if usual > 0 else "where usually there is nothing"
    return Sighting(
        place=Place.of(row),
        severity=severity,
        confidence=CONFIDENCE,
        title=f"{SERIES[name]} for a watched account",
        summary=f"{SERIES[name]} for {account} in the last five minutes: {times}. The token is {token}.",
        entities=(Entity("contract", account), Entity("token", token)),
        values={"series": name, "buckets_remembered": len(sums)},
        key=f"{account}:{token}:{name}",
    )


_BLOCKS = 25
"""Ethereum blocks in five minutes."""


def _moved(bucket: int, amount: int, block: int = 0, **other: Any) -> dict[str, Any]:
    return {
        "block_number": 1 + bucket * _BLOCKS + block, "token_address": "usd", "standard": "erc20",
        "from_address": "vault", "to_address": "alice", "value": amount, **other,
    }  # fmt: skip


_USUAL = [_moved(bucket, 100 + bucket % 7) for bucket in range(210)]
_WATCHED = [{"address": "vault", "kind": "watched"}]

detector = Detector(
    id="volume-anomaly",
    severity=Severity.HIGH,
    reads={
        "transfers": Read(columns=TRANSFERS),
        "labels": LABELS_READ,
        "prices": PRICES_READ,
    },
    memory=Memory(columns=REMEMBERED, window_blocks=WINDOW_BLOCKS, remember=remember),
    run=run,
    examples=(
        Example(
            says="ten times as much goes out for five minutes, and a little more the next",
            tables={
                "labels": _WATCHED,
                "transfers": [*_USUAL, _moved(210, 1_000), _moved(211, 1_100)],
            },
            finds=(
                {"severity": "medium", "entities": {"contract": "vault"}, "values": {"series": "out"}},
                {"severity": "high", "values": {"series": "out"}},
            ),
        ),
        Example(
            says="an account that is nearly always quiet pays more than ever",
            tables={
                "labels": _WATCHED,
                "transfers": [
                    *(_moved(0, 5, transaction_index=number) for number in range(200)),
                    _moved(220, 5_000),
                ],
            },
            finds=({"severity": "low", "values": {"series": "out"}},),
        ),
        Example(
            says="what is usual, little more, more of what is not watched, and more of what is hardly known",
            tables={
                "labels": _WATCHED,
                "transfers": [
                    *_USUAL,
                    _moved(210, 108),
                    _moved(211, 9_000, from_address="bob"),
                    *(_moved(bucket, 5, token_address="new") for bucket in range(9)),  # noqa: S106 - a coin
                    _moved(212, 9_000, token_address="new"),  # noqa: S106 - a coin
                ],
            },
        ),
    ),
)
