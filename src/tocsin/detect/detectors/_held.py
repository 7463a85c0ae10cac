"""What an account holds of a token after a block, and how much of the token there is: the questions."""

from tocsin.chain.signatures import selector
from tocsin.model.finding import Place, hexadecimal
from tocsin.model.lookups import Lookup, balance, call
from tocsin.tables.columns import NATIVE

BALANCE_OF, TOTAL_SUPPLY = ("0x" + selector(each).hex() for each in ("balanceOf(address)", "totalSupply()"))
COIN = str(hexadecimal(NATIVE))
"""The native coin, as findings name it."""


def held(place: Place, account: str, token: str, blocks_ago: int = 0) -> Lookup | None:
    """What to ask about an account's balance; nothing where the block is not known, or the chain not so old."""
    if place.block_number is None or place.block_number < blocks_ago:
        return None
    block = place.block_number - blocks_ago
    if token == COIN:
        return balance(account, block_number=block, chain_id=place.chain_id)
    data = BALANCE_OF + account[2:].rjust(64, "0")
    return call(token, data, block_number=block, chain_id=place.chain_id)


def supply(place: Place, token: str, blocks_ago: int = 0) -> Lookup | None:
    """What to ask about how much of a token there is; nothing of the native coin, and as with what is held."""
    if token == COIN or place.block_number is None or place.block_number < blocks_ago:
        return None
    return call(token, TOTAL_SUPPLY, block_number=place.block_number - blocks_ago, chain_id=place.chain_id)
