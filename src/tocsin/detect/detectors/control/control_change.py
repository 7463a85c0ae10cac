"""
Control over a contract moved or widened.

Ownership was handed over, or a role was granted, revoked or put under another role. Who the new holder is decides how
bad it is, so the node is asked: an ordinary account, a fresh one, a new contract, an established one.

## What it finds
`OwnershipTransferred` and `OwnershipTransferStarted`, `RoleGranted`, `RoleRevoked`, `RoleAdminChanged` and
`AdminChanged` of contracts that were there before the transaction. One finding for each contract, event, role
and holder.

* critical: ownership, administration or a role that is known to be powerful goes to a fresh account.
* high: it goes to a contract younger than a day; another role goes to a fresh account.
* medium: it goes to an ordinary account, or to one nobody could look up; a role's administration changed.
* low: it goes to an established contract, such as a multisig or a timelock; any other role; a revocation.
* info: ownership is given up; the contract itself is younger than a day and still being set up.

## Why it matters
The owner can usually mint, pause, upgrade or withdraw. A stolen key shows first as control going somewhere new.

## Blind spots
Any contract may emit these events. Control that changes without an event is not seen, nor are owners kept under names
of the contract's own. Whether an established contract is a multisig of the same people is not known. Where the node
could not be asked, the holder is unknown and the confidence is lower.

## Triage
Does somebody in the organisation know the new holder and the reason? If not, treat the key that sent the transaction as
stolen: move what it still controls, pause, and revoke the new holder's role if another administrator is left.

## References
OpenZeppelin Contracts `Ownable`, `Ownable2Step`, `AccessControl`; EIP-1967; the role and ownership bots of Forta.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tocsin.chain.signatures import topic
from tocsin.detect.accounts import Account, account, questions
from tocsin.detect.detector import Answered, Detector, Example, Question, Read
from tocsin.detect.detectors.control import _events
from tocsin.detect.detectors.control._control_events import (
    DEFAULT_ADMIN,
    EVENTS,
    POWERFUL_ROLES,
    ROLE_ADMIN,
    ROLE_ADMIN_CHANGED,
    Event,
)
from tocsin.model.finding import Entity, Place, Severity, Sighting
from tocsin.model.lookups import Answers
from tocsin.tables import literal
from tocsin.tables.dataset import Tables

CONFIDENCE = 0.9
CONFIDENCE_UNKNOWN_HOLDER = 0.5
ZERO = "0x" + "00" * 20


@dataclass(frozen=True, slots=True)
class Change:
    """One change of control over one contract."""

    place: Place
    contract: str
    event: Event
    holder: str
    """Empty where a role's administration changed."""
    previous: str
    role: bytes | None

    @property
    def is_powerful(self) -> bool:
        """Ownership, administration, or a role of a known powerful name."""
        return self.role is None or self.role in POWERFUL_ROLES

    @property
    def role_words(self) -> str:
        """The role's name, or its hash."""
        return "" if self.role is None else POWERFUL_ROLES.get(self.role, _events.text(self.role))

    @property
    def key(self) -> str:
        """What tells it apart in its transaction."""
        return ":".join((self.contract, self.event.name, self.role_words, self.holder))


def run(tables: Tables) -> Iterator[Question]:
    """A question for each change of a contract that was there before."""
    created = _events.created(tables)
    seen = set()
    for row in _events.in_order(tables["logs"]):
        change = _change(row)
        if change is None or _events.key(row, change.contract) in created:
            continue
        if (key := _events.key(row, change.key)) not in seen:
            seen.add(key)
            asked = [change.contract, *([change.holder] if change.holder not in ("", ZERO) else [])]
            yield Question(lookups=questions(change.place, asked), candidate=change)


def _change(row: Mapping[str, Any]) -> Change | None:
    """The change a log tells of; nothing for a first owner and for logs of another shape."""
    words = _events.arguments(row)
    if row["topic0"] == ROLE_ADMIN_CHANGED:
        return _role_admin_change(row, words)
    event = EVENTS[row["topic0"]]
    if len(words) <= event.holder:
        return None
    holder = _events.address_of(words[event.holder])
    previous = "" if event.previous is None else _events.address_of(words[event.previous])
    if previous in (ZERO, holder):
        return None
    role = None if event.role is None else words[event.role]
    return Change(Place.of(row), _events.text(row["address"]), event, holder, previous, role)


def _role_admin_change(row: Mapping[str, Any], words: list[bytes]) -> Change | None:
    if len(words) < 3:
        return None
    return Change(Place.of(row), _events.text(row["address"]), ROLE_ADMIN, "", "", words[0])


def judge(change: Change, answers: Answers) -> Sighting:
    """How bad it is, by who holds control now."""
    holder, contract = (account(change.place, address, answers) for address in (change.holder, change.contract))
    roles = (("contract", change.contract), ("holder", change.holder), ("previous", change.previous))
    return Sighting(
        place=change.place,
        severity=_severity(change, holder, contract),
        confidence=_confidence(change, holder),
        title=change.event.title,
        summary=_summary(change, holder),
        entities=tuple(Entity(role, address) for role, address in roles if address not in ("", ZERO)),
        values={"event": change.event.name, **({"role": change.role_words} if change.role is not None else {})},
        key=change.key,
    )


def _severity(change: Change, holder: Account, contract: Account) -> Severity:
    if contract.is_young or change.holder == ZERO:
        return Severity.INFO
    if not change.event.widens:
        return Severity.LOW
    if not change.holder:
        return Severity.MEDIUM
    reached = _by_holder(holder)
    return reached if change.is_powerful else Severity(max(Severity.LOW, reached - 1))


