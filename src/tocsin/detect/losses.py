"""
Who lost what in one transaction, apart from those who acted in it. Values in, values out.

* Native coin and its wrapped form are one asset, and a token contract's balance of its own token is worth nothing to
  it: who wraps, unwraps, mints shares or burns them has neither lost nor gained by that. A contract that was seen to
  pay out as much native coin as it burnt of its own token, or the other way round, is a wrapper too.
* Who lost one asset and got another worth about as much has traded. Prices are rough and old, so between assets that
  follow different things `ROUGHLY` is enough.
* Who paid for a token without a known price has traded as well, with whoever lost that token and got nothing for it:
  the loss is that one's, at the price that was paid, as far as it lost as much as was bought. What came from nowhere,
  or was paid for before, remains a loss of who paid last.
* Where nothing has a price, losses are compared by their share of what the actors gained of the same token.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple, TypeAlias

from tocsin.chain.tokens import TOKENS
from tocsin.detect.worth import Prices, about
from tocsin.model.finding import hexadecimal
from tocsin.tables.columns import NATIVE, ZERO

BURNT = bytes.fromhex("dead".rjust(40, "0"))
NOBODY = frozenset((ZERO, BURNT, *(address for _, address in TOKENS)))
"""Where tokens are burnt, and well-known tokens: what they hold is backing, and goes for what is burnt."""

ROUGHLY = 5
"""How many times more than it got an account may have given, at reference prices, and still have traded."""
LEAST_SHARE = 0.1
"""Who lost less than this share of the greatest loss, trades included, is not who it happened to."""

NOT_MUCH_LESS = 0.5
"""Who lost at least this share of what the worst hit lost is named beside it."""


class Flow(NamedTuple):
    """What one account gained of one token, or lost, in base units."""

    account: bytes
    token: bytes
    net: int


Assets: TypeAlias = Mapping[bytes, int]
"""What was gained by token, in base units; negative where it was lost."""


@dataclass(frozen=True, slots=True)
class Loss:
    """What one account lost, less what it got for it."""

    account: bytes
    dollars: float
    """About how much, of what has a price or was paid for in the same transaction."""
    share: float
    """The greatest part of what the actors gained of one token that it lost."""

    paid_in: bytes | None
    """The one token without a known price that it got."""

    @property
    def words(self) -> str:
        """A sentence for a summary."""
        much = f": {about(self.dollars)}" if self.dollars >= 1 else ""
        paid = f", paid in {hexadecimal(self.paid_in)}, which has no known price" if self.paid_in else ""
        return f"Most was lost by {hexadecimal(self.account)}{much}{paid}."


def losses(prices: Prices, chain_id: int, flows: Collection[Flow], actors: Collection[bytes]) -> list[Loss]:
    """The accounts that lost something to the actors or others, the worst first."""
    balances = _balances(chain_id, flows)
    gained = _together(balances[account] for account in actors if account in balances)
    others = {account: own for account, own in balances.items() if account not in actors and account not in NOBODY}
    worth = _Worth(prices, chain_id, others)
    found = [
        Loss(account, worth.loss(account), _share(own, gained), worth.paid_in(account))
        for account, own in others.items()
        if any(net < 0 for net in own.values())
    ]
    return sorted(_weighty(found, worth), key=lambda loss: (-loss.dollars, -loss.share, loss.account))


def greatest(prices: Prices, chain_id: int, flows: Collection[Flow], actors: Collection[bytes]) -> Sequence[Loss]:
    """The worst of them, and those that are not much less: nothing where nobody lost anything that matters."""
    found = losses(prices, chain_id, flows, actors)
    if not found:
        return ()
    worst = found[0]
    if worst.dollars > 0:
        return [loss for loss in found if loss.dollars >= NOT_MUCH_LESS * worst.dollars]
    return [loss for loss in found if loss.share > 0 and loss.share >= NOT_MUCH_LESS * worst.share]


def told(losses: Sequence[Loss]) -> str:
    """A sentence for a summary; empty where there are none."""
    if not losses:
        return ""
    others = f" About as much was lost by {len(losses) - 1} more." if len(losses) > 1 else ""
    return f" {losses[0].words}{others}"


def wrappers(chain_id: int, flows: Iterable[Flow]) -> frozenset[bytes]:
    """The tokens that stand for native coin: the well-known one, and those seen exchanged one for one."""
    paid, burnt = Counter[bytes](), Counter[bytes]()
    for flow in flows:
        if flow.token == NATIVE:
            paid[flow.account] -= flow.net
        elif flow.account == ZERO:
            burnt[flow.token] += flow.net
    seen = {token for token, amount in burnt.items() if amount and amount == paid[token]}
    return frozenset(seen) | _WRAPPED.get(chain_id, frozenset())


_WRAPPED: Mapping[int, frozenset[bytes]] = {
    token.chain_id: frozenset((token.address,)) for token in TOKENS.values() if token.wraps_native
}


def _balances(chain_id: int, flows: Collection[Flow]) -> dict[bytes, dict[bytes, int]]:
    """By account: its assets, without wrappers, contracts' own tokens and zeros."""
    same = wrappers(chain_id, flows)
    balances: dict[bytes, Counter[bytes]] = defaultdict(Counter)
    for account, token, net in flows:
        if account not in same and account != token:
            balances[account][NATIVE if token in same else token] += net
    return {account: {token: net for token, net in own.items() if net} for account, own in balances.items()}


