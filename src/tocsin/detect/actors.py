"""
Who acts in a transaction: its actor cluster, and what that cluster gained and lost.

The cluster is the sender; what the sender or a member creates inside the transaction, however deep; and the contract
the sender calls, where it acts for the sender. Passive accounts that members pay can be asked for beside them.

The called contract is the hard part. In most attacks it is the attacker's own, deployed before, and holds the profit.
In others the sender calls the attacked protocol itself, and what is called is the victim. It is taken for a member
unless one of these says otherwise:

* it makes no frame of its own: an account that is only paid, or a token that only books a transfer;
* it is a well-known token or a public router, or the sender calls it with a function of ERC-20, as a token;
* it pays: it lost more than half of what the sender and the created contracts gained in one token. Money that moves
  from a contract to its caller is that contract's loss, whoever owns it; an attacker's contract gains or passes on.

A receiver is an account that a member pays and that is otherwise silent: it calls nobody, and nobody calls it with
data. Profit is often sent on to one; so is every payment, which is why receivers are for naming and not for adding up
unless the caller knows better.

A detector first tells its candidates apart by columns, then takes their rows (`of_transactions`) and works on them as
values, transaction by transaction (`by_transaction`): they are few.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

import polars as pl

from tocsin.chain import abi
from tocsin.chain.abi import SELECTOR_BYTES
from tocsin.chain.routers import ROUTERS
from tocsin.chain.signatures import selector
from tocsin.chain.tokens import TOKENS
from tocsin.tables.choice import rows_where
from tocsin.tables.columns import PLACE, ZERO, schema
from tocsin.tables.columns import address as address_column
from tocsin.tables.dataset import Tables

CALLS_READ = ("call_index", "depth", "subtree_end", "call_type", "from_address", "to_address", "selector", "reverted")
"""The columns of `calls` that clusters are made from."""
PROFITS_READ = ("account_address", "token_address", "net_f64")
"""The columns of `profits` that clusters are made from."""
TRANSACTIONS_READ = ("from_address", "to_address", "contract_address", "input", "success")
"""The columns of `transactions` that clusters are made from where there are no calls."""

SAME = ("chain_id", "block_hash", "transaction_hash")
"""What tells transactions apart; the two hashes may be null."""

Transaction: TypeAlias = tuple[Any, ...]
"""The values of `SAME` of one transaction."""

PAYING_SHARE = 0.5
"""A called contract that lost more than this share of the caller's gain in a token is the party that paid."""

_TOKEN_FUNCTIONS = frozenset(
    selector(signature)
    for signature in ("transfer(address,uint256)", "transferFrom(address,address,uint256)", "approve(address,uint256)")
)
_KNOWN = TOKENS.keys() | ROUTERS
_CREATIONS = ("create", "create2")
_CREATING = abi.texts(_CREATIONS)


@dataclass(frozen=True, slots=True)
class Cluster:
    """The actors of one transaction."""

    place: Mapping[str, Any]
    """The place columns."""
    sender: bytes
    called: bytes | None
    """The contract the sender called, if it acts for the sender."""
    created: tuple[bytes, ...]

    @property
    def members(self) -> frozenset[bytes]:
        """All of them."""
        return frozenset((self.sender, *self.contracts))

    @property
    def contracts(self) -> tuple[bytes, ...]:
        """All but the sender: those that work for it."""
        return (*(() if self.called is None else (self.called,)), *self.created)


class _Head(NamedTuple):
    """A root or a creation."""

    call_index: int
    depth: int
    subtree_end: int
    call_type: str
    from_address: bytes
    to_address: bytes
    selector: bytes | None


class Flow(NamedTuple):
    """What an account gained of a token, or lost, in one transaction."""

    account: bytes
    token: bytes
    net: float


def of_transactions(rows: pl.DataFrame, chosen: pl.DataFrame) -> pl.DataFrame:
    """The rows whose transaction's hash is one of those in `chosen`; null is one of them."""
    if rows.is_empty():
        return rows
    hashes = chosen["transaction_hash"].to_arrow()
    return rows_where(rows, abi.among(rows["transaction_hash"], hashes))


def by_transaction(rows: pl.DataFrame, columns: Sequence[str]) -> dict[Transaction, list[tuple[Any, ...]]]:
    """The values of these columns, row by row, for each transaction."""
    if rows.is_empty():
        return {}
    grouped: dict[Transaction, list[tuple[Any, ...]]] = {}
    keys, values = (zip(*(rows[name].to_list() for name in names), strict=True) for names in (SAME, columns))
    for key, value in zip(keys, values, strict=True):
        grouped.setdefault(key, []).append(value)
    return grouped


def find(tables: Tables) -> dict[Transaction, Cluster]:
    """
    The cluster of each transaction that took effect.

    Reads `calls`; where there are none, `transactions`, in which a called contract is only assumed to act and what
    contracts create is not seen. With `profits` too, called contracts that paid are left out.
    """
    calls = tables.get("calls")
    heads = _heads_of_transactions(tables) if calls is None or calls.is_empty() else _heads_of_calls(calls)
    trees = by_transaction(heads, (*PLACE, *_Head._fields))
    flows = by_transaction(tables["profits"], PROFITS_READ) if "profits" in tables else {}
    found = {key: _cluster(rows, flows.get(key, [])) for key, rows in trees.items()}
    return {key: cluster for key, cluster in found.items() if cluster is not None}


