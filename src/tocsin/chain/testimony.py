"""
What nodes are asked for evidence of a block or a transaction, and what each of them said.

Everything is asked at the hash of the block, where the method allows it, so that a reorg meanwhile cannot mix two
blocks. A node that lacks a method is noted as such: that is no failure.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from tocsin.chain import deep_json, fitting
from tocsin.chain.fitting import Fits
from tocsin.chain.rpc.json_rpc import Outcome, Request
from tocsin.model.errors import EndpointUnavailable, MalformedInput, RateLimited, RemoteError

MOST_ACCOUNTS = 24
"""Of one transaction are asked for their code and proof: those the alert names first."""
MOST_SLOTS = 16
"""Of one account are proven: those that the transaction changed."""
HAS_NONE = "has none"
SLOT = re.compile(r"0x[0-9a-fA-F]{1,64}")
TRACE_TIMEOUT = "60s"
ADDRESS = re.compile(r"0x[0-9a-f]{40}")
_ANY: "msgspec.json.Decoder[Any]" = msgspec.json.Decoder()


@dataclass(frozen=True, slots=True)
class Question:
    """One question, under the name that evidence gives it; ways to ask, the best first; which answers can be right."""

    name: str
    ways: tuple[Request, ...]
    fits: Fits


@dataclass(frozen=True, slots=True)
class Place:
    """Where a block is: its height, and its hash."""

    number: int
    hash: str


def transaction_questions(transaction: str) -> tuple[Question, ...]:
    """About a transaction, in whichever block it is: its receipt says which."""
    options = {"timeout": TRACE_TIMEOUT}
    calls = Request("debug_traceTransaction", (transaction, {"tracer": "callTracer", **options}))
    difference = {"tracer": "prestateTracer", "tracerConfig": {"diffMode": True}, **options}
    return (
        Question(
            "transaction",
            (Request("eth_getTransactionByHash", (transaction,)),),
            fitting.transaction(transaction),
        ),
        Question("receipt", (Request("eth_getTransactionReceipt", (transaction,)),), fitting.receipt(transaction)),
        Question("trace", (calls, Request("trace_transaction", (transaction,))), fitting.tree),
        Question(
            "state_diff",
            (
                Request("debug_traceTransaction", (transaction, difference)),
                Request("trace_replayTransaction", (transaction, ("stateDiff",))),
            ),
            fitting.tree,
        ),
    )


def block_questions(at: Place) -> tuple[Question, ...]:
    """About a block."""
    receipts = ({"blockHash": at.hash}, hex(at.number))
    return (
        Question("block", (Request("eth_getBlockByHash", (at.hash, True)),), fitting.block(at.number, at.hash)),
        Question(
            "receipts",
            tuple(Request("eth_getBlockReceipts", (place,)) for place in receipts),
            fitting.receipts(at.hash),
        ),
    )


def place_of(receipt: Any, otherwise: Place) -> Place:
    """
    The block that a transaction is in, as its receipt says.

    An alert is of one block and may name transactions of others: what prepared an attack, and what followed it.
    """
    if receipt is None:
        return otherwise
    return Place(int(receipt["blockNumber"], 16), receipt["blockHash"].lower())


def account_questions(at: Place, accounts: Sequence[str], slots: Mapping[str, Sequence[str]]) -> tuple[Question, ...]:
    """About accounts after the block: their code, and a proof of their state and of some slots."""
    places = ({"blockHash": at.hash}, hex(at.number))
    return tuple(
        question
        for address in accounts
        for question in (
            Question(
                f"code {address}",
                tuple(Request("eth_getCode", (address, place)) for place in places),
                fitting.code,
            ),
            Question(
                f"proof {address}",
                tuple(Request("eth_getProof", (address, tuple(slots.get(address, ())), place)) for place in places),
                fitting.proof(address),
            ),
        )
    )


@dataclass(frozen=True, slots=True)
class Answer:
    """What was said to one question."""

    question: str
    request: Request
    answer: Any
    """The JSON of the answer; None where nobody has one."""
    text: str
    """The answer as it came, where it is nested too deeply, or holds numbers too large, for canonical JSON."""
    said_by: tuple[str, ...]
    differs: tuple[tuple[str, str], ...]
    """Who said something else, and its SHA-256."""
    absent: tuple[tuple[str, str], ...]
    """Who has no answer, and why."""
    is_open: bool
    """Nobody answered, and somebody may do so later."""

    @property
    def is_nowhere(self) -> bool:
        """Whether nodes were asked, and each says that it has none."""
        return bool(self.absent) and not self.said_by and all(why == HAS_NONE for _, why in self.absent)

    def to_json(self) -> dict[str, Any]:
        """As it stands in evidence."""
        told: dict[str, Any] = {
            "question": self.question,
            "method": self.request.method,
            "parameters": self.request.params,
            "answer": self.answer,
            "said_by": self.said_by,
            "differs": [{"by": by, "sha256": digest} for by, digest in self.differs],
            "absent": [{"by": by, "why": why} for by, why in self.absent],
        }
        return {**told, "answer_text": self.text} if self.text else told


def heard(question: Question, request: Request, outcomes: Mapping[str, Outcome]) -> Answer:
    """What the nodes said to one question: of the answers that can be right that of most of them, else the first."""
    given: dict[str, bytes] = {}
    absent: list[tuple[str, str]] = []
    read: dict[str, tuple[Any, str]] = {}
    for name, outcome in outcomes.items():
        if isinstance(outcome, RemoteError):
            absent.append((name, f"{type(outcome).__name__}: {outcome}"[:300]))
        elif outcome == b"null":
            absent.append((name, HAS_NONE))
        elif fault := _fault(question, outcome, name, read):
            absent.append((name, f"{fault}; the SHA-256 of what it said: {hashlib.sha256(outcome).hexdigest()}"))
        else:
            given[name] = outcome
    spoken = {name: _digest(raw) for name, raw in given.items()}
    digests = list(spoken.values())
    chosen = max(spoken, key=lambda name: digests.count(spoken[name])) if spoken else ""
    value, text = read[chosen] if chosen else (None, "")
    return Answer(
        question=question.name,
        request=request,
        answer=value,
        text=text,
        said_by=tuple(name for name in spoken if spoken[name] == spoken[chosen]),
        differs=tuple((name, digest) for name, digest in spoken.items() if digest != spoken[chosen]),
        absent=tuple(absent),
        is_open=not chosen and (not outcomes or any(_may_answer_later(each) for each in outcomes.values())),
    )


def _may_answer_later(outcome: Outcome) -> bool:
    """A node that lacks it may get it, and one that says what cannot be right may be on another fork for now."""
    return isinstance(outcome, bytes | RateLimited | EndpointUnavailable)


def _fault(question: Question, outcome: bytes, name: str, read: dict[str, tuple[Any, str]]) -> str:
    """Why this cannot be the answer; where it can, it is put into `read`."""
    try:
        value, text = _read(outcome)
    except MalformedInput as error:
        return str(error)
    if not text and not question.fits(value):
        return "said something that is no answer to this question"
    read[name] = value, text
    return ""


def _digest(raw: bytes) -> str:
    """Of what is said, in one order and without spaces, so that two nodes that say the same agree."""
    try:
        told = deep_json.bounded(lambda: msgspec.json.encode(msgspec.json.decode(raw), order="deterministic"))
    except (msgspec.DecodeError, RecursionError):
        told = raw
    return hashlib.sha256(told).hexdigest()


def _read(raw: bytes) -> tuple[Any, str]:
    try:
        value = deep_json.decode(_ANY, raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise MalformedInput("an answer is no JSON that can be read") from None
    return (value, "") if _is_plain(value) else (None, raw.decode())


def _is_plain(value: Any) -> bool:
    """Whether canonical JSON can say it: not nested beyond what is sure to be read, and no number that is not exact."""
    level = [value]
    for _ in range(100):
        if not level:
            return True
        if any(isinstance(each, float) or (isinstance(each, int) and abs(each) >= 2**53) for each in level):
            return False
        level = [inner for each in level for inner in _inside(each)]
    return False


def _inside(value: Any) -> Iterable[Any]:
    return value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()


def touched(named: Sequence[str], answers: Mapping[str, Any]) -> tuple[str, ...]:
    """The accounts to ask about, at most so many: those named, those of transaction and logs, those it changed."""
    receipt, sent = answers.get("receipt") or {}, answers.get("transaction") or {}
    found = [*named, sent.get("to"), sent.get("from"), receipt.get("contractAddress")]
    found += [log.get("address") for log in receipt.get("logs") or ()]
    found += _changed_slots(answers.get("state_diff"))
    lower = [each.lower() for each in found if isinstance(each, str)]
    return tuple(dict.fromkeys(each for each in lower if ADDRESS.fullmatch(each)))[:MOST_ACCOUNTS]


def changed_slots(state_diff: Any) -> dict[str, tuple[str, ...]]:
    """By account, the slots that a transaction changed, at most so many of one."""
    return {
        account.lower(): tuple(sorted(filter(SLOT.fullmatch, slots)))[:MOST_SLOTS]
        for account, slots in _changed_slots(state_diff).items()
    }


def _changed_slots(state_diff: Any) -> dict[str, set[str]]:
    """Of a difference as prestateTracer has it (pre and post), or as trace_replay has it (stateDiff)."""
    if not isinstance(state_diff, dict):
        return {}
    sides = [state_diff.get("pre"), state_diff.get("post"), state_diff.get("stateDiff")]
    found: dict[str, set[str]] = {}
    for side in (side for side in sides if isinstance(side, dict)):
        for account, change in side.items():
            storage = change.get("storage") if isinstance(change, dict) else None
            found.setdefault(account, set()).update(storage if isinstance(storage, dict) else ())
    return found
