"""
Whether what an `mev:` label says of a transaction accounts for what a finding says about it.

A circle of swaps, a tiny sandwich, a liquidation of oneself cost next to nothing beside a theft, and pools of the
thief's own say what he likes. So that a label is there explains little: it accounts for a finding when what the
labelled trades gained is most of what the finding says was gained, and when whoever lost is a pool they traded in.
"""

from collections import Counter
from collections.abc import Iterable, Sequence

from tocsin.chain.tokens import token
from tocsin.model.finding import VICTIM_ROLES, Finding, Value
from tocsin.tables.columns import NATIVE

MOST = 2
"""The gain over this is what the labelled trades must account for: half, as costs and other profits differ (design)."""


def accounts_for(labels: Iterable[Finding], finding: Finding) -> bool:
    """Whether these labelling findings of its transaction account for what it says was gained, and who lost."""
    labels = tuple(labels)
    gained, traded = _gained(finding), {entity.address for label in labels for entity in label.entities}
    lost = {entity.address for entity in finding.entities if entity.role in VICTIM_ROLES}
    if not gained or not lost <= traded:
        return False
    earned = _earned(labels)
    return all(MOST * earned[coin] >= amount for coin, amount in gained.items())


def _gained(finding: Finding) -> Counter[str]:
    found: Counter[str] = Counter()
    tokens, amounts = (_sequence(finding.values.get(name, ())) for name in ("gained_tokens", "gained_amounts"))
    for address, amount in zip(tokens, amounts, strict=False):
        found[_coin(finding, str(address))] += _whole(amount)
    return found


def _earned(labels: Iterable[Finding]) -> Counter[str]:
    """By token: what labelled trades gained; of a sandwich what it took out behind, which is what one would see."""
    found: Counter[str] = Counter()
    for label in labels:
        behind = sum(map(_whole, _sequence(label.values.get("back_amounts_out", ()))))
        profit = max(_whole(label.values.get("profit_amount", 0)), behind)
        found[_coin(label, str(label.values.get("profit_token", "")))] += max(profit, 0)
    return found


def _coin(finding: Finding, address: str) -> str:
    """The token, with a wrapped native coin taken for the coin itself."""
    raw = bytes.fromhex(address.removeprefix("0x"))
    known = token(finding.place.chain_id, raw)
    return f"0x{NATIVE.hex()}" if known is not None and known.wraps_native else address


def _sequence(value: Value) -> Sequence[Value]:
    return () if isinstance(value, int | str) else value


def _whole(value: Value) -> int:
    return value if isinstance(value, int) else 0
