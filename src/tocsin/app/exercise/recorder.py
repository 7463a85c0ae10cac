"""
Recording what was played: each block as the node answers, with the answers to what its detectors ask about it.

Of code only the beginning is kept: whether an account has code, and whether it is a delegation or a
clone, is all that detectors ask; the rest belongs to others.
"""

from collections.abc import Sequence
from dataclasses import replace

import msgspec

from tocsin.app.questions import Questions
from tocsin.chain.code_hash import settled
from tocsin.chain.recording import Recording
from tocsin.chain.rpc import methods
from tocsin.edge.anvil import Anvil
from tocsin.model.errors import CallReverted, DataMissing
from tocsin.model.lookups import Answers, Lookup

CODE = "eth_getCode"
CODE_DIGITS_KEPT = 2 + 2 * 64
"""0x and 64 bytes: longer than a delegation (EIP-7702) and than a minimal proxy (ERC-1167)."""


def record(node: Anvil, height: int, questions: Questions) -> Recording:
    """
    A block, with what is asked about it answered. Blocks of a chain are to come in their order.

    Raises `DataMissing` when the node no longer holds the state before the block.
    """
    name = f"block {height} of chain {node.chain_id}"
    bare = Recording(chain_id=node.chain_id, name=name, answers=_answers(node, height))
    return replace(bare, lookups=answered(node, questions.about(bare)))


def _answers(node: Anvil, height: int) -> dict[str, bytes]:
    number = hex(height)
    asked: dict[str, tuple[object, ...]] = {
        methods.BLOCK: (number, True),
        methods.RECEIPTS: (number,),
        methods.TRACE_BLOCK: (number,),
        methods.TRACE_REPLAY: (number, ["stateDiff"]),
    }
    answers = {method: node.request(method, *given) for method, given in asked.items()}
    if len(answers[methods.TRACE_REPLAY]) != len(answers[methods.RECEIPTS]):  # anvil then answers with nothing
        raise DataMissing(f"anvil no longer holds the state before block {height}: play fewer blocks before recording")
    return {method: msgspec.json.encode(answer) for method, answer in answers.items()}


def answered(node: Anvil, lookups: Sequence[Lookup]) -> Answers:
    """What the node answers to these questions; those whose call reverts stay unanswered."""
    return {lookup: answer for lookup in dict.fromkeys(lookups) if (answer := _answer(node, lookup)) is not None}


def _answer(node: Anvil, lookup: Lookup) -> str | None:
    try:
        answer = settled(lookup, str(node.request(lookup.asks, *lookup.as_sent)))
    except CallReverted:
        return None
    return answer[:CODE_DIGITS_KEPT] if lookup.method == CODE else answer
