"""
The call tree, one row a frame.

## What a row is
One frame: a call, a creation or a self-destruct, in the order of execution (a parent before its children).

## Where it comes from
`trace_block`, `trace_replayBlockTransactions`, `debug_traceBlockBy*` and `debug_traceTransaction` with callTracer;
cryo's `traces`.

## Blind spots
Gas means different things: callTracer of geth counts intrinsic gas in the root frame, Parity-style traces do not.
Calls to
precompiles may be absent. Rewards are not calls and are left out.
"""

import polars as pl

from tocsin.tables.columns import PLACE, Column, address, amount, count, flag, index, octets, text
from tocsin.tables.dataset import Dataset

dataset = Dataset(
    id="calls",
    columns={
        **PLACE,
        "call_index": index("Position in the transaction, parents first."),
        "trace_address": Column(
            pl.List(pl.UInt32()), "path from the root", "Child positions from the root; empty for the root."
        ),
        "depth": index("Length of the trace address."),
        "parent_index": index("call_index of the parent; null for the root.", required=False),
        "subtree_end": index("call_index behind the last descendant: [call_index, subtree_end) is the subtree."),
        "call_type": text(
            "call, callcode, delegatecall, staticcall, create, create2, selfdestruct", "What kind of frame it is."
        ),
        "from_address": address("Who calls; for a self-destruct, the contract that ends."),
        "to_address": address(
            "Who is called, made, or paid by a self-destruct; null when a creation failed.", required=False
        ),
        **amount(
            "value", "wei", "Native coin sent with the call. A delegatecall repeats its parent's and moves nothing."
        ),
        "gas": count("gas", "Gas given.", required=False),
        "gas_used": count("gas", "Gas used.", required=False),
        "input": octets("Call data, or init code."),
        "selector": octets(
            "First four bytes of the input of a call; null when shorter and for creations.", required=False
        ),
        "output": octets("What it returned, or the created code.", required=False),
        "error": text("the node's words", "Why the frame failed; null when it did not.", required=False),
        "reverted": flag("The frame or one above it failed: nothing it did took effect."),
    },
)
