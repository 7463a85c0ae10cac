"""Transactions with flash loans, with what their actors took."""

from dataclasses import dataclass

from tocsin.chain.signatures import selector
from tocsin.detect.detectors.profits._loans import Loans, shown
from tocsin.detect.extraction import Extraction
from tocsin.model.lookups import Lookup, call
from tocsin.tables.columns import NATIVE

COST_LIMIT_DOLLARS = 1_000
"""Whoever paid more than this for a token without a price has bought it."""
ASKED_TOKENS = 8
"""How many tokens without a price are asked about in one transaction."""
TOTAL_SUPPLY = "0x" + selector("totalSupply()").hex()


@dataclass(frozen=True, slots=True)
class Case:
    """One transaction with loans and what its actors took."""

    loans: Loans
    taken: Extraction

    @property
    def supplies(self) -> dict[bytes, Lookup]:
        """By token without a price that was got for next to nothing: the question for its supply before."""
        place, unpriced = self.loans.place, self.taken.unpriced
        bought = self.taken.dollars < -COST_LIMIT_DOLLARS or any(net < 0 for net in unpriced.values())
        if bought or not place.block_number:
            return {}
        before = place.block_number - 1
        return {
            token: call(shown(token), TOTAL_SUPPLY, block_number=before, chain_id=place.chain_id)
            for token in sorted(unpriced.keys() - {NATIVE})[:ASKED_TOKENS]
        }
