"""
Validators of the organisation do not attest.

## What it finds
Own validators that were not live in three epochs in a row. Those that reach three in one block are one finding. Those
whose status says that they have nothing to attest (waiting, or out) do not count.

* high: more than half of the own validators that were asked about, and three or more.
* medium: fewer.

## Why it matters
An inactive validator loses what it would have earned and a little more; while finality is lost it loses stake quickly.
Many at once are a machine, a site or a signer that is down.

## Blind spots
Teku tells who is live only where it was started with `--beacon-liveness-tracking-enabled`; without it nothing is found.
Liveness is best effort: a beacon node that was just started may call a live validator dead. Ask about epochs that are
over. Attestations that come late count as live: how late is not told. That it is over is not told.

## Triage
Look at the validator client's log first: lost beacon node, locked signer, full disk. Do NOT start the same keys on a
second machine before the first is certainly off: that is how validators are slashed.

## References
- https://github.com/ethereum/beacon-APIs/blob/master/apis/validator/liveness.yaml
- https://eth2book.info/latest/part2/incentives/penalties/
"""

from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import Any

import polars as pl

from tocsin.detect.detector import MEMORY, Detector, Example, Memory, Read
from tocsin.detect.detectors.consensus import _onsets
from tocsin.detect.detectors.consensus._kept import kept
from tocsin.detect.detectors.consensus._listed import listed
from tocsin.model.finding import Severity, Sighting
from tocsin.tables.columns import Column, count
from tocsin.tables.dataset import Tables

MISSED_EPOCHS = 3
"""In a row: a validator attests once an epoch (reference: detection, section 4.39)."""
WINDOW_BLOCKS = 256
"""Four epochs of Ethereum must fit in, with room for looks that come late."""
MANY_VALIDATORS = 3
REMEMBERED: Mapping[str, Column] = {
    "validator_index": count("validator index", "Who was not live."),
    "epoch": count("epoch", "When."),
}


def remember(tables: Tables) -> pl.DataFrame:
    """Who was not live in which epoch, as no node in the batch contradicts."""
    rows = _at_work(tables["own_validators"]).filter(pl.col("epoch").is_not_null())
    which = ["chain_id", "block_number", "validator_index", "epoch"]
    dead = rows.filter(~pl.col("is_live").any().over(which)).unique(which, keep="any")
    return kept(dead, REMEMBERED)


def _at_work(rows: pl.DataFrame) -> pl.DataFrame:
    """What is said of the liveness of validators, without those that the same look shows to have nothing to attest."""
    resting = rows.filter(~pl.col("status").str.starts_with("active"))
    return rows.filter(pl.col("is_live").is_not_null()).join(
        resting, on=("chain_id", "block_number", "validator_index"), how="anti", nulls_equal=True
    )


def run(tables: Tables) -> Iterator[Sighting]:
    """A sighting for each block in which validators reach three epochs."""
    new = remember(tables)
    if new.is_empty():
        return
    asked = _asked(tables["own_validators"])
    reached = sorted(_reached(tables[MEMORY], new), key=_together)
    for key, rows in groupby(reached, key=_together):
        group = list(rows)
        yield _sighting(group[0], sorted({row["validator_index"] for row in group}), asked.get(key[:2], 0))


def _asked(rows: pl.DataFrame) -> Mapping[tuple[Any, ...], int]:
    """How many validators were asked about, by chain and block."""
    counted = _at_work(rows).group_by("chain_id", "block_number").agg(pl.col("validator_index").n_unique())
    return {(chain_id, number or 0): many for chain_id, number, many in counted.iter_rows()}


def _together(row: Mapping[str, Any]) -> tuple[Any, ...]:
    return row["chain_id"], row["block_number"] or 0, row["block_hash"] or b""


