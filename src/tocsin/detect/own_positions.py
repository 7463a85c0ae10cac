"""
What of a transaction's gain had been its actors' own before: what came out of positions that they closed.

* Lending markets: what was withdrawn, less what was supplied, repaid and borrowed in the same transaction.
* Pools: what was collected from a range of theirs, less what was put into it in the same transaction; of a pair, what
  was paid out for shares that they had before.

A position is the actors' where one of them owns it, or where its owner is a manager of positions that the actors, and
nobody else, told to decrease it. What they were given in the same transaction they have not had before. Nothing is
believed beyond what the actors received and the pool lost.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from tocsin.chain.signatures import selector
from tocsin.tables.columns import NATIVE, ZERO

LENDING_READ = ("kind", "account_address", "token_address", "value_binary")
LIQUIDITY_READ = (
    "protocol", "kind", "pool_address", "pool_id", "owner_address",
    "token0_address", "amount0_binary", "token1_address", "amount1_binary",
)  # fmt: skip

MANAGED = frozenset(
    selector(signature)
    for signature in (
        "decreaseLiquidity((uint256,uint128,uint256,uint256,uint256))",
        "modifyLiquidities(bytes,uint256)",
        "modifyLiquiditiesWithoutUnlock(bytes,bytes[])",
    )
)
"""How managers of positions are told to take liquidity out (interfaces of Uniswap V3 and V4)."""
_PAIRS = "uniswap_v2"
_BOTH = ("burn", "mint")

OWN_POSITION = "own-position"
"""The label of a profit that is below its mark without what had been the actors' own."""


class Lent(NamedTuple):
    """A row of `lending`."""

    kind: str
    account: bytes
    token: bytes
    value: int


class _Range(NamedTuple):
    """A row of `liquidity`, and one of its two tokens."""

    protocol: str
    kind: str
    pool: bytes
    pool_id: bytes
    owner: bytes
    token: bytes
    amount: int


@dataclass(frozen=True, slots=True)
class Seen:
    """What a transaction shows beside its positions."""

    accounts: frozenset[bytes]
    """The actors."""
    frames: Sequence[tuple[bytes, bytes | None, bytes | None]]
    """Caller, callee, selector."""
    given: frozenset[bytes]
    """Contracts an item of which the actors got from somebody."""
    net: Mapping[tuple[bytes, bytes], int]
    """By account and token."""
    received: Mapping[bytes, int]
    sent: Mapping[bytes, int]
    wrappers: frozenset[bytes]

    def own_net(self, token: bytes) -> int:
        """What the actors gained of a token."""
        return sum(self.net.get((account, token), 0) for account in self.accounts)

    def at_most(self, token: bytes) -> int:
        """How much of a token, native coin and its wrapped form being one, the actors received."""
        same = {token, NATIVE} if token in self.wrappers else {token}
        return sum(self.received.get(each, 0) for each in same)


def released(lending: Iterable[Sequence[Any]], liquidity: Iterable[Sequence[Any]], seen: Seen) -> dict[bytes, int]:
    """By token, from rows of `LENDING_READ` and `LIQUIDITY_READ`."""
    lent = [
        Lent._make((*row[:3], _number(row[3]))) for row in lending if row[1] in seen.accounts and row[2] is not None
    ]
    total = Counter(_of_lending(lent, seen)) if lent else Counter[bytes]()
    total.update(_of_pools(list(_ranges(liquidity)), seen))
    return dict(total)


def _number(raw: bytes) -> int:
    return int.from_bytes(raw, "big")


def _totals(amounts: Iterable[tuple[bytes, int]]) -> Counter[bytes]:
    totals: Counter[bytes] = Counter()
    for token, amount in amounts:
        totals[token] += amount
    return totals


def _of_lending(lent: Collection[Lent], seen: Seen) -> dict[bytes, int]:
    """
    Only what closes a position counts: a loan that is taken and left open is money received.

    Amounts are what was asked for, or claimed: never more than what really moved is believed.
    """
    withdrawn, supplied, repaid, borrowed = (
        _totals((row.token, row.value) for row in lent if row.kind == kind)
        for kind in ("withdraw", "supply", "repay", "borrow")
    )
    return {
        token: max(0, min(withdrawn[token], seen.received.get(token, 0)) - supplied[token])
        - max(0, min(repaid[token], seen.sent.get(token, 0)) - borrowed[token])
        for token in {row.token for row in lent}
    }


def _ranges(rows: Iterable[Sequence[Any]]) -> Iterator[_Range]:
    for protocol, kind, pool, pool_id, owner, *halves in rows:
        for token, amount in (halves[:2], halves[2:]):
            if token is not None and amount is not None:
                yield _Range(protocol, kind, pool, pool_id, owner, token, _number(amount))


def _of_pools(rows: Sequence[_Range], seen: Seen) -> dict[bytes, int]:
    positions: dict[tuple[bytes, bytes, bytes], list[_Range]] = {}
    for row in rows:
        owner = b"" if row.protocol == _PAIRS else row.owner
        positions.setdefault((row.pool, row.pool_id, owner), []).append(row)
    owners = _owners(rows, seen)
    out: dict[tuple[bytes, bytes], int] = Counter()
    for (pool, _, owner), own in positions.items():
        if own[0].protocol == _PAIRS or (owner, pool) in owners:
            for token, amount in _taken_out(own, seen):
                out[pool, token] += amount
    by_token = _totals(
        (token, min(amount, max(0, -seen.net.get((pool, token), 0)))) for (pool, token), amount in out.items()
    )
    return {token: min(amount, seen.at_most(token)) for token, amount in by_token.items() if amount > 0}


def _owners(rows: Iterable[_Range], seen: Seen) -> frozenset[tuple[bytes, bytes]]:
    """Whose positions are the actors': by owner and pool."""
    asked = {(row.owner, row.pool) for row in rows if row.owner not in seen.given}
    managers = {owner for owner, _ in asked} - seen.accounts
    entered: dict[bytes, set[bytes]] = {}
    told = set[bytes]()
    for caller, callee, data in seen.frames if managers else ():
        if callee in managers and data is not None:
            entered.setdefault(callee, set()).add(caller)
            if data in MANAGED:
                told.add(callee)
    return frozenset(
        (owner, pool)
        for owner, pool in asked
        if owner in seen.accounts or (owner in told and entered.get(owner, set()) <= seen.accounts | {owner, pool})
    )


def _taken_out(rows: Sequence[_Range], seen: Seen) -> Iterator[tuple[bytes, int]]:
    if rows[0].protocol == _PAIRS:
        yield from _for_shares(rows, seen)
        return
    burned, collected, minted = (
        _totals((row.token, row.amount) for row in rows if row.kind == kind) for kind in ("burn", "collect", "mint")
    )
    for token, amount in collected.items():
        fees_count = not minted
        yield token, amount if fees_count else max(0, min(amount, burned[token]) - minted[token])


def _for_shares(rows: Sequence[_Range], seen: Seen) -> Iterator[tuple[bytes, int]]:
    """
    A pair pays out for shares: as many as the actors have less of than before were theirs.

    Without logs the shares of a mint are not seen to come in: what was paid for them is subtracted.
    """
    shares = rows[0].pool
    had = max(0, -seen.own_net(shares))
    burned = max(seen.net.get((ZERO, shares), 0), seen.net.get((shares, shares), 0), had)
    paid_out, put_in = (_totals((row.token, row.amount) for row in rows if row.kind == kind) for kind in _BOTH)
    for token, amount in paid_out.items():
        if had and amount > put_in[token]:
            yield token, min(amount * had // burned, amount - put_in[token])
