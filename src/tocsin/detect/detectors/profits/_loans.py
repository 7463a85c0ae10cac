"""What detectors say of the flash loans of one transaction."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import polars as pl

from tocsin.detect import actors
from tocsin.detect.actors import Transaction
from tocsin.detect.detector import Read
from tocsin.detect.worth import Prices
from tocsin.model.finding import Entity, Place, Value, hexadecimal
from tocsin.tables.columns import NATIVE

READ = Read(
    columns=(
        "protocol",
        "form",
        "lender_address",
        "borrower_address",
        "token_address",
        "value_binary",
        "fee_binary",
        "log_index",
        "call_index",
    )
)

Row: TypeAlias = Mapping[str, Any]

_ORDER = ("transaction_index", "transaction_hash", "call_index", "log_index", "lender_address", "token_address")
NAMED = 3
"""How many loans a summary names."""
LISTED = 50
"""How many loans the values and the entities list; the counts are of all of them."""
UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Loan:
    """One asset of one loan."""

    row: Row
    prices: Prices

    @property
    def principal(self) -> int | None:
        """In base units, where known."""
        return _number(self.row["value_binary"])

    @property
    def fee(self) -> int | None:
        """In base units, where known."""
        return _number(self.row["fee_binary"])

    def dollars(self, wrappers: Collection[bytes]) -> float | None:
        """About how much the principal is worth, where that is known; wrappers stand for native coin."""
        token, principal = self.row["token_address"], self.principal
        if token is None or principal is None:
            return None
        return self.prices.dollars(self.row["chain_id"], NATIVE if token in wrappers else token, principal)

    @property
    def is_strong(self) -> bool:
        """Recognised by an event or a callback, not by a token that left and came back alone."""
        return bool(self.row["form"] != "balance")

    @property
    def words(self) -> str:
        """The loan, for a summary."""
        of = f"{_text(self.principal)} base units of {shown(self.row['token_address'])}"
        return f"{of} from {shown(self.row['lender_address'])} ({self.row['protocol']})"


@dataclass(frozen=True, slots=True)
class Loans:
    """The loans of one transaction, in the order in which they were taken where that is known."""

    place: Place
    loans: Sequence[Loan]

    @property
    def words(self) -> str:
        """The loans, for a summary."""
        named = "; ".join(loan.words for loan in self.loans[:NAMED])
        left = len(self.loans) - NAMED
        return f"{named}; and {left} more" if left > 0 else named

    @property
    def entities(self) -> tuple[Entity, ...]:
        """Lenders, borrowers and tokens, each once."""
        roles = {"lender": "lender_address", "borrower": "borrower_address", "token": "token_address"}
        found = {(role, loan.row[name]): None for role, name in roles.items() for loan in self._listed}
        return tuple(Entity(role, shown(address)) for role, address in found if address is not None)

    @property
    def _listed(self) -> Sequence[Loan]:
        return self.loans[:LISTED]

    @property
    def lenders(self) -> frozenset[bytes]:
        """Who lends."""
        return frozenset(loan.row["lender_address"] for loan in self.loans)

    @property
    def transaction(self) -> Transaction:
        """What tells its transaction apart."""
        return tuple(self.loans[0].row[name] for name in actors.SAME)

    def dollars(self, wrappers: Collection[bytes] = ()) -> float | None:
        """About how much was lent in all, where some of it has a known price."""
        worths = [worth for loan in self.loans if (worth := loan.dollars(wrappers)) is not None]
        return sum(worths) if worths else None

    def values(self, wrappers: Collection[bytes] = ()) -> dict[str, Value]:
        """What was lent, loan by loan, and in all."""
        worth = self.dollars(wrappers)
        return {
            "loan_count": len(self.loans),
            "lender_count": len(self.lenders),
            "protocols": [loan.row["protocol"] for loan in self._listed],
            "forms": [loan.row["form"] for loan in self._listed],
            "tokens": [shown(loan.row["token_address"]) for loan in self._listed],
            "principals": [_text(loan.principal) for loan in self._listed],
            "fees": [_text(loan.fee) for loan in self._listed],
            **({} if worth is None else {"about_dollars": int(worth)}),
        }


def of_transactions(prices: Prices, flash_loans: pl.DataFrame) -> Iterator[Loans]:
    """The loans, transaction by transaction."""
    ordered = flash_loans.sort(_ORDER, nulls_last=True, maintain_order=True)
    for part in ordered.partition_by(actors.SAME, maintain_order=True):
        rows = part.to_dicts()
        yield Loans(Place.of(rows[0]), [Loan(row, prices) for row in rows])


def shown(address: bytes | None) -> str:
    """An address as findings show it, or a word for none."""
    return hexadecimal(address) or UNKNOWN


def _number(raw: bytes | None) -> int | None:
    return None if raw is None else int.from_bytes(raw, "big")


def _text(number: int | None) -> str:
    return UNKNOWN if number is None else str(number)
