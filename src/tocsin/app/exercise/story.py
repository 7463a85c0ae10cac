"""How a played attack unfolded, block by block: what was done, what tocsin saw, what could still be saved."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tocsin.exercise.scoring import Looked, is_about, savable
from tocsin.exercise.truth import Step, Truth
from tocsin.model.finding import Finding


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """One block."""

    chain_id: int
    number: int
    seconds: int
    """From when the attack could be known; negative before."""
    steps: tuple[Step, ...]
    ordinary: int
    """Transactions in it that are not the attack's."""
    findings: tuple[Finding, ...]
    """About the attack."""
    others: tuple[Finding, ...]
    """About anything else."""
    savable: Mapping[tuple[int, str], int]
    """Base units by chain and token, after it."""


def moments(truth: Truth, looked: Sequence[Looked]) -> list[Moment]:
    """Every block of a play, in the order of time."""
    timestamps = {(block.chain_id, block.number): block.timestamp for block in looked}
    known = timestamps[truth.first.chain_id, truth.first.block_number]
    return [_moment(truth, block, known, timestamps) for block in looked]


def _moment(truth: Truth, block: Looked, known: int, timestamps: Mapping[tuple[int, int], int]) -> Moment:
    steps = [step for step in truth.steps if (step.chain_id, step.block_number) == (block.chain_id, block.number)]
    return Moment(
        chain_id=block.chain_id,
        number=block.number,
        seconds=block.timestamp - known,
        steps=tuple(steps),
        ordinary=len(block.transactions) - len({step.transaction for step in steps}),
        findings=tuple(finding for finding in block.findings if is_about(finding, truth)),
        others=tuple(finding for finding in block.findings if not is_about(finding, truth)),
        savable=savable(truth, block.timestamp, timestamps),
    )
