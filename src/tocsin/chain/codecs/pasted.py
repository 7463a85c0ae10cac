"""
Traces as they are pasted: what a node or `cast rpc` answered, with nothing around it that says which method it was.

What it is follows from its members alone. An answer may stand in its JSON-RPC envelope, and `chain_id` and
`transaction_hash` may be written beside whatever is an object. What is no trace is refused with what it looks like, and
what to ask a node for instead.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Generic, NoReturn, TypeVar

import msgspec

from tocsin.chain import deep_json
from tocsin.chain.codecs.call_tracer import Frame, Traced
from tocsin.chain.codecs.parity_traces import Replayed, Trace
from tocsin.chain.codecs.state_diffs import PrestateEntry
from tocsin.chain.recording import TRANSACTION_METHOD
from tocsin.model.errors import MalformedInput

T = TypeVar("T")
Members = Mapping[str, msgspec.Raw]

ASK_FOR = """cast rpc debug_traceTransaction HASH '{"tracer": "callTracer"}'"""
"""What to ask a node for."""


class Envelope(msgspec.Struct, Generic[T]):
    """A JSON-RPC answer."""

    result: T


class ReplayedAlone(msgspec.Struct):
    """What `trace_replayTransaction` answers."""

    trace: list[Trace]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Shape:
    """Something that may be pasted."""

    says: str
    members: frozenset[str]
    """What it is told by: of the object, or of the first entry of the list."""
    method: str
    """As which method's answer it is read."""
    type: Any
    also: frozenset[str] = frozenset()
    """Members it may have, by which it is nearest."""
    is_list: bool = False
    answer: str = ""
    """The member that holds the method's answer; the whole where empty."""
    within: frozenset[str] = frozenset()
    """Members that the entry's `result` has."""


SHAPES = (
    Shape(
        says="the call tree of one transaction (callTracer)",
        members=frozenset(("type", "from")),
        method=TRANSACTION_METHOD,
        type=Frame,
    ),
    Shape(
        says="one transaction's entry of debug_traceBlock (callTracer)",
        members=frozenset(("txHash", "result")),
        method=TRANSACTION_METHOD,
        type=Traced,
        answer="result",
        within=frozenset(("type", "from")),
    ),
    Shape(
        says="the answer of trace_replayTransaction",
        members=frozenset(("trace",)),
        method="trace_block",
        type=ReplayedAlone,
        answer="trace",
    ),
    Shape(
        says="the answer of debug_traceBlock (callTracer)",
        members=frozenset(("result",)),
        also=frozenset(("txHash", "error")),
        method="debug_traceBlockByNumber:callTracer",
        type=list[Traced],
        is_list=True,
        within=frozenset(("type", "from")),
    ),
    Shape(
        says="the answer of debug_traceBlock (prestateTracer, diffMode)",
        members=frozenset(("result",)),
        method="debug_traceBlockByNumber:prestateTracer:diffMode",
        type=list[PrestateEntry],
        is_list=True,
        within=frozenset(("pre", "post")),
    ),
    Shape(
        says="the answer of trace_transaction or trace_block",
        members=frozenset(("action", "traceAddress")),
        method="trace_block",
        type=list[Trace],
        is_list=True,
    ),
    Shape(
        says="the answer of trace_replayBlockTransactions",
        members=frozenset(("trace", "transactionHash")),
        method="trace_replayBlockTransactions",
        type=list[Replayed],
        is_list=True,
    ),
)

