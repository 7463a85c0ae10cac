"""Changes to a recording that keep it JSON, so that the fuzzer gets past the parser."""

import json
from random import Random
from typing import Any

STRANGE: tuple[Any, ...] = (
    None, True, 0, -1, 2**64, 1e308, "", "0x", "0x0", "0x1", "0X1", "0x-1", "0x1_0", "0xzz", "é", [], {}, [[]],
    "0x" + "f" * 64, "0x" + "f" * 65, "0x1" + "0" * 64, "0x" + "0" * 40, "0x" + "0" * 64, "0x" + "ab" * 600,
    "call", "delegatecall", "create2", "suicide", "reward", "CALL", "SELFDESTRUCT", "Reverted",
)  # fmt: skip
"""What an attacker or a broken node may put anywhere."""
CHANGES = 4


def mutated(data: bytes, seed: int) -> bytes | None:
    """The same JSON with a few values replaced, removed, doubled or swapped; None when it is not JSON."""
    chance = Random(seed)  # noqa: S311 - the fuzzer hands over the seed; a run must be repeatable
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return None
    for _ in range(chance.randint(1, CHANGES)):
        _change(value, chance)
    return json.dumps(value).encode()


def _change(value: Any, chance: Random) -> None:
    holder = value
    while _members(holder):
        key = chance.choice(_members(holder))
        inner = holder[key]
        if not _members(inner) or chance.random() < 0.05:
            _replace(holder, key, chance)
            return
        holder = inner


def _members(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(value)
    return list(range(len(value))) if isinstance(value, list) else []


def _replace(holder: Any, key: Any, chance: Random) -> None:
    kind = chance.randrange(6)
    if kind == 0:
        del holder[key]
    elif kind == 1 and isinstance(holder, list):
        holder.append(holder[key])
    elif kind == 2:
        other = chance.choice(_members(holder))
        holder[key], holder[other] = holder[other], holder[key]
    elif kind == 3 and isinstance(holder[key], str) and holder[key]:
        place = chance.randrange(len(holder[key]))
        holder[key] = (
            holder[key][:place] + chance.choice("0123456789abcdefxg") + holder[key][place + chance.randrange(2) :]
        )
    else:
        holder[key] = chance.choice(STRANGE)
