"""
A new contract is made like one that attacked before.

Attackers use their contracts again, and each other's: the addresses in them change, the program stays.

## What it finds
New contracts of which at least 97 % of the runs of four instructions are those of a known attacker's contract, and at
least two in a hundred more than of the harmless contract that is most like it: high. Constants do not count, nor does
compilers' metadata.

## Why it matters
Of attacks that were studied two in three imitate an earlier one. It is seen at deployment, before anything is lost.

## Blind spots
It knows what it is given: signatures of known contracts (`known_code`, made with `tools/code_signatures.py` and loaded
as a feed); without any it finds nothing, and tocsin ships none. Code that another compiler made, or that was
rearranged, is another program. Code of less than 200 bytes and minimal proxies are left out. What a contract does when
it is called is not compared with earlier attacks. The share is estimated: it may be off by about one in a hundred.
Without the call tree the code must be answered by a node.

## Triage
Read the name of the known contract: whom did it attack, and do you have the same code or the same kind of market?
Simulate the new one (`tocsin simulate`), and make ready to pause.

## References
- GenDetect (2025): 69 % of attacks imitate earlier ones
- A. Broder: On the resemblance and containment of documents (1997)
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from tocsin.chain.bytecode.likeness import SIGNATURE_BYTES, alike, signature, stacked
from tocsin.chain.bytecode.proxies import is_minimal_proxy
from tocsin.detect.detector import Detector, Example, Question, Read
from tocsin.intel.reference import CODE, ByIdentity
from tocsin.model.finding import Entity, Place, Severity, Sighting, hexadecimal
from tocsin.model.lookups import Answers, Lookup
from tocsin.model.lookups import code as code_of
from tocsin.tables.dataset import Tables

ALIKE = 0.97
"""Share of what the code consists of (reference: detection, section 4.19)."""
BEYOND_BENIGN = 0.02
"""By how much it must be more like an attacker's contract than like a harmless one (reference: as above)."""
CONFIDENCE = 0.7
STAGE = "stage:preparation"


@dataclass(frozen=True, slots=True)
class Corpus:
    """Known contracts' signatures."""

    names: tuple[str, ...]
    """Of the attackers'."""
    attack: npt.NDArray[np.uint32]
    benign: npt.NDArray[np.uint32]

    def match(self, code: bytes) -> tuple[str, float] | None:
        """The known attacker's contract that this code is like, and how much; None where it is like none."""
        if is_minimal_proxy(code) or not (made := signature(code)):
            return None
        shares = alike(made, self.attack)
        best = int(shares.argmax())
        harmless = float(alike(made, self.benign).max(initial=0.0))
        found = float(shares[best])
        return (self.names[best], found) if found >= ALIKE and found - harmless >= BEYOND_BENIGN else None


@lru_cache(maxsize=2)
def _corpus(key: ByIdentity) -> Corpus:
    rows = key.frame.filter(pl.col("signature").bin.size() == SIGNATURE_BYTES).sort("name", "signature")
    attack, benign = (rows.filter(pl.col("verdict") == verdict) for verdict in ("attack", "benign"))
    return Corpus(
        names=tuple(attack["name"].to_list()),
        attack=stacked(attack["signature"].to_list()),
        benign=stacked(benign["signature"].to_list()),
    )


@dataclass(frozen=True, slots=True)
class New:
    """One new contract."""

    place: Place
    contract: str
    creator: str
    deployer: str | None
    code: bytes | None
    corpus: Corpus


def run(tables: Tables) -> Iterator[Question]:
    """A question for each new contract that is like a known one, and for each whose code is to be asked for."""
    created, corpus = tables["created_contracts"], _corpus(ByIdentity(tables[CODE]))
    if created.is_empty() or not corpus.names:
        return
    for row in created.iter_rows(named=True):
        if row["code"] is None or corpus.match(row["code"]) is not None:
            new = _new(row, corpus)
            yield Question(lookups=_asked(new), candidate=new)


