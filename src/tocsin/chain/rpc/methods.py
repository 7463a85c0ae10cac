"""
The methods a block is read with: what each gives, how it is asked, and which to choose of those a node has.

Parity-style nodes (Erigon, Reth, Nethermind, anvil) answer `trace_*`; geth and its kin answer `debug_traceBlock*`.
Where both are there the former is taken. What no chosen method gives, the reader is blind to, and says so.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from tocsin.chain.header import Header
from tocsin.chain.rpc.json_rpc import Request

BLOCK = "eth_getBlockByNumber"
RECEIPTS = "eth_getBlockReceipts"
LOGS = "eth_getLogs"
TRACE_BLOCK = "trace_block"
TRACE_REPLAY = "trace_replayBlockTransactions"
CALL_TRACER = "debug_traceBlockByNumber:callTracer"
PRESTATE_DIFF = "debug_traceBlockByNumber:prestateTracer:diffMode"

TRACE_TIMEOUT = "60s"
"""How long geth may work on a block; its own default is 5 s."""

IN_BLOCK = frozenset({"blocks", "transactions", "access_lists", "authorisations"})
ORDINARY = IN_BLOCK | {"logs", "calls"}
"""What is read unless asked otherwise: state changes are dear."""
DEAR = frozenset({"state_changes"})
EVERYTHING = ORDINARY | DEAR


@dataclass(frozen=True, slots=True)
class Method:
    """One entry of a recording and how a node is asked for it."""

    key: str
    """Its name in a recording."""
    asks: Callable[[Header], Request]


def _hexadecimal(header: Header) -> str:
    return "0x" + header.hash.hex()


def _trace(header: Header, tracer: str, **options: bool) -> Request:
    config = {"tracer": tracer, "timeout": TRACE_TIMEOUT, **({"tracerConfig": options} if options else {})}
    return Request("debug_traceBlockByHash", (_hexadecimal(header), config))


METHODS: Mapping[str, Method] = {
    method.key: method
    for method in (
        Method(BLOCK, lambda header: Request(BLOCK, (hex(header.number), True))),
        Method(RECEIPTS, lambda header: Request(RECEIPTS, (hex(header.number),))),
        Method(LOGS, lambda header: Request(LOGS, ({"blockHash": _hexadecimal(header)},))),
        Method(TRACE_BLOCK, lambda header: Request(TRACE_BLOCK, (hex(header.number),))),
        Method(TRACE_REPLAY, lambda header: Request(TRACE_REPLAY, (hex(header.number), ("trace", "stateDiff")))),
        Method(CALL_TRACER, lambda header: _trace(header, "callTracer")),
        Method(PRESTATE_DIFF, lambda header: _trace(header, "prestateTracer", diffMode=True)),
    )
}

_ALTERNATIVES: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(IN_BLOCK, (BLOCK,)),
    "logs": (RECEIPTS, LOGS),
    "calls": (TRACE_BLOCK, CALL_TRACER, TRACE_REPLAY),
    "state_changes": (TRACE_REPLAY, PRESTATE_DIFF),
}
"""By dataset, the methods that give it, best first."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What to ask a node for one block."""

    keys: tuple[str, ...]
    blind: frozenset[str]
    """Wanted datasets that nothing the node has gives."""


def plan(capable: Collection[str], wanted: Collection[str]) -> Plan:
    """The fewest methods, of those the node is capable of, that give the wanted datasets."""
    chosen: dict[str, None] = {}
    blind = set()
    for dataset in sorted(wanted, key=list(_ALTERNATIVES).index):
        key = next((key for key in _ALTERNATIVES[dataset] if key in capable), None)
        if key is None:
            blind.add(dataset)
        else:
            chosen[key] = None
    if TRACE_REPLAY in chosen:  # one replay gives the calls too
        chosen.pop(TRACE_BLOCK, None)
        chosen.pop(CALL_TRACER, None)
    return Plan(tuple(chosen), frozenset(blind))


def given(keys: Collection[str]) -> frozenset[str]:
    """The datasets that these methods give."""
    return frozenset(dataset for dataset, ways in _ALTERNATIVES.items() if not set(ways).isdisjoint(keys))


def probes(wanted: Collection[str]) -> tuple[str, ...]:
    """The methods whose presence decides how the wanted datasets are read; the block itself every node has."""
    ways = dict.fromkeys(way for dataset in sorted(wanted) for way in _ALTERNATIVES[dataset])
    return tuple(way for way in ways if way != BLOCK)


_NEVER: Mapping[str, frozenset[str]] = {"anvil": frozenset({CALL_TRACER, PRESTATE_DIFF})}
"""By client name: methods that are there and must not be used. anvil traces a block in quadratic time."""


def never(client_version: str) -> frozenset[str]:
    """The methods that the client which calls itself so must not be asked for."""
    return _NEVER.get(client_version.partition("/")[0].lower(), frozenset())
