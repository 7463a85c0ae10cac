"""
Validators are slashed.

## What it finds
A proof that validators contradicted themselves, in a block or announced on the network. One finding a proof.

* medium: ten validators or more in one proof: an operator's fault, or a client's, rather than one machine's.
* low: fewer. It happens every few weeks to somebody.

The organisation's own validators are looked after by `own-validators`.

## Why it matters
Slashed validators lose stake and are put out, and lose more the more others are slashed in the same weeks. Many at once
are an operator running the same keys twice, a client with a fault, or an attack on the chain.

## Blind spots
The signatures of the proof are not checked: that is the beacon node's word. The severities are this project's own.

## Triage
Find out whose validators they are (an explorer knows the deposits). If it is an operator you have stake with, ask what
happened and whether the same set-up runs yours.

## References
- https://eth2book.info/latest/part2/incentives/slashing/
- https://github.com/ethereum/beacon-APIs/blob/master/apis/eventstream/index.yaml
"""

from collections.abc import Iterator
from typing import Any

from tocsin.detect.detector import Detector, Example, Read
from tocsin.detect.detectors.consensus import _onsets
from tocsin.detect.detectors.consensus._listed import SHOWN_VALIDATORS, listed
from tocsin.detect.detectors.consensus._onsets import Graded
from tocsin.model.finding import Severity, Sighting, hexadecimal
from tocsin.tables.dataset import Tables

MANY_VALIDATORS = 10
"""In one proof (design)."""
_DID = {"proposer": "proposed two blocks in one slot", "attester": "signed two attestations that exclude each other"}


def grade(tables: Tables) -> Iterator[Graded]:
    """Each proof, with the validators it is against."""
    for group in _onsets.by_block(tables["slashings"], "kind", "first_root", "second_root"):
        validators = sorted({row["validator_index"] for row in group})
        first, second = (str(hexadecimal(group[0][name])) for name in ("first_root", "second_root"))
        yield Graded(
            row=group[0],
            subject=f"{group[0]['kind']}:{first}:{second}",
            level=Severity.MEDIUM if len(validators) >= MANY_VALIDATORS else Severity.LOW,
            value=len(validators),
            whole=group[0]["slot"],
            observers=len({row["observer"] for row in group}),
            detail=listed(validators)[0],
        )


def run(tables: Tables) -> Iterator[Sighting]:
    """A sighting of each proof, when it first comes."""
    for row in _onsets.onsets(tables):
        kind, first, second = row["subject"].split(":")
        many = row["value"] > SHOWN_VALIDATORS
        yield Sighting(
            place=_onsets.place(row),
            severity=Severity(row["level"]),
            confidence=_onsets.confidence(row["observers"]),
            title=f"{row['value']} validators are slashed" if row["value"] > 1 else "A validator is slashed",
            summary=f"Proven at slot {row['whole']}: validators {row['detail']}{' and others' if many else ''} "
            f"{_DID.get(kind, kind)}: {first} and {second}.",
            values={
                "kind": kind,
                "validators": row["value"],
                "validator_indices": row["detail"],
                "slot": row["whole"],
                "first_root": first,
                "second_root": second,
            },
            key=row["subject"],
        )


def _against(*validators: int, kind: str = "attester", **other: Any) -> list[dict[str, Any]]:
    proof = {"kind": kind, "slot": 64, "first_root": "one", "second_root": "other", **other}
    return [{**proof, "validator_index": index} for index in validators]


detector = Detector(
    id="validator-slashing",
    severity=Severity.MEDIUM,
    reads={
        "slashings": Read(columns=("observer", "kind", "validator_index", "slot", "first_root", "second_root")),
    },
    memory=_onsets.memory_of(grade),
    run=run,
    examples=(
        Example(
            says="one proposer, announced and then included in a block",
            tables={"slashings": [*_against(7, kind="proposer"), *_against(7, kind="proposer", block_number=3)]},
            finds=({"severity": "low", "block_number": 1, "values": {"kind": "proposer", "validator_indices": "7"}},),
        ),
        Example(
            says="an operator's validators in one proof",
            tables={"slashings": _against(*range(30))},
            finds=({"severity": "medium", "values": {"validators": 30, "slot": 64}},),
        ),
        Example(says="nobody is slashed", tables={"slashings": []}),
    ),
)
