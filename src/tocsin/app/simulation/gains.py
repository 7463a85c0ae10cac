"""What attempts on a contract would have taken, from whom: by the extraction that detectors use."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from tocsin.app.look import decode
from tocsin.chain.header import Header
from tocsin.chain.pending import Simulated, recording
from tocsin.detect import extraction, losses
from tocsin.detect.extraction import Extraction
from tocsin.detect.labels import Labels
from tocsin.detect.losses import Loss
from tocsin.detect.worth import Prices
from tocsin.intel.reference import Beside
from tocsin.tables.columns import ZERO
from tocsin.tables.dataset import Tables

_NO_CHANGES = b'{"pre":{},"post":{}}'
"""State changes are not asked for: the calls and logs say what moved."""


@dataclass(frozen=True, slots=True)
class WatchedLoss:
    """What a watched account would lose of a token."""

    account: bytes
    token: bytes
    lost: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Gain:
    """What one attempt would take."""

    dollars: float
    """About how much, of tokens with a known price, for the caller, the contract and whoever they pay."""
    assets: Mapping[bytes, int]
    """By token, exactly; negative where something was given."""
    items: int
    """Non-fungible tokens gained, less those given; what is minted is nobody's loss."""
    victims: Sequence[Loss]
    """Who lost most."""
    only_pools: bool
    """Whether all of them are pools that exchanges were made in."""
    watched: Sequence[WatchedLoss]

    def with_earlier(self, earlier: "Gain") -> "Gain":
        """This, with what a call before it gained or cost; who lost is whom this one takes from."""
        assets = Counter(self.assets)
        assets.update(earlier.assets)
        return replace(
            self,
            dollars=self.dollars + earlier.dollars,
            assets={token: net for token, net in assets.items() if net},
            items=self.items + earlier.items,
        )


def gains(simulated: Sequence[Simulated], contract: str, head: Header, chain_id: int, known: Tables) -> list[Gain]:
    """What each of these calls would take. Raises `InputError`."""
    name = f"calls of {contract} that never happened"
    made = [Simulated(each.transaction, each.frames, each.changes or _NO_CHANGES) for each in simulated]
    tables = Beside(decode([recording(made, head, chain_id, name)]), known)
    taken = extraction.extractions(tables, tables["transactions"])
    by_hash = {key[-1]: each for key, each in taken.items()}
    pools = _pools(tables)
    nothing = Gain(dollars=0.0, assets={}, items=0, victims=(), only_pools=False, watched=())
    found = []
    for each in made:
        hash_ = bytes.fromhex(each.transaction.hash[2:])
        one = by_hash.get(hash_)
        found.append(nothing if one is None else _gain(one, contract, pools.get(hash_, frozenset()), tables))
    return found


def _pools(tables: Tables) -> Mapping[bytes, frozenset[bytes]]:
    """By transaction: the pools that something was exchanged in."""
    found: dict[bytes, set[bytes]] = {}
    for hash_, pool in tables["swaps"].select("transaction_hash", "pool_address").iter_rows():
        found.setdefault(hash_, set()).add(pool)
    return {hash_: frozenset(some) for hash_, some in found.items()}


def _gain(taken: Extraction, contract: str, pools: frozenset[bytes], tables: Tables) -> Gain:
    """The contract counts as the caller's own, whatever it holds: it is new, and nobody else's."""
    accounts = taken.accounts | {bytes.fromhex(contract[2:])}
    prices, chain_id = Prices.of(tables), taken.chain_id
    assets: Counter[bytes] = Counter()
    for flow in taken.flows:
        if flow.account in accounts:
            assets[flow.token] += flow.net
    worths = (prices.dollars(chain_id, token, net) for token, net in assets.items())
    victims = losses.greatest(prices, chain_id, taken.flows, accounts)
    return Gain(
        dollars=sum(worth or 0.0 for worth in worths),
        assets={token: net for token, net in assets.items() if net},
        items=sum(
            (move.taker in accounts) - (move.giver in accounts)
            for move in taken.moves
            if move.standard == "erc721" and move.giver != ZERO
        ),
        victims=victims,
        only_pools=bool(victims) and all(loss.account in pools for loss in victims),
        watched=_watched(taken, accounts, tables),
    )


def _watched(taken: Extraction, accounts: frozenset[bytes], tables: Tables) -> list[WatchedLoss]:
    """What watched accounts lost without a trade."""
    watched = Labels.of(tables).of_kind("watched", taken.chain_id) - accounts
    if not watched:
        return []
    lost = losses.losses(Prices.of(tables), taken.chain_id, taken.flows, accounts)
    robbed = {loss.account for loss in lost if loss.dollars > 0 or loss.share > 0} & watched
    return [
        WatchedLoss(flow.account, flow.token, -flow.net)
        for flow in taken.flows
        if flow.account in robbed and flow.net < 0
    ]
