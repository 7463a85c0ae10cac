"""Amounts, addresses and hashes as people read them. Amounts stay exact: nothing here is rounded."""

from tocsin.chain.tokens import token

GROUPED = ","


def whole_units(amount: int, decimals: int) -> str:
    """Base units as units: 1500000 with 6 decimals is 1.5. Every digit that is not zero stays."""
    before, after = divmod(abs(amount), 10**decimals)
    fraction = f"{after:0{decimals}d}".rstrip("0") if decimals else ""
    return f"{'-' if amount < 0 else ''}{before:{GROUPED}}{'.' if fraction else ''}{fraction}"


def money(chain_id: int, token_address: str, amount: int, *, signed: bool = False) -> str:
    """An amount with its token: in units where the token is well known, else in base units with its address."""
    known = token(chain_id, bytes.fromhex(token_address[2:]))
    plus = "+" if signed and amount > 0 else ""
    if known is None:
        return f"{plus}{amount:{GROUPED}} base units of {short(token_address)}"
    return f"{plus}{whole_units(amount, known.decimals)} {known.symbol}"


def symbol(chain_id: int, token_address: str) -> str:
    """The token's symbol where it is well known, else its short address."""
    known = token(chain_id, bytes.fromhex(token_address[2:]))
    return known.symbol if known else short(token_address)


def short(hexadecimal: str) -> str:
    """The two ends of an address or hash, enough to tell it from its neighbours."""
    return hexadecimal if len(hexadecimal) <= 14 else f"{hexadecimal[:6]}…{hexadecimal[-4:]}"


def beginning(hexadecimal: str) -> str:
    """The first eight digits of a hash: enough to name it with."""
    return hexadecimal[:10]


def count(number: int, one: str, many: str = "") -> str:
    """A number with its noun: 1 block, 2 blocks."""
    return f"{number:{GROUPED}} {one if number == 1 else many or one + 's'}"
