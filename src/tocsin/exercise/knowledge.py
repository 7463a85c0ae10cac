"""
What the organisation of the scene knows and has told tocsin: prices, what it protects, what it is about to change.

Kept as the very files a user would load: what detection is given is read from them.
"""

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from tocsin.chain.contract import Account, Contract, address
from tocsin.exercise.stage import Stage
from tocsin.exercise.truth import ETHER_TOKEN

PRICES, LABELS, CHANGES = "prices.csv", "labels.csv", "changes.toml"
NOTICE_SECONDS = 7 * 86_400
"""How long an announced change may take."""
SOURCE = "the organisation"


@dataclass(slots=True)
class Knowledge:
    """A notebook that the scene begins and a play adds to."""

    prices: list[tuple[int, str, int, float]] = field(default_factory=list)
    """Chain, token, decimals, dollars."""
    labels: list[tuple[int, str, str, str]] = field(default_factory=list)
    """Chain, address, kind, name."""
    changes: list[str] = field(default_factory=list)
    """Announced changes, as they stand in the file."""

    def copy(self) -> "Knowledge":
        """Another notebook with the same in it."""
        return Knowledge(list(self.prices), list(self.labels), list(self.changes))

    def price(self, on: Stage, token: Contract | None, decimals: int, dollars: float) -> None:
        """What a whole token is worth; none for the native coin."""
        self.prices.append((on.chain_id, ETHER_TOKEN if token is None else address(token), decimals, dollars))

    def label(self, on: Stage, kind: str, *those: Account | Contract) -> None:
        """What these are."""
        names = on.names.as_mapping()
        self.labels.extend((on.chain_id, address(one), kind, names.get(address(one), "")) for one in those)

    def watch(self, on: Stage, *those: Account | Contract) -> None:
        """The organisation protects these."""
        self.label(on, "watched", *those)

    def announce(
        self, on: Stage, at: Account | Contract, reference: str, becomes: Account | Contract | str | None = None
    ) -> None:
        """From now on, and for a week, a change at this account is expected: to `becomes`, where it is known."""
        begin, end = (datetime.fromtimestamp(on.now() + after, UTC) for after in (0, NOTICE_SECONDS))
        lines = [
            "[[change]]",
            f"chain_id = {on.chain_id}",
            f'address = "{address(at)}"',
            *([] if becomes is None else [f'becomes = "{address(becomes)}"']),
            f"not_before = {begin:%Y-%m-%dT%H:%M:%SZ}",
            f"not_after = {end:%Y-%m-%dT%H:%M:%SZ}",
            f'reference = "{reference}"',
        ]
        self.changes.append("\n".join(lines) + "\n")

    def files(self) -> Mapping[str, bytes]:
        """By name: the files that say all this."""
        said = {
            PRICES: _csv(("chain_id", "token_address", "decimals", "dollars"), self.prices),
            LABELS: _csv(("chain_id", "address", "kind", "name", "source"), ((*row, SOURCE) for row in self.labels)),
        }
        return said | ({CHANGES: "\n".join(self.changes).encode()} if self.changes else {})


def _csv(header: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> bytes:
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return buffer.getvalue().encode()
