"""A finding: one thing that one detector saw, tied to chain, block, transaction and entities."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any, TypeAlias


class Severity(IntEnum):
    """How bad it is if the finding is true. Meaning as in Forta's scale."""

    INFO = 1
    """Behaviour worth recording."""
    LOW = 2
    """Minor oversight, negligible impact."""
    MEDIUM = 3
    """Notable unexpected behaviour, moderate impact."""
    HIGH = 4
    """Exploitable under specific conditions, significant impact."""
    CRITICAL = 5
    """Massive impact on users or funds."""

    @property
    def word(self) -> str:
        """The lower-case name, as it stands in JSON and on the command line."""
        return self.name.lower()


Value: TypeAlias = "int | str | bool | Sequence[Value]"
"""An exact value of a finding. Integers are unbounded and become decimal strings in JSON."""


ACTOR_ROLES = frozenset(
    (
        *("attacker", "attack_contract", "believed", "beneficiary", "caller", "delegatecall_target", "deployer"),
        *("funded", "holder", "initialiser", "minter", "payee", "proposer", "receiver", "recipient", "sender"),
        *("spender", "voter"),
    )
)
"""Roles of whoever did it, or is paid for it: never of a victim."""
TAKING_ROLES = frozenset({"attacker", "attack_contract", "beneficiary"})
"""Those of them that say of somebody that he took what was not his."""
ACTING_ROLES = frozenset({"caller", "deployer", "proposer", "sender"})
"""Those of them who did it, and need have nothing of it."""
FORMER_ROLES = frozenset({"previous"})
"""Roles of who or what was replaced."""
UNSPECIFIC = "family:logic"
"""The label of a finding that says no more than that somebody's rules let it happen."""
GAINING = "gaining"
"""The value of a finding that lists every account which a change of control gave a say: all of them, in full."""
LOSS = "watched-loss"
"""The label of a finding that says that an account which the user protects lost."""
VICTIM_ROLES = frozenset({"victim", "suspected_victim"})
"""Roles of whoever it was done to."""


@dataclass(frozen=True, slots=True)
class Entity:
    """Somebody or something a finding is about."""

    role: str
    """What it is to the finding: attacker, victim, pool, token, owner, spender, ..."""
    address: str
    """0x and 40 lower-case hexadecimal digits."""
    label: str = ""
    """A name others gave it, if one is known: untrusted text, to be escaped where shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where on a chain something happened. Hashes are 0x and lower-case hexadecimal."""

    chain_id: int
    block_number: int | None
    block_hash: str | None
    transaction_hash: str | None
    transaction_index: int | None

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> "Place":
        """Read the place from a row that has the five place columns (see tables.columns)."""
        return cls(
            chain_id=row["chain_id"],
            block_number=row["block_number"],
            block_hash=hexadecimal(row["block_hash"]),
            transaction_hash=hexadecimal(row["transaction_hash"]),
            transaction_index=row["transaction_index"],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """What a detector yields; the engine adds the detector's name and makes it a `Finding`."""

    place: Place
    severity: Severity
    confidence: float
    """0 to 1: how likely it is to be what the title says."""
    title: str
    """One short sentence: what happened."""
    summary: str
    """Plain words for somebody woken at night: what, who, how much."""
    entities: tuple[Entity, ...] = ()
    values: Mapping[str, Value] = field(default_factory=dict)
    labels: tuple[str, ...] = ()
    key: str = ""
    """Tells apart two sightings of one detector in one transaction, such as a pool's address."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding(Sighting):
    """A sighting with the detector that made it and where to read on."""

    detector: str
    references: tuple[str, ...] = ()

    @property
    def rank(self) -> tuple[Severity, bool, float]:
        """What is told first: the worse; of equals what names a mechanism, and then what is surer."""
        return self.severity, UNSPECIFIC not in self.labels, self.confidence

    @property
    def id(self) -> str:
        """
        64 hexadecimal digits that are the same for the same sighting, whoever sees it, and however often.

        The block hash is part of it: the same transaction in another block is another finding.
        """
        place = self.place
        parts = (self.detector, place.chain_id, place.block_hash, place.transaction_hash, self.key)
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()

    def to_json(self) -> dict[str, Any]:
        """Return the finding as the command line contract has it (design, section 5)."""
        place = self.place
        return {
            "detector": self.detector,
            "severity": self.severity.word,
            "confidence": round(self.confidence, 4),
            "chain_id": place.chain_id,
            "block_number": place.block_number,
            "block_hash": place.block_hash,
            "transaction_hash": place.transaction_hash,
            "transaction_index": place.transaction_index,
            "title": self.title,
            "summary": self.summary,
            "entities": [_entity(entity) for entity in self.entities],
            "values": {name: plain(value) for name, value in self.values.items()},
            "labels": list(self.labels),
            "references": list(self.references),
            "id": self.id,
        }


def _entity(entity: Entity) -> dict[str, str]:
    shown = {"role": entity.role, "address": entity.address}
    return {**shown, "label": entity.label} if entity.label else shown


def plain(value: Value) -> Any:
    """Return a value fit for JSON: integers as decimal strings, so that no reader rounds them."""
    if isinstance(value, bool | str):
        return value
    if isinstance(value, int):
        return str(value)
    return [plain(item) for item in value]


def hexadecimal(raw: bytes | None) -> str | None:
    """Return bytes as 0x and lower-case hexadecimal digits; nothing for nothing."""
    return None if raw is None else "0x" + raw.hex()
