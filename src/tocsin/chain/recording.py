"""
A recording: the JSON-RPC answers for one block, or one transaction, kept as they came.

What a node answers live, what a file holds and what a test replays are the same value, so everything behind
it has one way in. Answers stay raw bytes until a codec reads them; a method that is absent is absent data.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from tocsin.model.lookups import Answers

TRANSACTION_METHOD = "debug_traceTransaction"
"""The one method of a recording of a single transaction: a callTracer frame."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """The answers for one block or one transaction."""

    chain_id: int
    name: str
    """Where it came from, for messages: a file or an endpoint and height."""
    answers: Mapping[str, bytes]
    """By method, as in design section 5: the JSON of the result, unparsed."""
    transaction_hash: bytes | None = None
    """Of a recording of one transaction."""
    lookups: Answers = field(default_factory=dict)
    """State questions answered when it was made, so that a replay can answer them again."""
    pasted: str = field(default="", compare=False)
    """Where in a pasted trace the one answer stood, as a path in JSON; empty for what was made as a recording."""

    @property
    def methods(self) -> frozenset[str]:
        """The methods that are there."""
        return frozenset(self.answers)
