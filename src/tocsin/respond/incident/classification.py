"""
How bad an incident is, by an explicit table: the first row that fits decides (reference: incident response, 4.1; the
rows are issue-wide policy: exploit with loss, compromised key and breach of customers' funds are P1, and so on).

A fact is known to be so, known not to be so, or not known. What is not known counts as so: if severity is uncertain,
the higher one is taken (SEAL, PagerDuty). Rows stand from P1 down to P4, so that more facts never lower it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tocsin.model.priority import Priority
from tocsin.respond.incident.types import TYPES, UNKNOWN


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known when an incident is classified. None is not known."""

    types: frozenset[str] = frozenset()
    """What it seems to be, ids of `types.py`; several where several things were seen."""
    concerns_us: bool | None = None
    """Whether something of the estate was hit, or hangs on what was hit; None where there is no estate."""
    loss: bool | None = None
    """Whether value was lost or is being lost."""
    in_progress: bool | None = None
    """Whether it goes on; False for what failed, or is over."""
    customers: bool | None = None
    """Whether funds or data of customers are affected."""
    criticality: str = ""
    """Of the most critical asset that was hit itself: low, medium, high, critical; empty for none, or not known."""


@dataclass(frozen=True, slots=True)
class Classification:
    """What it is, how bad, and why, in plain words."""

    type: str
    priority: Priority
    because: tuple[str, ...]
    rule: str
    """The id of the row that decided."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row of the table: it fits where one of its types is there and its conditions hold."""

    id: str
    says: str
    types: frozenset[str]
    priority: Priority
    is_so: tuple[str, ...] = ()
    """Facts that must be known to be so."""
    may_be: tuple[str, ...] = ("concerns_us",)
    """Facts that must not be known not to be so."""


ATTACKS = frozenset({"exploit", "bridge-exploit", "oracle-manipulation", "governance-takeover", "hot-wallet-theft"})
"""What takes value or control by itself."""
WEAPONS = frozenset({"front-end-hijack", "supply-chain"})
"""What makes others lose value, as long as it is there."""
HARMS = frozenset(
    {"phishing", "insider", "extortion", "dependency-failure", "consensus-fault", "sanctions"}
    | {"social-account-takeover", "denial-of-service", "infrastructure-outage", "malicious-token"}
)
DOUBTS = frozenset({"vulnerability", UNKNOWN})
LAPSES = frozenset({"failed-authentication", "policy-violation", "performance"})
NOTICES = frozenset({"maintenance", "training", "informational"})

TABLE: Sequence[Row] = (
    Row(
        id="exploit-with-loss",
        says="An attack takes value or control, or may",
        types=ATTACKS,
        priority=Priority.P1,
        may_be=("concerns_us", "loss"),
    ),
    Row(
        id="key-compromise",
        says="Somebody else has a key, or may have it",
        types=frozenset({"key-compromise"}),
        priority=Priority.P1,
    ),
    Row(
        id="customers-breached",
        says="Funds or data of customers are exposed, or may be",
        types=frozenset({"data-breach"}),
        priority=Priority.P1,
        may_be=("concerns_us", "customers"),
    ),
    Row(
        id="users-in-danger",
        says="Whoever uses it now may lose what they have",
        types=WEAPONS,
        priority=Priority.P1,
        may_be=("concerns_us", "in_progress"),
    ),
    Row(
        id="loss",
        says="Value is lost",
        types=HARMS | WEAPONS | DOUBTS | frozenset({"data-breach"}),
        priority=Priority.P1,
        is_so=("loss",),
    ),
    Row(
        id="attempt",
        says="An attack was tried, and nothing was lost",
        types=ATTACKS | WEAPONS,
        priority=Priority.P2,
    ),
    Row(
        id="breach-without-customers",
        says="Data were exposed, none of customers",
        types=frozenset({"data-breach"}),
        priority=Priority.P2,
    ),
    Row(
        id="harm",
        says="It harms the organisation or its users, and no loss is known",
        types=HARMS,
        priority=Priority.P2,
    ),
    Row(
        id="suspicion",
        says="A flaw was found, or something is not as it should be",
        types=DOUBTS,
        priority=Priority.P2,
    ),
    Row(
        id="lapse",
        says="A policy, login or performance matter",
        types=LAPSES,
        priority=Priority.P3,
        may_be=(),
    ),
    Row(
        id="notice",
        says="For information, training or maintenance",
        types=NOTICES,
        priority=Priority.P4,
        may_be=(),
    ),
    Row(
        id="elsewhere",
        says="It happened elsewhere: nothing of the estate was hit, or hangs on it",
        types=frozenset(TYPES) - LAPSES - NOTICES,
        priority=Priority.P4,
        may_be=(),
    ),
)
"""The decision table, worst first."""

RAISED: Mapping[tuple[str, Priority], Priority] = {
    ("critical", Priority.P2): Priority.P1,
    ("critical", Priority.P3): Priority.P2,
    ("high", Priority.P3): Priority.P2,
}
"""What the criticality of an asset that was hit makes of a priority."""
_NOT_KNOWN = "Not known: {}; while it is not, the worse is taken"
_WORDS: Mapping[str, str] = {
    "concerns_us": "whether it concerns anything of ours",
    "loss": "whether value was lost",
    "in_progress": "whether it goes on",
    "customers": "whether customers are affected",
}


def classify(facts: Facts) -> Classification:
    """The type and priority by the first row that fits. There always is one."""
    types = facts.types & TYPES.keys() or frozenset({UNKNOWN})
    row = next(row for row in TABLE if _fits(row, types, facts))
    kind = next(one for one in TYPES if one in types & row.types)
    raised = RAISED.get((facts.criticality, row.priority), row.priority)
    return Classification(kind, raised, _because(row, kind, facts, raised), row.id)


def _fits(row: Row, types: frozenset[str], facts: Facts) -> bool:
    surely = all(getattr(facts, name) is True for name in row.is_so)
    return surely and bool(types & row.types) and all(getattr(facts, name) is not False for name in row.may_be)


def _because(row: Row, kind: str, facts: Facts, raised: Priority) -> tuple[str, ...]:
    unknown = [_WORDS[name] for name in row.may_be if getattr(facts, name) is None]
    return (
        f"{row.says}: {TYPES[kind].name.lower()}",
        *([_NOT_KNOWN.format(", ".join(unknown))] if unknown else []),
        *(
            [f"{row.priority} became {raised}: an asset of {facts.criticality} criticality was hit"]
            * (raised < row.priority)
        ),
    )
