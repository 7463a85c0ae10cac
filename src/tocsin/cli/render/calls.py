"""A call tree, one line a frame, folded where it is deep."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import takewhile

from rich.text import Text

from tocsin.app.explain import Record
from tocsin.cli.render.money import count
from tocsin.cli.render.names import Names, functions
from tocsin.cli.render.safe import safe

ENOUGH_LINES = 60
"""A tree is shown as deep as it goes within so many lines, unless a depth is asked for."""

_STYLES: Mapping[str, str] = {
    "call": "bold",
    "staticcall": "dim",
    "delegatecall": "magenta",
    "callcode": "magenta",
    "create": "green",
    "create2": "green",
    "selfdestruct": "red",
}
_CREATES = ("create", "create2")
_ERROR_STRING, _PANIC = "0x08c379a0", "0x4e487b71"
_PANICS: Mapping[int, str] = {
    0x01: "assertion failed",
    0x11: "arithmetic overflow",
    0x12: "division by zero",
    0x32: "index out of bounds",
}


def tree(calls: Sequence[Record], names: Names, depth: int | None) -> Iterator[Text]:
    """The lines of the tree, to `depth` or as deep as is readable, and what was folded away."""
    limit = depth if depth is not None else readable_depth(calls)
    shown = [call for call in calls if call["depth"] <= limit]
    kept = shown if depth is not None else shown[:ENOUGH_LINES]
    for call, guide in zip(kept, _guides([call["depth"] for call in kept]), strict=True):
        yield Text.assemble((guide, "dim"), _line(call, names, folded=call["depth"] == limit))
    if len(kept) < len(calls):
        deepest = max(call["depth"] for call in calls)
        yield Text(f"… {count(len(calls) - len(kept), 'call')} more: --depth {deepest} shows all", style="dim")


def readable_depth(calls: Sequence[Record]) -> int:
    """The deepest level down to which the tree has few enough lines; at least 1."""
    at: dict[int, int] = {}
    for call in calls:
        at[call["depth"]] = at.get(call["depth"], 0) + 1
    sums = (sum(at[d] for d in at if d <= level) for level in range(1, max(at, default=0) + 1))
    return max(1, len(list(takewhile(lambda lines: lines <= ENOUGH_LINES, sums))))


def _guides(depths: Sequence[int]) -> list[str]:
    """The lines that join parents and children, drawn from the last line up: only then it is known who is last."""
    open_levels: set[int] = set()
    drawn = []
    for depth in reversed(depths):
        last = depth not in open_levels
        open_levels = {level for level in open_levels if level <= depth} | {depth}
        bars = "".join("│ " if level in open_levels else "  " for level in range(1, depth))
        drawn.append(bars + ("" if depth == 0 else "└╴" if last else "├╴"))
        open_levels.discard(0)
    return drawn[::-1]


def _line(call: Record, names: Names, *, folded: bool) -> Text:
    kind = call["call_type"]
    line = Text.assemble((f"{kind} ", _STYLES.get(kind, "")), (_what(call, names), "red" if call["reverted"] else ""))
    if call["value"] and kind != "delegatecall":
        line.append(f" {names.native(call['value'])}", style="bold yellow")
    if call["error"] is not None:
        line.append(f" failed: {reason(call)}", style="bold red")
    inside = call["subtree_end"] - call["call_index"] - 1
    if folded and inside:
        line.append(f" (+{inside})", style="dim")
    return line


def _what(call: Record, names: Names) -> str:
    to = names.account(call["to_address"])
    if call["call_type"] in _CREATES or call["call_type"] == "selfdestruct":
        return to
    chosen = call["selector"]
    return to if chosen is None else f"{to}.{functions().get(chosen, chosen)}"


def reason(call: Record) -> str:
    """Why a frame failed: the contract's own words where it gave any."""
    output = call["output"] or "0x"
    if output.startswith(_ERROR_STRING):
        return safe(_string(bytes.fromhex(output[10:])))
    if output.startswith(_PANIC):
        code = int(output[10:] or "0", 16)
        return _PANICS.get(code, f"panic {code:#x}")
    return safe(call["error"])


def _string(data: bytes) -> str:
    """The one string that was ABI-encoded; as much of it as is there."""
    length = int.from_bytes(data[32:64], "big")
    return data[64 : 64 + min(length, len(data))].decode("utf-8", "replace") or "no reason given"


def text(lines: Iterable[Text]) -> Text:
    """The lines as one text."""
    return Text("\n").join(lines)
