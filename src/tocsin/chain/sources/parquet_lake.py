"""
A Parquet lake: datasets in Parquet files, ours or made by cryo.

## What it reads
A directory of files named `<network>__<dataset>__<first>_to_<last>.parquet`, as cryo names them, with one dataset each.
Files that tocsin wrote come back as they were. Of cryo's, `blocks`, `transactions`, `logs` and `traces` are read, and
`balance_diffs`, `nonce_diffs`, `code_diffs` and `storage_diffs` together as `state_changes`.

## How it is read
Range by range, as the files are cut; of a file only what lies in the range is read. A column that is absent is null, or
made from another that says the same: an exact amount from its decimal text, a call tree from trace addresses.

## Blind spots
cryo leaves failed calls out of `traces`, has no access lists or authorisations, and by default no block hash: findings
in such files cannot be retracted by block. A column that must not be null and cannot be made is an error that names it.
"""

from collections.abc import Sequence

from tocsin.chain.rpc.methods import EVERYTHING
from tocsin.chain.source import Example, Source

SUFFIX = ".parquet"


def recognises(argument: str, holds: Sequence[str]) -> bool:
    """Whether the argument, or a file in it, is named as a Parquet file."""
    return any(name.lower().endswith(SUFFIX) for name in (argument, *holds))


source = Source(
    id="parquet_lake",
    gives=EVERYTHING,
    needs_range=False,
    recognises=recognises,
    examples=(
        Example(
            says="a directory that cryo made", argument="lake", holds=("ethereum__logs__18000000_to_18000999.parquet",)
        ),
        Example(says="a directory of recordings", argument="blocks", holds=("1-012775690.json",), is_one=False),
        Example(says="a node", argument="http://127.0.0.1:8545", is_one=False),
    ),
)
