"""What is at stake: how much of which coin an asset holds, exactly, after a block."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from tocsin.model.lookups import Lookup, balance, call
from tocsin.respond.estate.estate import Asset, AssetKind, Estate
from tocsin.respond.estate.links import NATIVE

BALANCE_OF = "0x70a08231"
"""Selector of `balanceOf(address)` (ERC-20)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """An amount that an asset holds."""

    asset: str
    chain_id: int
    token: str
    """`native`, or the address of the token in lower case."""
    symbol: str
    """As the token calls itself where it is not well known: untrusted."""
    decimals: int | None
    """None where the token does not say: the amount can be told in base units alone."""
    amount: int
    """In base units."""
    dollars: float | None
    """About what it is worth, to rank by and never to state; None where there is no price."""
    block_number: int
    read_at: float

    @property
    def in_units(self) -> str:
        """The exact amount with its point, and the symbol."""
        if self.decimals is None:
            return f"{self.amount} base units of {self.symbol or self.token}"
        whole, part = divmod(self.amount, 10**self.decimals)
        digits = f"{part:0{self.decimals}d}".rstrip("0") if self.decimals else ""
        return f"{whole:,}{'.' if digits else ''}{digits} {self.symbol or self.token}"


def tokens_of(asset: Asset, estate: Estate, well_known: Iterable[str]) -> tuple[str, ...]:
    """
    In what an asset's value is counted: `native` and addresses of tokens.

    Those that `holds` names; else the native coin, the tokens of the estate and the well-known ones of the chain.
    Oracles hold nothing, and neither do tokens, unless `holds` says so.
    """
    if asset.place is None:
        return ()
    if asset.holds:
        return tuple(dict.fromkeys(_addresses(asset.holds, estate)))
    if asset.kind in (AssetKind.ORACLE, AssetKind.TOKEN):
        return ()
    own = (one.address for one in estate.assets.values() if one.kind is AssetKind.TOKEN and _is_beside(one, asset))
    return tuple(dict.fromkeys((NATIVE, *(address for address in own if address), *well_known)))


def balances(asset: Asset, tokens: Iterable[str], block_number: int) -> Mapping[str, Lookup]:
    """What to ask for the balances of these after a block, by token."""
    if asset.place is None:
        return {}
    chain_id, address = asset.place
    data = BALANCE_OF + address[2:].rjust(64, "0")
    return {
        token: balance(address, block_number=block_number, chain_id=chain_id)
        if token == NATIVE
        else call(token, data, block_number=block_number, chain_id=chain_id)
        for token in tokens
    }


def _addresses(holds: Iterable[str], estate: Estate) -> Iterator[str]:
    for each in holds:
        found = estate.assets.get(each)
        yield found.address if found is not None and found.address is not None else each


def _is_beside(token: Asset, asset: Asset) -> bool:
    return token.chain_id == asset.chain_id and token.id != asset.id
