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

Everything here is a few joins over the rows it is given: hand over the rows of candidates, not of whole blocks, where
a detector can tell them apart first (`of_transactions`).
"""

from collections.abc import Mapping

import polars as pl

from tocsin.chain.routers import ROUTERS
from tocsin.chain.signatures import selector
from tocsin.chain.tokens import TOKENS
from tocsin.detect.worth import REFERENCE, Prices, with_dollars
from tocsin.tables.columns import PLACE, ZERO
from tocsin.tables.dataset import Tables

CALLS_READ = ("call_index", "depth", "subtree_end", "call_type", "from_address", "to_address", "selector", "reverted")
"""The columns of `calls` that clusters are made from."""
PROFITS_READ = ("account_address", "token_address", "net_f64")
"""The columns of `profits` that clusters and their gains are made from."""

SAME = ("chain_id", "block_hash", "transaction_hash")
"""What groups rows of one transaction; the two hashes may be null, so joins on them match nulls."""

PAYING_SHARE = 0.5
"""A called contract that lost more than this share of the caller's gain in a token is the party that paid."""

_TOKEN_FUNCTIONS = tuple(
    selector(signature)
    for signature in ("transfer(address,uint256)", "transferFrom(address,address,uint256)", "approve(address,uint256)")
)
_KNOWN = pl.DataFrame(
    [*TOKENS, *ROUTERS], schema={"chain_id": pl.UInt64(), "account_address": pl.Binary()}, orient="row"
).unique()
_CREATIONS = ("create", "create2")


def of_transactions(rows: pl.DataFrame, chosen: pl.DataFrame) -> pl.DataFrame:
    """The rows that belong to one of the transactions in `chosen`."""
    return rows.join(chosen.select(SAME), on=SAME, how="semi", nulls_equal=True)


def clusters(tables: Tables) -> pl.DataFrame:
    """
    The actors of each transaction: place columns, `sender_address`, `account_address`, `role`.

    Roles are sender, created, called. Reads `calls`; with `profits` too, called contracts that paid are left out.
    """
    calls = tables["calls"]
    roots = calls.filter((pl.col("depth") == 0) & ~pl.col("reverted"))
    senders = roots.select(*PLACE, **_member("from_address", "sender"))
    called = _called(roots)
    made = _made(calls, roots)
    born = _created(made, senders, called)
    if "profits" in tables and not called.is_empty():
        called = _without_payers(pl.concat([senders, born, called]), called, tables["profits"])
        born = _created(made, senders, called)
    return pl.concat([senders, born, called])


def _member(account: str, role: str, sender: str = "from_address") -> dict[str, pl.Expr]:
    return {"sender_address": pl.col(sender), "account_address": pl.col(account), "role": pl.lit(role)}


def _called(roots: pl.DataFrame) -> pl.DataFrame:
    """Called contracts that make frames of their own and are no token and no router."""
    as_token = pl.col("selector").is_in(_TOKEN_FUNCTIONS).fill_null(value=False)
    makes_frames = pl.col("subtree_end") > pl.col("call_index") + 1
    itself = pl.col("from_address") == pl.col("to_address")
    acting = roots.filter((pl.col("call_type") == "call") & makes_frames & ~as_token & ~itself)
    called = acting.select(*PLACE, **_member("to_address", "called"))
    return called.join(_KNOWN, on=["chain_id", "account_address"], how="anti")


def _made(calls: pl.DataFrame, roots: pl.DataFrame) -> pl.DataFrame:
    """Creations that took effect, in the order of execution, with their transaction's sender."""
    made = calls.filter(
        pl.col("call_type").is_in(_CREATIONS) & ~pl.col("reverted") & pl.col("to_address").is_not_null()
    )
    if made.is_empty():
        return made.with_columns(sender_address="from_address")
    senders = roots.select(*SAME, sender_address="from_address")
    return made.join(senders, on=SAME, nulls_equal=True).sort("call_index", maintain_order=True)


def _created(made: pl.DataFrame, senders: pl.DataFrame, called: pl.DataFrame) -> pl.DataFrame:
    """Contracts that members create. A creator stands before what it creates. Creations are few: a loop."""
    members: set[tuple[object, ...]] = set()
    if not made.is_empty():
        creating = of_transactions(pl.concat([senders, called]), made)
        members = set(creating.select(*SAME, "account_address").iter_rows())
    kept = [_joins(row, members) for row in made.iter_rows(named=True)]
    return made.filter(pl.Series(kept, dtype=pl.Boolean())).select(
        *PLACE, **_member("to_address", "created", "sender_address")
    )


def _joins(row: Mapping[str, object], members: set[tuple[object, ...]]) -> bool:
    """Whether a creation's creator is a member; if so, what it creates becomes one."""
    place = tuple(row[name] for name in SAME)
    if (*place, row["from_address"]) not in members:
        return False
    members.add((*place, row["to_address"]))
    return True


def _without_payers(members: pl.DataFrame, called: pl.DataFrame, profits: pl.DataFrame) -> pl.DataFrame:
    """The called contracts, without those that paid the rest of the cluster."""
    theirs = _owned(members, profits)
    others = pl.col("net_f64").filter(pl.col("role") != "called").sum()
    own = pl.col("net_f64").filter(pl.col("role") == "called").sum()
    sides = theirs.group_by(*SAME, "token_address").agg(others=others, own=own)
    paid = sides.filter((pl.col("others") > 0) & (-pl.col("own") > PAYING_SHARE * pl.col("others")))
    return called.join(paid, on=SAME, how="anti", nulls_equal=True) if len(paid) else called


def _owned(members: pl.DataFrame, profits: pl.DataFrame) -> pl.DataFrame:
    keys = (*SAME, "account_address")
    return profits.join(members.select(*keys, "sender_address", "role"), on=keys, nulls_equal=True)


def gains(members: pl.DataFrame, profits: pl.DataFrame, prices: Prices = REFERENCE) -> pl.DataFrame:
    """
    What each cluster gained per token: place columns, `sender_address`, `token_address`, `net_f64`, `dollars`.

    Movements between members cancel out. `dollars` is null where a token has no known price.
    """
    keys = (*PLACE, "sender_address", "token_address")
    net = _owned(members, profits).group_by(keys, maintain_order=True).agg(pl.col("net_f64").sum())
    return with_dollars(net, prices=prices)


def receivers(members: pl.DataFrame, calls: pl.DataFrame, transfers: pl.DataFrame) -> pl.DataFrame:
    """The silent accounts that members pay, as rows like those of `clusters` with the role `receiver`."""
    keys = (*SAME, "account_address")
    active = pl.concat(
        [
            members.select(keys),
            calls.select(*SAME, account_address="from_address"),
            calls.filter(pl.col("selector").is_not_null()).select(*SAME, account_address="to_address"),
        ]
    )
    payers = members.select(*SAME, "sender_address", from_address="account_address")
    paid = transfers.filter(pl.col("to_address") != ZERO).join(payers, on=[*SAME, "from_address"], nulls_equal=True)
    named = paid.select(*PLACE, **_member("to_address", "receiver", "sender_address"))
    return named.unique(keys, maintain_order=True).join(active, on=keys, how="anti", nulls_equal=True)
