"""
Sanctioned addresses, as lists by ticker made from the OFAC list.

## What it holds
Labels of kind `sanctioned`, on every chain: a key is the same on all of them.

## Format
JSON: a list of addresses, in a file called `sanctioned_addresses_<TICKER>.json`, as
https://github.com/0xB10C/ofac-sanctioned-digital-currency-addresses makes them each day.

## Blind spots
Only addresses of 20 bytes in hexadecimal are taken; those of chains of another kind are left out. The list is as old as
the file.
"""

from collections.abc import Mapping

import msgspec
import polars as pl

from tocsin.intel import rows
from tocsin.intel.feed import Example, Feed
from tocsin.model.errors import MalformedInput

SOURCE = "OFAC"


def recognises(name: str, _head: bytes) -> bool:
    """Whether it is called so."""
    return name.startswith("sanctioned_addresses_") and name.endswith(".json")


def read(content: bytes, name: str) -> Mapping[str, pl.DataFrame]:
    """The addresses in it."""
    try:
        listed = msgspec.json.decode(content, type=list[str])
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise MalformedInput(f"{name}: not a list of addresses: {error}") from None
    taken = (each for each in listed if rows.is_address(each))
    return rows.labels(
        {
            "chain_id": None,
            "address": rows.address(each, name),
            "kind": "sanctioned",
            "name": "on the OFAC list",
            "source": SOURCE,
        }
        for each in taken
    )


feed = Feed(
    id="ofac_addresses",
    recognises=recognises,
    read=read,
    examples=(
        Example(
            says="an address of this kind and one of another",
            name="sanctioned_addresses_usdt.json",
            content=b'["0x' + b"AB" * 20 + b'", "TBHTJqAy4DhHhmT3dNceJYNRz4SdLofLre"]',
            gives={"labels": ({"chain_id": None, "address": "0x" + "ab" * 20, "kind": "sanctioned"},)},
        ),
        Example(
            says="no list",
            name="sanctioned_addresses_eth.json",
            content=b"{}",
            gives={},
            refuses="not a list of addresses",
        ),
    ),
)
