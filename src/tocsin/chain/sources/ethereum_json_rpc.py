"""
A node: blocks over JSON-RPC, by HTTP or WebSocket.

## What it reads
Any node that speaks the Ethereum JSON-RPC: headers with full transactions from every node; receipts by
`eth_getBlockReceipts`, or logs alone by `eth_getLogs`; call traces by `trace_block` (Erigon, Reth, Nethermind, anvil)
or `debug_traceBlockByHash` with callTracer (geth); state changes, when asked for, by `trace_replayBlockTransactions` or
prestateTracer in diffMode. What a node has is found out by trying, once, a few blocks behind its head.

## How it is read
In batches, within a limit of requests a second, several blocks at a time. Each answer is held against the block's
hash, so that one side of a reorg is never mixed with the other, and a receipt or trace that is missing is an error, not
an empty block. With several URLs each gives what it can, a failing one is left alone for a while, and one that has
another block at the same height stops the reading unless most endpoints stand behind one of the two.

## Blind spots
The hash of a block is the node's word: headers are not hashed again, nor receipts held against their root. A node that
stands alone is believed. On anvil `debug_traceBlock*` is never asked for: it takes quadratic time.
"""

from collections.abc import Sequence

from tocsin.chain.rpc.methods import EVERYTHING
from tocsin.chain.source import Example, Source

SCHEMES = ("http://", "https://", "ws://", "wss://")


def recognises(argument: str, holds: Sequence[str]) -> bool:
    """Whether the argument is a URL that a node may have."""
    return not holds and argument.strip().lower().startswith(SCHEMES)


source = Source(
    id="ethereum_json_rpc",
    gives=EVERYTHING,
    needs_range=True,
    recognises=recognises,
    examples=(
        Example(says="a node on this machine", argument="http://127.0.0.1:8545"),
        Example(says="a provider's WebSocket", argument="wss://mainnet.example.org/v3/key"),
        Example(says="a file", argument="blocks/1.json", is_one=False),
        Example(says="another protocol", argument="ftp://example.org/blocks.json", is_one=False),
    ),
)
