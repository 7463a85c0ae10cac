"""Amounts, addresses, hashes and counts as people read them. Amounts stay exact: nothing here is rounded."""

GROUPED = ","


def whole_units(amount: int, decimals: int) -> str:
    """Base units as units: 1500000 with 6 decimals is 1.5. Every digit that is not zero stays."""
    before, after = divmod(abs(amount), 10**decimals)
    fraction = f"{after:0{decimals}d}".rstrip("0") if decimals else ""
    return f"{'-' if amount < 0 else ''}{before:{GROUPED}}{'.' if fraction else ''}{fraction}"


def short(hexadecimal: str) -> str:
    """The two ends of an address or hash, enough to tell it from its neighbours."""
    return hexadecimal if len(hexadecimal) <= 14 else f"{hexadecimal[:6]}…{hexadecimal[-4:]}"


def beginning(hexadecimal: str) -> str:
    """The first eight digits of a hash: enough to name it with."""
    return hexadecimal[:10]


def count(number: int, one: str, many: str = "") -> str:
    """A number with its noun: 1 block, 2 blocks."""
    return f"{number:{GROUPED}} {one if number == 1 else many or one + 's'}"
