"""What is booked by rule: losses that an alert's findings state, and what of the estate could still be taken."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from tocsin.app.known import of_settings
from tocsin.app.settings import Settings
from tocsin.chain.tokens import TOKENS
from tocsin.detect.worth import Prices
from tocsin.edge.store import triage as rows
from tocsin.edge.store.estate import held_by
from tocsin.edge.store.findings import Stored
from tocsin.edge.store.triage import Connection
from tocsin.respond.estate.value import Holding
from tocsin.respond.incident import booking, ledger
from tocsin.respond.incident.booking import Coin, Stake
from tocsin.respond.incident.events import FundsMoved
from tocsin.respond.incident.parts import Posting
from tocsin.respond.triage.alert import TriagedAlert
from tocsin.respond.triage.losses import Stated, stated, taking
from tocsin.tables.columns import NATIVE

MOST_READ = 50
"""Findings of an alert that are asked what they state, the weightiest first."""
IsPriced = Callable[[int, str], bool]
"""Whether a token, by chain id and address, has a price."""


@dataclass(slots=True, kw_only=True)
class Priced:
    """Which tokens have a price, by the settings; read when it is first asked."""

    settings: Settings
    prices: Prices | None = field(default=None)

    def __call__(self, chain_id: int, token: str) -> bool:
        """Raises what `of_settings` raises."""
        if self.prices is None:
            self.prices = Prices.of(of_settings(self.settings))
        return self.prices.dollars(chain_id, _bytes(token), 1) is not None


def losses(
    connection: Connection,
    alert: TriagedAlert,
    gone: Iterable[Stored],
    booked: Sequence[Posting | FundsMoved],
    is_priced: IsPriced,
) -> list[FundsMoved]:
    """Postings that an incident's ledger lacks of what an alert's findings state; `gone` was just taken back."""
    read = rows.findings_of(connection, alert.id, limit=MOST_READ)
    takers = taking(finding for finding, at in read if at is None)
    standing = [one for finding, at in read if at is None for one in stated(finding, takers)]
    # Who attacks may have become known after something was booked: what is taken back is asked without it.
    back = [one for finding in gone for one in stated(finding)]
    told = [one for one in standing if not one.is_gain or is_priced(one.chain_id, one.token)]
    return booking.bookings(told, back, booked, _coins(connection, [*told, *back]))


def at_stake(connection: Connection, assets: Iterable[str], booked: Sequence[Posting | FundsMoved]) -> list[FundsMoved]:
    """What these assets held when they were last read, where it is not booked yet."""
    held = held_by(connection, tuple(assets))
    return booking.stakes(map(_stake, held), booked, {(one.chain_id, one.token): _coin(one) for one in held})


def _stake(one: Holding) -> Stake:
    return Stake(
        asset=one.asset, chain_id=one.chain_id, token=one.token, units=one.amount, block_number=one.block_number
    )


def _coin(one: Holding) -> Coin:
    if one.decimals is None:
        return Coin(symbol=f"base units of {one.symbol or one.token}", decimals=0)
    return Coin(symbol=one.symbol or one.token, decimals=one.decimals)


def _coins(connection: Connection, some: Sequence[Stated]) -> dict[tuple[int, str], Coin]:
    """How amounts are read: of well-known tokens, and of those that assets of the estate hold."""
    wanted = {(one.chain_id, one.token) for one in some}
    well_known = {each: TOKENS[each[0], _bytes(each[1])] for each in wanted if (each[0], _bytes(each[1])) in TOKENS}
    found = {each: Coin(symbol=token.symbol, decimals=token.decimals) for each, token in well_known.items()}
    left = wanted - set(found)
    held = held_by(connection, tokens=tuple(token for _, token in left)) if left else ()
    return {**{(one.chain_id, one.token): _coin(one) for one in held}, **found}


def _bytes(token: str) -> bytes:
    return NATIVE if token == ledger.NATIVE else bytes.fromhex(token[2:])
