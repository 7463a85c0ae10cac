"""
What a transaction changed in the state, before and after.

## What a row is
One balance, nonce, code or storage slot that a transaction changed.

## Where it comes from
`trace_replayBlockTransactions` with stateDiff, or `debug_traceBlockBy*` with prestateTracer in diffMode. Both give
the same rows.

## Blind spots
A slot changed and changed back within the transaction is not there. The fee recipient's balance may be left out by a
node.
"""

from tocsin.tables.columns import PLACE, address, digest, octets, text
from tocsin.tables.dataset import Dataset

dataset = Dataset(
    id="state_changes",
    columns={
        **PLACE,
        "address": address("Whose state."),
        "kind": text("balance, nonce, code, storage", "What changed."),
        "slot": digest("The storage slot; null for the other kinds.", required=False),
        "before": octets(
            "Value before: 32 bytes big-endian, or code; null when the account did not exist.", required=False
        ),
        "after": octets(
            "Value after: 32 bytes big-endian, or code; null when the account ceased to exist.", required=False
        ),
    },
)