def _together(balances: Iterable[Assets]) -> Assets:
    total = Counter[bytes]()
    for own in balances:
        total.update(own)
    return total


def _share(own: Assets, gained: Assets) -> float:
    return max((-net / gained[token] for token, net in own.items() if net < 0 < gained.get(token, 0)), default=0.0)


def _weighty(found: list[Loss], worth: "_Worth") -> Iterator[Loss]:
    """Those whose loss is more than next to nothing; where all of them are, every loss, trades included."""
    greatest = max((worth.at_prices(loss.account) for loss in found), default=0.0)
    if any(loss.dollars > LEAST_SHARE * greatest for loss in found):
        return iter(found)
    return (replace(loss, dollars=max(0.0, worth.at_prices(loss.account))) for loss in found)


class _Worth:
    """What losses are worth: at known prices, and at those that were paid in the transaction."""

    def __init__(self, prices: Prices, chain_id: int, others: Mapping[bytes, Assets]) -> None:
        self._prices = prices
        self._chain_id = chain_id
        self._others = others
        self._priced = {account: dict(self._with_price(own)) for account, own in others.items()}
        """By account and token: dollars, of tokens with a known price."""
        self._paid: dict[bytes, float] = defaultdict(float)
        """By account: dollars that were its loss and are another's now."""
        givers = self._givers()
        for token, buyers in self._bought().items():
            if token in givers:
                self._pass_on(token, buyers, *givers[token])

    def _with_price(self, own: Assets) -> Iterator[tuple[bytes, float]]:
        for token, net in own.items():
            if (worth := self._prices.dollars(self._chain_id, token, net)) is not None:
                yield token, worth

    def at_prices(self, account: bytes) -> float:
        """About how many dollars it lost, less what it got, of tokens with a known price."""
        return -sum(self._priced[account].values())

    def loss(self, account: bytes) -> float:
        """The same where it did not trade; less what was paid for what another lost, more what was paid for its own."""
        got = self._got(account)
        lost = got + self.at_prices(account)
        traded = got * ROUGHLY >= lost and len(self._kinds(account)) > 1
        return max(0.0, (0.0 if traded else lost - got) - self._paid[account])

    def paid_in(self, account: bytes) -> bytes | None:
        """The token without a known price that it got, if it is the only one that it got or gave."""
        own = self._others[account]
        unpriced = own.keys() - self._priced[account].keys()
        return next((token for token in unpriced if own[token] > 0), None) if len(unpriced) == 1 else None

    def _got(self, account: bytes) -> float:
        return sum(worth for worth in self._priced[account].values() if worth > 0)

    def _kinds(self, account: bytes) -> set[str]:
        """What its tokens follow: a token that is priced, but not well known, follows itself."""
        known = ((token, TOKENS.get((self._chain_id, token))) for token in self._priced[account])
        return {token.hex() if found is None else found.follows for token, found in known}

    def _bought(self) -> Mapping[bytes, list[bytes]]:
        """By token without a price: who paid for it, and got nothing else for what it paid."""
        buyers: dict[bytes, list[bytes]] = defaultdict(list)
        for account in self._others:
            token = self.paid_in(account)
            if token is not None and self.at_prices(account) > 0:
                buyers[token].append(account)
        return buyers

    def _givers(self) -> Mapping[bytes, tuple[int, bytes]]:
        """By token: how much of it whoever lost most of it lost, and got nothing with a known price."""
        givers: dict[bytes, tuple[int, bytes]] = {}
        for account, own in self._others.items():
            lost = () if self._got(account) else ((token, net) for token, net in own.items() if net < 0)
            for token, net in lost:
                givers[token] = max(givers.get(token, (0, b"")), (-net, account))
        return givers

    def _pass_on(self, token: bytes, buyers: list[bytes], given: int, seller: bytes) -> None:
        """The buyers' losses are his who lost the token for nothing, as far as he lost as much as they bought."""
        share = min(1.0, given / sum(self._others[buyer][token] for buyer in buyers))
        for buyer in buyers:
            passed = share * self.at_prices(buyer)
            self._paid[buyer] += passed
            self._paid[seller] -= passed
