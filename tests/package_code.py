"""Recognising compiled code of the published packages in recordings, which are to hold none of it."""

import gzip
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from tocsin.app.exercise.arena import Arena
from tocsin.app.exercise.library import CONTRACTS
from tocsin.app.exercise.recorder import CODE, CODE_DIGITS_KEPT
from tocsin.chain.recording import Recording
from tocsin.edge.local_chain import LocalChain

WINDOW = 64
"""Bytes of code in a row that are no coincidence."""
ENOUGH = 4
"""So many windows make it code: fewer may be data that a proxy carries behind its code, such as validators."""
STRIDE = 32
DISTINCT = 20
"""Different bytes in them, at the least: rows of zeros are nobody's."""
_RUN = re.compile(rb"[0-9a-fA-F]{%d,}" % (2 * WINDOW))


@dataclass(frozen=True, slots=True)
class PackageCode:
    """Windows of the code on an arena that is not tocsin's own."""

    windows: frozenset[bytes]

    def found_in(self, recordings: Iterable[Recording]) -> list[str]:
        """Where such code is, as recording and answer; the beginnings kept of code that was asked for are not it."""
        return [
            f"{recording.name}: {what}"
            for recording in recordings
            for what, content in _contents(recording).items()
            if any(self._holds(run) for run in _RUN.findall(content))
        ]

    def _holds(self, digits: bytes) -> bool:
        """At every digit, since what stands before the code may have any length."""
        halves = (bytes.fromhex(digits[at : len(digits) - (len(digits) - at) % 2].decode()) for at in (0, 1))
        return any(self._windows_in(half) >= ENOUGH for half in halves)

    def _windows_in(self, content: bytes) -> int:
        return sum(content[at : at + WINDOW] in self.windows for at in range(len(content) - WINDOW + 1))


def package_code_of(arena: Arena) -> PackageCode:
    """Of every contract there is on the arena but tocsin's own."""
    own = b"".join(_own_code())
    codes = {code for chain in arena.chains for code in _codes(chain)}
    return PackageCode(frozenset(window for code in codes for window in _foreign(code, own)))


def _foreign(code: bytes, own: bytes) -> set[bytes]:
    """Nothing where most of it is tocsin's own: then only what was filled in at its creation is new."""
    windows = {code[at : at + WINDOW] for at in range(0, len(code) - WINDOW + 1, STRIDE)}
    windows = {window for window in windows if len(set(window)) >= DISTINCT}
    foreign = {window for window in windows if window not in own}
    return foreign if 2 * len(foreign) > len(windows) else set()


def _own_code() -> list[bytes]:
    artefacts = (artefact for path in CONTRACTS.glob("*.json") for artefact in _artefacts(path))
    return [bytes.fromhex(str(artefact["bytecode"]).removeprefix("0x")) for artefact in artefacts]


def _artefacts(path: Path) -> list[dict[str, Any]]:
    return list(msgspec.json.decode(path.read_bytes(), type=dict[str, dict[str, Any]]).values())


def _codes(chain: LocalChain) -> list[bytes]:
    dumped = bytes.fromhex(str(chain.node.request("anvil_dumpState")).removeprefix("0x"))
    accounts = msgspec.json.decode(gzip.decompress(dumped))["accounts"]
    return [bytes.fromhex(account["code"].removeprefix("0x")) for account in accounts.values() if account.get("code")]


def _contents(recording: Recording) -> dict[str, bytes]:
    answered = {
        f"{lookup.method} {lookup.parameters}": answer[CODE_DIGITS_KEPT:] if lookup.method == CODE else answer
        for lookup, answer in recording.lookups.items()
    }
    return {**recording.answers, **{what: answer.encode() for what, answer in answered.items()}}