def _by_holder(holder: Account) -> Severity:
    if holder.is_fresh:
        return Severity.CRITICAL
    if holder.is_young:
        return Severity.HIGH
    return Severity.LOW if holder.is_contract else Severity.MEDIUM


def _confidence(change: Change, holder: Account) -> float:
    is_unknown = change.holder not in ("", ZERO) and change.event.widens and holder.is_contract is None
    return CONFIDENCE_UNKNOWN_HOLDER if is_unknown else CONFIDENCE


def _summary(change: Change, holder: Account) -> str:
    role = f" ({change.role_words})" if change.role is not None else ""
    before = f", before with {change.previous}" if change.previous else ""
    if change.holder == ZERO:
        return f"{change.event.title} on {change.contract}: to nobody{before}."
    to = f": {holder.described}{before}" if change.holder else ""
    return f"{change.event.title}{role} on {change.contract}{to}."


_OLD = 20_000
"""A block height at which the chain of the examples is older than a day."""
_BEFORE = 12_800
"""A day of blocks earlier."""
_TRANSFERRED, _STARTED, _ADMIN, _GRANTED, _REVOKED = EVENTS


def _transferred(holder: str | int, previous: str | int = "alice", **other: Any) -> dict[str, Any]:
    return {
        "address": "vault", "topic0": _TRANSFERRED,
        "topic1": literal.topic(previous), "topic2": literal.topic(holder), **other,
    }  # fmt: skip


def _role(event: bytes, role: bytes, holder: str, **other: Any) -> dict[str, Any]:
    return {
        "address": "vault", "topic0": event, "topic1": role,
        "topic2": literal.topic(holder), "topic3": literal.topic("alice"), **other,
    }  # fmt: skip


_FRESH: Answered = {("eth_getCode", "mallory"): "0x", ("eth_getTransactionCount", "mallory"): "0x1"}

detector = Detector(
    id="control-change",
    severity=Severity.CRITICAL,
    concerns=("contract",),
    reads={
        "logs": Read(columns=_events.LOG_COLUMNS, topic0=(*EVENTS, ROLE_ADMIN_CHANGED)),
        "created_contracts": _events.CREATED,
    },
    run=run,
    judge=judge,
    examples=(
        Example(
            says="ownership that goes to a fresh account is critical",
            tables={"logs": [_transferred("mallory")]},
            answers=_FRESH,
            finds=(
                {"severity": "critical", "entities": {"contract": "vault", "holder": "mallory", "previous": "alice"}},
            ),
        ),
        Example(
            says="an ordinary account is medium, and so is one nobody could look up, with less confidence",
            tables={"logs": [_transferred("bob"), _transferred("carol", address="pool", log_index=1)]},
            answers={("eth_getCode", "bob"): "0x", ("eth_getTransactionCount", "bob"): "0x99"},
            finds=(
                {"severity": "medium", "confidence": 0.9, "entities": {"holder": "bob"}},
                {"severity": "medium", "confidence": 0.5, "entities": {"holder": "carol"}},
            ),
        ),
        Example(
            says="a new contract is high, an established one low",
            tables={
                "logs": [
                    _transferred("new", block_number=_OLD),
                    _transferred("multisig", address="pool", log_index=1, block_number=_OLD),
                ]
            },
            answers={
                ("eth_getCode", "new"): "0x6001",
                ("eth_getCode", "new", _BEFORE): "0x",
                ("eth_getCode", "multisig"): "0x6001",
            },
            finds=(
                {"severity": "high", "entities": {"holder": "new"}},
                {"severity": "low", "entities": {"holder": "multisig"}},
            ),
        ),
        Example(
            says="a powerful role weighs as much as ownership, another one less, taking one away little",
            tables={
                "logs": [
                    _role(_GRANTED, topic("MINTER_ROLE"), "mallory"),
                    _role(_GRANTED, topic("KEEPER_ROLE"), "mallory", log_index=1),
                    _role(_REVOKED, DEFAULT_ADMIN, "bob", log_index=2),
                    _role(ROLE_ADMIN_CHANGED, topic("KEEPER_ROLE"), "bob", log_index=3),
                ]
            },
            answers=_FRESH,
            finds=(
                {"severity": "critical", "values": {"role": "MINTER_ROLE"}},
                {"severity": "high", "values": {"event": "RoleGranted"}},
                {"severity": "low", "values": {"role": "DEFAULT_ADMIN_ROLE"}},
                {"severity": "medium", "values": {"event": "RoleAdminChanged"}},
            ),
        ),
        Example(
            says="giving ownership up, and setting up a young contract, are only recorded",
            tables={"logs": [_transferred(0), _transferred("bob", address="young", log_index=1, block_number=_OLD)]},
            answers={("eth_getCode", "young"): "0x6001", ("eth_getCode", "young", _BEFORE): "0x"},
            finds=({"severity": "info"}, {"severity": "info", "entities": {"holder": "bob"}}),
        ),
        Example(
            says="an administrator in the data is read like an indexed one",
            tables={"logs": [{"address": "vault", "topic0": _ADMIN, "data": literal.words("alice", "mallory")}]},
            answers=_FRESH,
            finds=({"severity": "critical", "entities": {"previous": "alice"}},),
        ),
        Example(
            says="a first owner, an owner that stays, construction and a log of another shape are left alone",
            tables={
                "logs": [
                    _transferred("alice", 0),
                    _transferred("alice", "alice", log_index=1),
                    _transferred("bob", address="made", log_index=2),
                    {"address": "vault", "topic0": _STARTED, "log_index": 3},
                ],
                "created_contracts": [{"contract_address": "made"}],
            },
        ),
    ),
)
