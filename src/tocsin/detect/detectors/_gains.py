"""What actor clusters gained: read off the tables for the few transactions where somebody gained enough."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import polars as pl

from tocsin.chain.tokens import TOKENS
from tocsin.detect import actors
from tocsin.detect.actors import Cluster, Transaction
from tocsin.detect.worth import REFERENCE, dollars
from tocsin.model.finding import Place, hexadecimal
from tocsin.tables.columns import ZERO
from tocsin.tables.dataset import Tables


@dataclass(frozen=True, slots=True)
class Gain:
    """What one cluster gained, and what there is to know about it from the tables."""

    place: Place
    dollars: float
    sender: str
    called: str | None
    created: tuple[str, ...]
    tokens: tuple[tuple[str, int], ...]
    """What was gained of each token with a known price."""
    gave: bool
    """Something without a known price was given for it."""
    frames: int
    victim: str | None

    @property
    def acts(self) -> bool:
        """Whether a contract works for the sender: otherwise the sender was merely paid."""
        return self.called is not None or bool(self.created)


class _Flow(NamedTuple):
    """A row of `profits`."""

    account: bytes
    token: bytes
    received: bytes
    sent: bytes

    @property
    def net(self) -> int:
        """Exact base units."""
        return int.from_bytes(self.received, "big") - int.from_bytes(self.sent, "big")


class _Move(NamedTuple):
    """A row of `transfers`."""

    standard: str
    giver: bytes
    taker: bytes
    token: bytes
    item: bytes


_READ = ("calls", "transactions", "profits", "transfers")
_FRAME = ("from_address", "to_address", "selector")
_MOVE = ("standard", "from_address", "to_address", "token_address", "token_id")
_ITEMS = ("erc721", "erc1155")
_FLOW = ("account_address", "token_address", "received_binary", "sent_binary")


def found(tables: Tables, least_dollars: float) -> Iterator[Gain]:
    """
    The clusters that gained at least so much.

    Reads calls or else transactions, profits and transfers; logs only for being there.
    """
    enough = _enough(tables["profits"], least_dollars)
    if enough.is_empty():
        return
    part = {name: actors.of_transactions(tables[name], enough) for name in _READ if name in tables}
    rows = _Rows.of(part, with_logs="logs" in tables)
    for key, cluster in actors.find(part).items():
        gain = rows.gain(key, cluster)
        if gain.dollars >= least_dollars:
            yield gain


def _enough(profits: pl.DataFrame, least_dollars: float) -> pl.DataFrame:
    """The transactions in which some account gained about enough: a cluster's gain may be spread over two."""
    gained = profits.filter(pl.col("net_f64") > 0).join(REFERENCE, on=["chain_id", "token_address"])
    worth = gained.with_columns(dollars=pl.col("net_f64") * pl.col("dollars_per_unit"))
    return worth.filter((pl.col("dollars") >= least_dollars / 2) & (pl.col("account_address") != ZERO))


@dataclass(frozen=True, slots=True)
class _Rows:
    """The rows of all chosen transactions."""

    frames: dict[Transaction, list[tuple[bytes, bytes | None, bytes | None]]]
    moves: dict[Transaction, list[_Move]]
    flows: dict[Transaction, list[_Flow]]
    with_logs: bool

    @classmethod
    def of(cls, part: Tables, *, with_logs: bool) -> "_Rows":
        """Read them from the tables."""
        frames = actors.by_transaction(part["calls"], _FRAME) if "calls" in part else {}
        moves = actors.by_transaction(part["transfers"], _MOVE)
        flows = actors.by_transaction(part["profits"], _FLOW)
        return cls(
            frames=frames,
            moves={key: list(map(_Move._make, rows)) for key, rows in moves.items()},
            flows={key: list(map(_Flow._make, rows)) for key, rows in flows.items()},
            with_logs=with_logs,
        )

    def gain(self, key: Transaction, cluster: Cluster) -> Gain:
        """What this cluster gained; with the silent accounts it pays, where a contract works for the sender."""
        frames, flows = self.frames.get(key, []), self.flows.get(key, [])
        own, moves = cluster.members, self.moves.get(key, [])
        if cluster.contracts and frames:
            payments = ((move.giver, move.taker) for move in moves if move.standard not in _ITEMS)
            own |= actors.paid_silently(own, frames, payments)
        net = _net(flow for flow in flows if flow.account in own)
        worth = {token: _worth(cluster, token, amount) for token, amount in net.items()}
        return Gain(
            place=Place.of(cluster.place),
            dollars=sum(value for value in worth.values() if value is not None),
            sender=hexadecimal(cluster.sender) or "",
            called=hexadecimal(cluster.called),
            created=tuple(hexadecimal(address) or "" for address in cluster.created),
            tokens=tuple((hexadecimal(token) or "", net[token]) for token in sorted(net) if (worth[token] or 0) > 0),
            gave=self._gave(cluster, flows, net) or self._gave_items(cluster, moves, own),
            frames=len(frames),
            victim=_victim(cluster, [flow for flow in flows if flow.account not in own]),
        )

    def _gave(self, cluster: Cluster, flows: list[_Flow], net: dict[bytes, int]) -> bool:
        """
        Whether the cluster gave something without a known price.

        Call data does not show what is minted to a contract, only what it passes on: without logs the sender counts.
        """
        giving = net if self.with_logs else _net(flow for flow in flows if flow.account == cluster.sender)
        return any(amount < 0 and _worth(cluster, token, amount) is None for token, amount in giving.items())

    def _gave_items(self, cluster: Cluster, moves: list[_Move], own: frozenset[bytes]) -> bool:
        """Whether it gave items that it did not receive first; told like `_gave`."""
        givers = own if self.with_logs else frozenset((cluster.sender,))
        held: Counter[tuple[bytes, bytes]] = Counter()
        for move in moves:
            if move.standard in _ITEMS:
                held[move.token, move.item] += (move.taker in givers) - (move.giver in givers)
        return any(number < 0 for number in held.values())


def _net(flows: Iterator[_Flow]) -> dict[bytes, int]:
    """Exact sums by token."""
    net: dict[bytes, int] = {}
    for flow in flows:
        net[flow.token] = net.get(flow.token, 0) + flow.net
    return net


def _worth(cluster: Cluster, token: bytes, amount: int) -> float | None:
    return dollars(cluster.place["chain_id"], token, amount)


def _victim(cluster: Cluster, others: list[_Flow]) -> str | None:
    """Who lost most of the tokens with a known price; nobody loses by unwrapping a wrapped coin."""
    losses: dict[bytes, float] = {}
    for flow in others:
        if flow.account != ZERO and (cluster.place["chain_id"], flow.account) not in TOKENS:
            losses[flow.account] = losses.get(flow.account, 0.0) + (_worth(cluster, flow.token, flow.net) or 0.0)
    worst = min(losses, key=lambda account: (losses[account], account), default=None)
    return hexadecimal(worst) if worst is not None and losses[worst] < 0 else None