def _new(row: dict[str, Any], corpus: Corpus) -> New:
    return New(
        place=Place.of(row),
        contract=str(hexadecimal(row["contract_address"])),
        creator=str(hexadecimal(row["creator_address"])),
        deployer=hexadecimal(row["sender_address"]),
        code=row["code"],
        corpus=corpus,
    )


def _asked(new: New) -> tuple[Lookup, ...]:
    if new.code is not None or new.place.block_number is None:
        return ()
    return (code_of(new.contract, block_number=new.place.block_number, chain_id=new.place.chain_id),)


def judge(new: New, answers: Answers) -> Sighting | None:
    """A sighting where it is like a known attacker's contract."""
    code = new.code if new.code is not None else _answered(new, answers)
    match = new.corpus.match(code)
    if match is None:
        return None
    name, share = match
    return Sighting(
        place=new.place,
        severity=Severity.HIGH,
        confidence=CONFIDENCE,
        title="A new contract is made like one that attacked before",
        summary=f"{new.deployer or new.creator} deployed {new.contract}. {int(100 * share)} % of its instructions are "
        f"arranged as in {name!r}, which was made for an attack.",
        entities=(
            Entity("deployer", new.deployer or new.creator),
            Entity("attack_contract", new.contract),
        ),
        values={"like": name, "alike_percent": int(100 * share), "code_bytes": len(code)},
        labels=(STAGE,),
        key=new.contract,
    )


def _answered(new: New, answers: Answers) -> bytes:
    texts = (answers.get(lookup, "0x") for lookup in _asked(new))
    try:
        return bytes.fromhex(next(texts, "0x").removeprefix("0x"))
    except ValueError:
        return b""


def _program(start: int, address: bytes = b"\x11" * 20) -> bytes:
    """Code of some length that begins its walk through the instructions at `start`."""
    steps = ((start * 7 + step * step * 13 + step * 31) % 0x1E for step in range(240))
    return b"\x73" + address + bytes(steps) + b"\x00"


def _deployed(code: bytes | None, **other: Any) -> dict[str, Any]:
    return {"contract_address": "new", "creator_address": "mallory", "sender_address": "mallory", "kind": "create",
            "code": code, "call_index": 0, **other}  # fmt: skip


def _known(name: str, verdict: str, code: bytes) -> dict[str, Any]:
    return {"name": name, "verdict": verdict, "signature": signature(code)}


detector = Detector(
    id="similar-code",
    severity=Severity.HIGH,
    reads={
        "created_contracts": Read(columns=("contract_address", "creator_address", "sender_address", "code")),
        "known_code": Read(columns=("name", "verdict", "signature")),
    },
    run=run,
    judge=judge,
    examples=(
        Example(
            says="an attacker's program with another address in it",
            tables={
                "created_contracts": [_deployed(_program(1, b"\x22" * 20))],
                "known_code": [_known("loop", "attack", _program(1)), _known("pool", "benign", _program(2))],
            },
            finds=(
                {
                    "severity": "high",
                    "entities": {"deployer": "mallory", "attack_contract": "new"},
                    "values": {"like": "loop", "alike_percent": 100},
                },
            ),
        ),
        Example(
            says="without the call tree the code is asked for",
            tables={
                "created_contracts": [_deployed(None)],
                "known_code": [_known("loop", "attack", _program(1))],
            },
            answers={("eth_getCode", "new"): "0x" + _program(1).hex()},
            finds=({"values": {"like": "loop"}},),
        ),
        Example(
            says="as much like a harmless contract, a program of another kind, and a short one",
            tables={
                "created_contracts": [
                    _deployed(_program(1)),
                    _deployed(_program(4), block_number=2),
                    _deployed(_program(3)[:150], block_number=3),
                ],
                "known_code": [
                    _known("loop", "attack", _program(1)),
                    _known("template", "benign", _program(1)),
                    _known("drain", "attack", _program(3)),
                ],
            },
        ),
        Example(
            says="nothing is known",
            tables={"created_contracts": [_deployed(_program(1))]},
        ),
    ),
)
