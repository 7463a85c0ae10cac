"""What an account holds of a token after a block: the question, and the answer as a number."""

from tocsin.chain.signatures import selector
from tocsin.model.finding import Place, hexadecimal
from tocsin.model.lookups import Answers, Lookup, balance, call
from tocsin.tables.columns import NATIVE

BALANCE_OF = "0x" + selector("balanceOf(address)").hex()
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


def number(lookup: Lookup | None, answers: Answers) -> int | None:
    """The number that was answered; None where nobody answered, or not with one."""
    answer = None if lookup is None else answers.get(lookup)
    try:
        return None if answer is None else int(answer, 16)
    except ValueError:
        return None