def _reached(memory: pl.DataFrame, new: pl.DataFrame) -> Iterator[dict[str, Any]]:
    """New rows by which a validator comes to three epochs in a row, and not to more."""
    seen: dict[tuple[int, int], list[tuple[int, int]]] = {}
    concerned = memory.filter(pl.col("validator_index").is_in(new["validator_index"].unique().to_list()))
    for chain_id, index, epoch, number in concerned.select(
        "chain_id", "validator_index", "epoch", "block_number"
    ).iter_rows():
        seen.setdefault((chain_id, index), []).append((number or 0, epoch))
    for row in new.iter_rows(named=True):
        number, epoch = row["block_number"] or 0, row["epoch"]
        mine = [one for one in seen[row["chain_id"], row["validator_index"]] if 0 <= number - one[0] <= WINDOW_BLOCKS]
        before = {at for when, at in mine if when < number}
        now = {at for _, at in mine}
        if _run(now, epoch) >= MISSED_EPOCHS > max((_run(before, at) for at in before), default=0):
            yield row


def _run(epochs: set[int], last: int) -> int:
    """How many epochs in a row, up to this one."""
    length = 0
    while last - length in epochs:
        length += 1
    return length


def _sighting(row: Mapping[str, Any], validators: list[int], asked: int) -> Sighting:
    shown, more = listed(validators)
    is_most = len(validators) >= MANY_VALIDATORS and 2 * len(validators) > asked
    return Sighting(
        place=_onsets.place(row),
        severity=Severity.HIGH if is_most else Severity.MEDIUM,
        confidence=_onsets.SINGLE_CONFIDENCE,
        title="Own validators do not attest",
        summary=f"Validators {shown}{more} were not live in {MISSED_EPOCHS} epochs in a row, up to epoch "
        f"{row['epoch']}: {len(validators)} of {asked} that were asked about.",
        values={
            "validators": len(validators),
            "validator_indices": shown,
            "asked_about": asked,
            "epoch": row["epoch"],
        },
        key="inactive",
    )


def _seen(index: int, epoch: int, *, is_live: bool | None = False, **other: Any) -> dict[str, Any]:
    seen = {"validator_index": index, "epoch": epoch, "is_live": is_live, "block_number": 32 * (epoch - 9)}
    return {**seen, **other}


detector = Detector(
    id="inactive-validators",
    severity=Severity.HIGH,
    reads={"own_validators": Read(columns=("validator_index", "status", "epoch", "is_live"))},
    memory=Memory(columns=REMEMBERED, window_blocks=WINDOW_BLOCKS, remember=remember),
    run=run,
    examples=(
        Example(
            says="one of two misses three epochs, and goes on missing",
            tables={
                "own_validators": [_seen(index, 10 + n, is_live=index == 2) for n in range(5) for index in (1, 2)],
            },
            finds=(
                {
                    "severity": "medium",
                    "confidence": 0.5,
                    "block_number": 96,
                    "values": {"validator_indices": "1", "asked_about": 2, "epoch": 12},
                },
            ),
        ),
        Example(
            says="all of them at once",
            tables={"own_validators": [_seen(index, 10 + n) for n in range(3) for index in range(30)]},
            finds=({"severity": "high", "values": {"validators": 30, "asked_about": 30}},),
        ),
        Example(
            says="one that waits to be active and one that is out have nothing to attest",
            tables={
                "own_validators": [
                    *(_seen(index, epoch) for index in (1, 2) for epoch in (10, 11, 12)),
                    *(_seen(1, epoch, is_live=None, status="pending_queued") for epoch in (10, 11, 12)),
                    *(_seen(2, epoch, is_live=None, status="withdrawal_done") for epoch in (10, 11, 12)),
                ]
            },
        ),
        Example(
            says="two epochs in a row, then live; a node that sees it live contradicts one that does not",
            tables={
                "own_validators": [
                    *(_seen(1, epoch, is_live=epoch == 12) for epoch in (10, 11, 12, 13, 14)),
                    *(_seen(2, epoch, observer="new") for epoch in (10, 11, 12)),
                    *(_seen(2, epoch, observer="well", is_live=True) for epoch in (10, 11, 12)),
                ]
            },
        ),
    ),
)
