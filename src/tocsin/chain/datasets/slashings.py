"""
Slashings: validators proven to have contradicted themselves.

## What a row is
One validator and one proof against it: two blocks of one slot, or two attestations that exclude each other.

## Where it comes from
The `proposer_slashings` and `attester_slashings` of beacon blocks, and the Beacon API's events of the same names, which
come before a block includes them. Of an attester slashing every validator who signed both attestations is a row.

## Blind spots
The proof's signatures are not checked: that is the node's word. A slashing that was included before is a row again when
its block is read.
"""

from tocsin.chain.datasets._seen import OBSERVER, SEEN
from tocsin.tables.columns import count, digest, text
from tocsin.tables.dataset import Dataset

dataset = Dataset(
    id="slashings",
    asked_of="consensus",
    columns={
        **SEEN,
        "observer": OBSERVER,
        "kind": text("proposer, attester", "What it contradicted itself in."),
        "validator_index": count("validator index", "Who is slashed."),
        "slot": count("slot", "The slot of the second of the two."),
        "first_root": digest("The first block, or the target that the first attestation votes for."),
        "second_root": digest("The second."),
        "source": text("block, event", "Whether a block includes it or the network announced it."),
    },
)
