"""Asking a chain's nodes about a block or a transaction, patiently: every question, every way, every node."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from tocsin.chain import fitting, testimony
from tocsin.chain.rpc.json_rpc import Outcome, Request
from tocsin.chain.testimony import Answer, Place, Question
from tocsin.edge.store.captures import Wanted
from tocsin.model.errors import EndpointUnavailable, InputError, RemoteError

PATIENT_ATTEMPTS = 3
"""So often a capture is tried again for what nodes could not answer for now; then it is kept without."""
MOST_ATTEMPTS = 100
"""After so many, some hours, what each node says that it does not have is kept as that: a reorg may have dropped it."""
NEEDED = ("block", "receipt")
"""Without these nothing can be proven of a capture."""


class Asks(Protocol):
    """Whom questions about a chain are put to: `edge/witness.py`, or a recording."""

    async def ask(self, requests: Sequence[Request]) -> Mapping[str, Sequence[Outcome]]:
        """By node, the outcome of each request."""
        ...


@dataclass(frozen=True, slots=True)
class Testimony:
    """What was said, and of which block."""

    at: Place
    answers: tuple[Answer, ...]


async def testify(asks: Asks, wanted: Wanted, *, attempts: int) -> Testimony:
    """
    Everything that nodes say of a block or transaction, when it was asked so often before.

    Raises `EndpointUnavailable` where nobody has the block or the receipt, or, the first few times, where anything may
    still be answered later.
    """
    sent = wanted.transaction_hash
    of_sent = await put(asks, testimony.transaction_questions(sent) if sent else ())
    known = {each.question: each.answer for each in of_sent}
    at = testimony.place_of(known.get("receipt"), Place(wanted.block_number, wanted.block_hash))
    answers = (*of_sent, *await put(asks, testimony.block_questions(at)))
    _must_be_answered(answers, attempts)
    known = {each.question: each.answer for each in answers}
    accounts = testimony.touched(wanted.accounts, known)
    slots = testimony.changed_slots(known.get("state_diff"))
    return Testimony(at, (*answers, *await put(asks, testimony.account_questions(at, accounts, slots))))


def _must_be_answered(answers: Sequence[Answer], attempts: int) -> None:
    lacking = [each for each in answers if each.is_open]
    if attempts >= PATIENT_ATTEMPTS:
        lacking = [each for each in answers if each.answer is None and each.question in NEEDED and not each.text]
    if attempts >= MOST_ATTEMPTS:
        lacking = [each for each in lacking if not each.is_nowhere]
    if lacking:
        names = ", ".join(each.question for each in lacking)
        raise EndpointUnavailable(f"nodes could not answer for now: {names}")


async def put(asks: Asks, questions: Sequence[Question]) -> tuple[Answer, ...]:
    """Put questions; those that nobody answers are put in the next way, if there is one."""
    answers: dict[str, Answer] = {}
    for turn in range(max((len(question.ways) for question in questions), default=0)):
        asking = [
            question
            for question in questions
            if turn < len(question.ways) and (question.name not in answers or not answers[question.name].said_by)
        ]
        said = await asks.ask([question.ways[turn] for question in asking]) if asking else {}
        for index, question in enumerate(asking):
            outcomes = {name: outcomes[index] for name, outcomes in said.items()}
            found = testimony.heard(question, question.ways[turn], outcomes)
            if found.said_by or question.name not in answers or found.is_open:
                answers[question.name] = found
        if not said:
            break  # nobody is there to be asked in another way
    return tuple(answers.values())


async def block_at(asks: Asks, tag: str) -> dict[str, Any] | None:
    """The block at a height or tag, as most nodes have it; None where none has one."""
    question = Question("block", (Request("eth_getBlockByNumber", (tag, False)),), fitting.head)
    try:
        (answer,) = await put(asks, (question,))
    except (RemoteError, InputError):
        return None
    return dict(answer.answer) if answer.answer is not None else None
