"""What the ledger says, as plain values: amounts are decimal strings, sums of dollars whole cents."""

from collections.abc import Mapping
from typing import Any

from tocsin.respond.incident.ledger import Figure, Funds, Holding


def funds_json(told: Funds) -> Mapping[str, Any]:
    """All tokens, with every figure opened to its transactions."""
    return {
        "holdings": [_holding(one) for one in told.holdings],
        "usd_cents": {name: str(cents) for name, cents in told.usd_cents.items()},
        "without_price": list(told.without_price),
    }


def _holding(one: Holding) -> Mapping[str, Any]:
    return {
        "chain_id": one.chain_id,
        "token": one.token,
        "symbol": one.symbol,
        "decimals": one.decimals,
        "accounts": {name: str(units) for name, units in one.accounts.items()},
        "figures": {name: _figure(figure) for name, figure in one.figures.items()},
        "price_source": one.price_source,
        "priced_at": one.priced_at,
    }


def _figure(figure: Figure) -> Mapping[str, Any]:
    return {
        "amount": str(figure.units),
        "usd_cents": None if figure.usd_cents is None else str(figure.usd_cents),
        "transactions": list(figure.transactions),
        "postings": list(figure.postings),
    }
