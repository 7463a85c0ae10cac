"""
Phishing and exploit addresses of Forta's labelled datasets.

## What it holds
Labels for mainnet addresses: `phishing`, or `exploit` where the tag says so. Of a malicious contract its creator is
labelled too.

## Format
CSV, as https://github.com/forta-network/labelled-datasets has them: `phishing_scams.csv`,
`malicious_smart_contracts.csv`, `etherscan_malicious_labels.csv`, each known by its first line.

## Blind spots
The lists grew until 2023 or so, and are only of mainnet here. A label is a report, no verdict.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import polars as pl

from tocsin.intel import rows
from tocsin.intel.feed import Example, Feed

SOURCE = "forta"
MAINNET = 1

SHAPES: Mapping[tuple[str, str], tuple[str, str]] = {
    ("address", "etherscan_tag"): ("etherscan_labels", "phishing"),
    ("banned_address", "wallet_tag"): ("data_source", "phishing"),
    ("contract_address", "contract_tag"): ("contract_creator_etherscan_label", "exploit"),
    ("contract_creator", "contract_creator_tag"): ("contract_creator_etherscan_label", "exploit"),
}
"""By the columns of address and name: the column whose words tell the kind, and the kind where they do not."""

WORDS: Mapping[str, str] = {"exploit": "exploit", "heist": "exploit", "phish": "phishing", "scam": "phishing"}


def recognises(_name: str, head: bytes) -> bool:
    """Whether the first line is that of one of them."""
    return any({*pair, words} <= rows.first_line(head) for pair, (words, _) in SHAPES.items())


def read(content: bytes, name: str) -> Mapping[str, pl.DataFrame]:
    """The labels in it."""
    there = rows.first_line(content[:1024])
    found = (_labels(content, name, *pair, *told) for pair, told in SHAPES.items() if {*pair, told[0]} <= there)
    unique = {(row["address"], row["kind"]): row for shape in found for row in shape}
    return rows.labels(unique.values())


def _labels(content: bytes, name: str, who: str, tag: str, words: str, otherwise: str) -> Iterator[dict[str, Any]]:
    for where, row in rows.rows(content, name, (who, tag, words)):
        if row[who]:
            yield {
                "chain_id": MAINNET,
                "address": rows.address(row[who], where),
                "kind": next((kind for word, kind in WORDS.items() if word in row[words].lower()), otherwise),
                "name": row[tag],
                "source": SOURCE,
            }


_SCAMS = b"address,etherscan_tag,etherscan_labels,is_contract\n"
_CONTRACTS = b"contract_address,contract_tag,contract_creator,contract_creator_tag,contract_creator_etherscan_label\n"

feed = Feed(
    id="forta_labels",
    recognises=recognises,
    read=read,
    examples=(
        Example(
            says="an address reported for phishing",
            name="phishing_scams.csv",
            content=_SCAMS + b"0x" + b"ab" * 20 + b",Fake_1,phish-hack,False\n",
            gives={"labels": ({"address": "0x" + "ab" * 20, "kind": "phishing", "name": "Fake_1"},)},
        ),
        Example(
            says="a malicious contract and who made it",
            name="malicious_smart_contracts.csv",
            content=_CONTRACTS + b"0x" + b"ab" * 20 + b",Exploiter,0x" + b"cd" * 20 + b",,heist\n",
            gives={
                "labels": (
                    {"address": "0x" + "ab" * 20, "kind": "exploit", "name": "Exploiter"},
                    {"address": "0x" + "cd" * 20, "kind": "exploit"},
                )
            },
        ),
        Example(
            says="a line without an address",
            name="phishing_scams.csv",
            content=_SCAMS + b"nobody,Fake_1,phish-hack,False\n",
            gives={},
            refuses="line 2: 'nobody' is no address",
        ),
    ),
)
