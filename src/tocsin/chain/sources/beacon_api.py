"""
A beacon node: what the consensus layer says, over the Beacon API.

## What it reads
Any consensus client that speaks the standard Beacon API: a URL with `beacon+` before it, such as
`beacon+http://127.0.0.1:5052`. Without a range it is one look at the node as it is now: sync state, peers, finality,
participation (Lighthouse) and the newest block. With `--from` and `--to`, which are slots here, the headers and blocks
of these slots.

## How it is read
Over HTTP, one question at a time, each answer bounded in time and size. What the node does not have is absent. Headers
are held against their roots. The chain is the one whose deposit contract the node names.

## Blind spots
Answers are the node's word: signatures and states are not checked. Slots with no block give nothing. Events (reorgs,
slashings before they are included) come only while watching.
"""

from collections.abc import Sequence

from tocsin.chain.source import Example, Source

PREFIX = "beacon+"
SCHEMES = (f"{PREFIX}http://", f"{PREFIX}https://")
GIVES = frozenset(
    {
        "beacon_blocks",
        "finality",
        "node_status",
        "participation",
        "peers",
        "slashings",
        "voluntary_exits",
    }
)


def recognises(argument: str, holds: Sequence[str]) -> bool:
    """Whether the argument is a URL that is marked as a beacon node's."""
    return not holds and argument.strip().lower().startswith(SCHEMES)


source = Source(
    id="beacon_api",
    gives=GIVES,
    needs_range=False,
    recognises=recognises,
    examples=(
        Example(says="a beacon node on this machine", argument="beacon+http://127.0.0.1:5052"),
        Example(says="a provider's", argument="beacon+https://beacon.example.org/key"),
        Example(says="an execution node", argument="http://127.0.0.1:8545", is_one=False),
        Example(says="a file", argument="beacon.json", is_one=False),
    ),
)