OTHERS = {
    frozenset(("structLogs",)): "the answer of the default tracer, which lists opcodes and not calls",
    frozenset(("pre", "post")): "the state one transaction changed (prestateTracer)",
    frozenset(("logs", "transactionHash")): "a transaction's receipt",
    frozenset(("blockHash", "nonce")): "a transaction as eth_getTransactionByHash gives it",
    frozenset(("parentHash", "stateRoot")): "a block without traces",
    frozenset(("arena",)): "a trace as forge keeps it",
}
"""What is pasted by mistake, by its members."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pasted:
    """What was recognised."""

    shape: Shape
    answer: bytes
    at: str
    """Where in the paste the answer stands, as a path in JSON."""
    transaction_hash: msgspec.Raw | None
    """As JSON, where the paste says it."""


_OBJECT: "msgspec.json.Decoder[dict[str, msgspec.Raw]]" = msgspec.json.Decoder(dict[str, msgspec.Raw])
_LIST: "msgspec.json.Decoder[list[msgspec.Raw]]" = msgspec.json.Decoder(list[msgspec.Raw])


def recognise(data: bytes, name: str, root: str = "$") -> Pasted:
    """
    What these bytes are, decoded once to see that they are it; `root` is where they stand in all that was pasted.

    Raises `MalformedInput` that says what was recognised, what is wrong and where, or what is the nearest shape.
    """
    if not data.strip():
        raise MalformedInput(f"{name}: empty: nothing was pasted")
    members = _object(data, name)
    beside = (members or {}).get("transaction_hash")
    inner, at = data, root
    if members is not None and _is_envelope(members):
        inner, at = bytes(_result(members, name, root)), f"{root}.result"
        members = _object(inner, name)
    shape = _of_object(members, name) if members is not None else _of_list(inner, name)
    if shape is None:
        _refuse(inner, members, name, at)
    _check(data, shape, name, root, enveloped=at != root)
    if members is None or not shape.answer:
        return Pasted(shape=shape, answer=inner, at=at, transaction_hash=beside)
    return Pasted(
        shape=shape,
        answer=bytes(members[shape.answer]),
        at=f"{at}.{shape.answer}",
        transaction_hash=beside or members.get("txHash"),
    )


def _object(data: bytes, name: str) -> dict[str, msgspec.Raw] | None:
    """The members of an object; None for anything else."""
    return _decoded(_OBJECT, data, name) if data.lstrip()[:1] == b"{" else None


def _decoded(decoder: "msgspec.json.Decoder[T]", data: bytes, name: str) -> T:
    try:
        return deep_json.decode(decoder, data)
    except RecursionError as error:
        raise MalformedInput(f"{name}: not a recording: nested deeper than any call tree can be") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise MalformedInput(f"{name}: not a recording, and no trace as a node gives it: {error}") from error


def _is_envelope(members: Members) -> bool:
    """Whether this is an answer with what JSON-RPC puts around it; an entry of a block trace is named."""
    return "txHash" not in members and ("result" in members or ("error" in members and "jsonrpc" in members))


def _result(members: Members, name: str, root: str) -> msgspec.Raw:
    refusal = members.get("error")
    if refusal is not None and bytes(refusal) != b"null":
        raise MalformedInput(f"{name}: a JSON-RPC answer that says no, at `{root}.error`: {_short(bytes(refusal))}")
    if bytes(members.get("result", b"null")) == b"null":
        raise MalformedInput(
            f"{name}: a JSON-RPC answer with nothing in it: there is no `{root}.result`. The node does not have this "
            "transaction, or no traces of it any more"
        )
    return members["result"]


def _of_object(members: Members, name: str) -> Shape | None:
    return next((shape for shape in SHAPES if not shape.is_list and _has(members, shape, name)), None)


def _of_list(data: bytes, name: str) -> Shape | None:
    """By the first entry that says enough: one that came without its trace has no result."""
    if data.lstrip()[:1] != b"[":
        return None
    entries = (_object(bytes(entry), name) for entry in _decoded(_LIST, data, name))
    for members in entries:
        if members is None or "jsonrpc" in members:
            return None
        if found := next((shape for shape in SHAPES if shape.is_list and _has(members, shape, name)), None):
            return found
    return None


def _has(members: Members, shape: Shape, name: str) -> bool:
    if not shape.members <= members.keys():
        return False
    if not shape.within:
        return True
    result = _object(bytes(members["result"]), name)
    return result is not None and shape.within <= result.keys()


def _check(data: bytes, shape: Shape, name: str, root: str, *, enveloped: bool) -> None:
    """Decode the whole paste, so that an error names the place in what was pasted."""
    decoder = msgspec.json.Decoder(Envelope[shape.type] if enveloped else shape.type)  # type: ignore[name-defined]
    try:
        deep_json.decode(decoder, data)
    except RecursionError as error:
        raise MalformedInput(f"{name}: {shape.says}, but nested deeper than any call tree can be") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        said, _, path = str(error).rpartition("`$")
        where = f"{said}`{root}{path}" if said else path
        raise MalformedInput(f"{name}: looks like {shape.says}, but: {where}") from error


def _refuse(data: bytes, members: Members | None, name: str, at: str) -> NoReturn:
    """Say what it looks like. Raises `MalformedInput`."""
    start = data.lstrip()[:1]
    if start == b"[":
        _refuse_list(data, name, at)
    if members is None:
        raise MalformedInput(
            f"{name}: not JSON of a trace: it begins with {_short(data.lstrip()[:40])} at `{at}`. "
            f"What `cast run` prints is for people; ask for {ASK_FOR}"
        )
    for told, says in OTHERS.items():
        if told <= members.keys():
            raise MalformedInput(f"{name}: this is {says}, at `{at}`; calls are needed: {ASK_FOR}")
    raise MalformedInput(f"{name}: {_unknown(members, at, is_list=False)}")


def _refuse_list(data: bytes, name: str, at: str) -> NoReturn:
    entries = _decoded(_LIST, data, name)
    if not entries:
        raise MalformedInput(f"{name}: an empty list at `{at}`: nothing was traced, or the block has no transactions")
    first = _object(bytes(entries[0]), name)
    if first is None:
        raise MalformedInput(f"{name}: a list of no objects: `{at}[0]` is {_short(bytes(entries[0]))}; {_known()}")
    if "jsonrpc" in first:
        raise MalformedInput(
            f"{name}: {len(entries)} JSON-RPC answers at `{at}`, where a trace should be; paste one, such as `{at}[0]`"
        )
    raise MalformedInput(f"{name}: {_unknown(first, f'{at}[0]', is_list=True)}")


def _unknown(members: Members, at: str, *, is_list: bool) -> str:
    """What is known that is most like it, and what it lacks of that."""
    there = ", ".join(sorted(members)[:_NAMED]) or "no members"
    alike = {shape: len((shape.members | shape.also) & members.keys()) for shape in SHAPES if shape.is_list == is_list}
    near = max(alike, key=alike.__getitem__)
    if not alike[near]:
        return f"not a recording, and no trace that is known here: `{at}` has {there}. {_known()}"
    lacks = ", ".join(sorted(near.members - members.keys())) or "a result that is a trace"
    return f"`{at}` has {there}: nearest to {near.says}, but it lacks {lacks}. To get it: {ASK_FOR}"


_NAMED = 8
"""How many members an error names."""
_SHOWN = 160
"""Characters of the paste an error shows."""


def _known() -> str:
    return f"A recording has keys such as eth_getBlockByNumber; to paste are: {'; '.join(s.says for s in SHAPES)}"


def _short(data: bytes) -> str:
    text = data[:_SHOWN].decode(errors="replace")
    return repr(text) if len(data) <= _SHOWN else f"{text!r} and so on"