def _heads_of_calls(calls: pl.DataFrame) -> pl.DataFrame:
    named = calls[[*PLACE, *CALLS_READ]]
    is_head = (named["depth"].to_numpy() == 0) | abi.among(named["call_type"], _CREATING)
    return rows_where(named, is_head & ~named["reverted"].to_numpy() & abi.present(named["to_address"]))


def _heads_of_transactions(tables: Tables) -> pl.DataFrame:
    """Roots as the transactions tell of them: one with call data is assumed to call on."""
    if "transactions" not in tables:
        return pl.DataFrame(schema=[*PLACE, *_Head._fields])
    made = pl.col("to_address").is_null()
    selector_of = pl.col("input").bin.slice(0, SELECTOR_BYTES)
    has_one = selector_of.bin.size() == SELECTOR_BYTES
    roots = tables["transactions"].filter(pl.col("success").fill_null(value=True))
    return roots.select(
        *PLACE,
        pl.col("from_address"),
        call_index=pl.lit(0),
        depth=pl.lit(0),
        subtree_end=pl.when(has_one).then(2).otherwise(1),
        call_type=pl.when(made).then(pl.lit("create")).otherwise(pl.lit("call")),
        to_address=pl.coalesce("to_address", "contract_address"),
        selector=pl.when(has_one).then(selector_of),
    ).filter(pl.col("to_address").is_not_null())


def _cluster(rows: list[tuple[Any, ...]], flows: Iterable[tuple[Any, ...]]) -> Cluster | None:
    rows.sort(key=lambda row: row[len(PLACE)])
    heads = [_Head._make(row[len(PLACE) :]) for row in rows]
    root = heads[0]
    if root.depth:
        return None
    place = dict(zip(PLACE, rows[0], strict=False))
    called = root.to_address if _acts(root, place["chain_id"]) else None
    cluster = Cluster(place, root.from_address, called, _created(heads, root.from_address, called))
    if called is None or not _paid(called, cluster.members, map(Flow._make, flows)):
        return cluster
    return Cluster(place, root.from_address, None, _created(heads, root.from_address, None))


def _acts(root: _Head, chain_id: int) -> bool:
    """Whether the called contract makes frames of its own and is no token and no router."""
    return (
        root.call_type == "call"
        and root.subtree_end > root.call_index + 1
        and root.selector not in _TOKEN_FUNCTIONS
        and root.from_address != root.to_address
        and (chain_id, root.to_address) not in _KNOWN
    )


def _created(heads: Iterable[_Head], sender: bytes, called: bytes | None) -> tuple[bytes, ...]:
    """What members create, in the order of execution: a creator stands before what it creates."""
    members, created = {sender, called}, []
    for head in heads:
        if head.call_type in _CREATIONS and head.from_address in members:
            members.add(head.to_address)
            created.append(head.to_address)
    return tuple(created)


def _paid(called: bytes, members: frozenset[bytes], flows: Iterable[Flow]) -> bool:
    """Whether the called contract lost more than its share of what the other members gained, in some token."""
    own: dict[bytes, float] = {}
    others: dict[bytes, float] = {}
    for flow in flows:
        if flow.account in members:
            side = own if flow.account == called else others
            side[flow.token] = side.get(flow.token, 0.0) + flow.net
    return any(gain > 0 and -own.get(token, 0.0) > PAYING_SHARE * gain for token, gain in others.items())


_COLUMNS = {
    **PLACE,
    "sender_address": address_column("Who sent the transaction."),
    "account_address": address_column("The member."),
}
_SCHEMA = pl.Schema({**schema(_COLUMNS), "role": pl.String()})


def clusters(tables: Tables) -> pl.DataFrame:
    """The members of `find` as a frame: place columns, `sender_address`, `account_address`, `role`."""
    rows = [
        (*cluster.place.values(), cluster.sender, account, role)
        for cluster in find(tables).values()
        for account, role in _roles(cluster)
    ]
    return pl.DataFrame(rows, schema=_SCHEMA, orient="row")


def _roles(cluster: Cluster) -> Iterable[tuple[bytes, str]]:
    yield cluster.sender, "sender"
    yield from ((account, "created") for account in cluster.created)
    if cluster.called is not None:
        yield cluster.called, "called"


def paid_silently(
    members: frozenset[bytes],
    calls: Iterable[tuple[bytes, bytes | None, bytes | None]],
    transfers: Iterable[tuple[bytes, bytes]],
) -> frozenset[bytes]:
    """
    The receivers: those members pay who make no call and are called, if at all, without data.

    `calls` are caller, callee and selector; `transfers` are giver and taker.
    """
    paid = {taker for giver, taker in transfers if giver in members} - members - {ZERO}
    if not paid:
        return frozenset()
    active = {party for caller, callee, data in calls for party in (caller, callee if data is not None else None)}
    return frozenset(paid - active)


def receivers(members: pl.DataFrame, calls: pl.DataFrame, transfers: pl.DataFrame) -> pl.DataFrame:
    """The accounts of `paid_silently` as rows like those of `clusters`, with the role `receiver`."""
    frames = by_transaction(calls, ("from_address", "to_address", "selector"))
    moves = by_transaction(transfers, ("from_address", "to_address"))
    rows: list[tuple[Any, ...]] = []
    for key, group in by_transaction(members, (*PLACE, "sender_address", "account_address")).items():
        accounts = frozenset(row[-1] for row in group)
        silent = paid_silently(accounts, frames.get(key, ()), moves.get(key, ()))
        rows.extend((*group[0][:-1], account, "receiver") for account in sorted(silent))
    return pl.DataFrame(rows, schema=_SCHEMA, orient="row")
