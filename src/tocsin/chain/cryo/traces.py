"""
cryo's `traces` to the columns of our `calls`.

A row is one Parity-style trace; its place in the tree is text, such as `0_2_1`. cryo leaves out every call that failed
and what was below it, so a frame's position among its siblings may have holes.
"""

from collections.abc import Mapping

import polars as pl

from tocsin.chain.codecs.call_trees import DEPTH_LIMIT
from tocsin.chain.cryo.columns import exact, modern, nearest
from tocsin.model.errors import InconsistentInput, MalformedInput

_CALL_TYPES: Mapping[str, str] = {
    "call": "call",
    "call_code": "callcode",
    "callcode": "callcode",
    "delegate_call": "delegatecall",
    "delegatecall": "delegatecall",
    "static_call": "staticcall",
    "staticcall": "staticcall",
    "none": "call",
}
_OTHERS: Mapping[str, str] = {"create": "create", "suicide": "selfdestruct", "selfdestruct": "selfdestruct"}
_PATH = r"^(\d{1,9}(_\d{1,9})*)?$"
_NEEDED = (
    "action_type",
    "action_from",
    "action_to",
    "action_value",
    "action_call_type",
    "action_input",
    "trace_address",
    "transaction_hash",
)
_MAY_LACK = (
    "action_gas",
    "action_init",
    "result_gas_used",
    "result_output",
    "result_code",
    "result_address",
    "error",
    "transaction_index",
    "block_hash",
)


def calls(traces: pl.DataFrame) -> pl.DataFrame:
    """
    Our columns, as far as they can be made; rewards are left out.

    Raises `MalformedInput` and `InconsistentInput`.
    """
    frame = _complete(modern("traces", traces)).filter(pl.col("action_type") != "reward")
    frame = frame.with_columns(_path().alias("trace_address"), _kind().alias("call_type"))
    if frame["call_type"].null_count():
        raise MalformedInput("column action_type or action_call_type: a kind of call that is not known")
    shaped = _shaped(_in_order(frame))
    words = exact(shaped["action_value"].fill_null("0"))
    amount = [words.rename("value_binary"), nearest(words).rename("value_f64")]
    return shaped.with_columns(amount).select(*_COLUMNS, *([pl.col("chain_id")] if "chain_id" in shaped else []))


def _complete(frame: pl.DataFrame) -> pl.DataFrame:
    if missing := [name for name in _NEEDED if name not in frame]:
        raise MalformedInput(f"column {missing[0]} is not there; let cryo include it")
    if not frame["trace_address"].fill_null("").str.contains(_PATH).all():
        raise MalformedInput("column trace_address: a value is no path, such as 0_2_1")
    return frame.with_columns(pl.lit(None).alias(name) for name in _MAY_LACK if name not in frame)


def _path() -> pl.Expr:
    return pl.col("trace_address").fill_null("").str.extract_all(r"\d+").cast(pl.List(pl.UInt32()))


def _kind() -> pl.Expr:
    kind = pl.col("action_type")
    by_call = pl.col("action_call_type").replace_strict(_CALL_TYPES, default=None, return_dtype=pl.String())
    return (
        pl.when(kind == "call")
        .then(by_call)
        .otherwise(kind.replace_strict(_OTHERS, default=None, return_dtype=pl.String()))
    )


def _in_order(frame: pl.DataFrame) -> pl.DataFrame:
    """Transaction by transaction, parents first: cryo sorts by transaction, and no further."""
    frame = frame.sort("block_number", "transaction_index", maintain_order=True)
    first_seen: dict[bytes, int] = {}
    groups = [first_seen.setdefault(each, len(first_seen)) for each in frame["transaction_hash"].to_list()]
    paths = frame["trace_address"].to_list()
    order = sorted(range(len(paths)), key=lambda row: (groups[row], paths[row]))
    return frame[order]


def _shaped(frame: pl.DataFrame) -> pl.DataFrame:
    """With the shape of each transaction's tree: who is whose parent, and where each subtree ends."""
    starts = frame["transaction_hash"].rle_id().to_list()
    indices, parents, ends = _trees(starts, frame["trace_address"].to_list())
    return frame.with_columns(
        pl.Series("call_index", indices, dtype=pl.UInt32()),
        pl.Series("parent_index", parents, dtype=pl.UInt32()),
        pl.Series("subtree_end", ends, dtype=pl.UInt32()),
        pl.col("trace_address").list.len().cast(pl.UInt32()).alias("depth"),
    )


def _trees(transactions: list[int], paths: list[list[int]]) -> tuple[list[int], list[int | None], list[int]]:
    indices: list[int] = []
    parents: list[int | None] = []
    ends: list[int] = []
    current, above = -1, list[int]()
    for transaction, path in zip(transactions, paths, strict=True):
        if transaction != current:
            current, above, first = transaction, [], len(indices)
        del above[len(path) :]
        if len(path) > DEPTH_LIMIT or len(above) != len(path):
            raise InconsistentInput(f"column trace_address: a call at {path[:10]} stands without the call above it")
        index = len(indices) - first
        indices.append(index)
        parents.append(above[-1] if above else None)
        ends.append(index + 1)
        for ancestor in above:
            ends[first + ancestor] = index + 1
        above.append(index)
    return indices, parents, ends


def _coalesced(*names: str) -> pl.Expr:
    return pl.coalesce(*(pl.col(name).cast(pl.Binary()) for name in names))


_is_call = pl.col("action_type") == "call"
_input = _coalesced("action_input", "action_init").fill_null(b"")
_COLUMNS = (
    *(pl.col(name) for name in ("block_number", "transaction_index", "transaction_hash")),
    pl.col("block_hash").cast(pl.Binary()),
    *(pl.col(name) for name in ("call_index", "trace_address", "depth", "parent_index", "subtree_end", "call_type")),
    pl.col("action_from").alias("from_address"),
    _coalesced("action_to", "result_address").alias("to_address"),
    *(pl.col(name) for name in ("value_binary", "value_f64")),
    pl.col("action_gas").alias("gas"),
    pl.col("result_gas_used").alias("gas_used"),
    _input.alias("input"),
    pl.when(_is_call & (_input.bin.size() >= 4)).then(_input.bin.head(4)).alias("selector"),
    _coalesced("result_output", "result_code").alias("output"),
    pl.col("error").cast(pl.String()),
    pl.col("error").is_not_null().alias("reverted"),
)
