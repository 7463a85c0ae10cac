"""
Recordings: JSON-RPC answers kept in files.

## What it reads
A file that ends in .json or .json.gz, or a directory of them, however deep. Each holds the answers for one block or
one transaction, as the page on recordings has it.

## How it is read
One file after the other in the order of their names. One that cannot be read is named and the others are read all the
same.

## Blind spots
A method that was not recorded is absent data: what needs it is blind. Questions about the state can only be answered
where their answers were recorded too.
"""

from collections.abc import Sequence

from tocsin.chain.rpc.methods import EVERYTHING
from tocsin.chain.source import Example, Source

SUFFIXES = (".json", ".json.gz")


def recognises(argument: str, holds: Sequence[str]) -> bool:
    """Whether the argument, or a file in it, is named as a recording."""
    return any(name.lower().endswith(SUFFIXES) for name in (argument, *holds))


source = Source(
    id="recordings",
    gives=EVERYTHING,
    needs_range=False,
    recognises=recognises,
    examples=(
        Example(says="one block", argument="blocks/1-012775690.json"),
        Example(says="one block, packed", argument="blocks/1-012775690.json.gz"),
        Example(says="a directory of them", argument="blocks", holds=("1-012775690.json", "README.md")),
        Example(says="a directory of Parquet files", argument="lake", holds=("a.parquet",), is_one=False),
    ),
)
