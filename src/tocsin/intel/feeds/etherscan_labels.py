"""
Names and tags of Ethereum addresses, as others collected them from a block explorer.

## What it holds
Labels for mainnet addresses whose tags say what they are: exchanges, bridges, mixers, searchers, phishing, exploits,
sanctions. Addresses with other tags are left out.

## Format
JSON: by address an object with `name` and `labels`, as `combinedAllLabels.json` of
https://github.com/brianleect/etherscan-labels has them.

## Blind spots
What a tag means here is our reading (the table in the code). Names are chosen by strangers. The collection is as old as
the file.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
import polars as pl

from tocsin.intel import rows
from tocsin.intel.feed import Example, Feed
from tocsin.model.errors import MalformedInput

SOURCE = "etherscan"
MAINNET = 1

TAGS: Mapping[str, str] = {
    "phish-hack": "phishing",
    "heist": "exploit",
    "exploit": "exploit",
    "ofac-sanctions-lists": "sanctioned",
    "tornado-cash": "mixer",
    "mev-bot": "mev",
    "mev-builder": "mev",
    "bridge": "bridge",
    "exchange": "exchange",
    **dict.fromkeys(
        ("binance", "huobi", "kucoin", "bitfinex", "okex", "okx", "coinbase", "kraken", "gate-io", "bybit", "gemini",
         "poloniex", "bittrex", "bitstamp", "crypto-com", "ftx", "mexc"),
        "exchange",
    ),
}  # fmt: skip
"""The tags that are taken, and the kinds they stand for; of several the first here counts too."""


class _Entry(msgspec.Struct):
    name: str = ""
    labels: tuple[str, ...] = ()


def recognises(name: str, head: bytes) -> bool:
    """Whether it is called so, or begins as one does."""
    return name == "combinedalllabels.json" or (head.lstrip()[:4] == b'{"0x' and b'"labels"' in head)


def read(content: bytes, name: str) -> Mapping[str, pl.DataFrame]:
    """The labels in it."""
    try:
        entries = msgspec.json.decode(content, type=dict[str, _Entry])
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise MalformedInput(f"{name}: not labels by address: {error}") from None
    return rows.labels(_labels(entries, name))


def _labels(entries: Mapping[str, _Entry], name: str) -> Iterator[dict[str, Any]]:
    for address, entry in entries.items():
        for kind in dict.fromkeys(TAGS[tag] for tag in entry.labels if tag in TAGS):
            yield {
                "chain_id": MAINNET,
                "address": rows.address(address, name),
                "kind": kind,
                "name": entry.name,
                "source": SOURCE,
            }


feed = Feed(
    id="etherscan_labels",
    recognises=recognises,
    read=read,
    examples=(
        Example(
            says="an exchange, and somebody of no interest",
            name="combinedalllabels.json",
            content=b'{"0x%s": {"name": "KuCoin 2", "labels": ["kucoin"]}, "0x%s": {"name": "", "labels": ["meme"]}}'
            % (b"ab" * 20, b"cd" * 20),
            gives={"labels": ({"chain_id": 1, "address": "0x" + "ab" * 20, "kind": "exchange", "name": "KuCoin 2"},)},
        ),
        Example(
            says="no labels",
            name="combinedalllabels.json",
            content=b'{"0xabcd": []}',
            gives={},
            refuses="not labels by address",
        ),
    ),
)
