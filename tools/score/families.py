"""
What kind of attack it was: the free text of public lists against the family that findings name.

Public lists describe an attack in their own words, several of them one attack in several, and not always alike. Each of
these words speaks for one family; an attack may so belong to several, and naming one of them is right. Text that speaks
for none, or that names only the list it was taken from, leaves the attack out of the count.
"""

import csv
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from tocsin.model.finding import Finding, Severity

WORDS: Mapping[str, str] = {
    r"price|flashsyn|metapool|arbitrage attack": "price-manipulation",
    r"oracle": "oracle",
    r"reentrancy": "reentrancy",
    r"access control|modifier|unprotected": "access-control",
    r"validation|arbitrary external call": "input-validation",
    r"overflow|precission|precision|unsafecast": "arithmetic",
    r"logic|calculation|incentive|self transfer|receive error|healthfactor|usage error": "logic",
    r"misconfiguration": "configuration",
    r"proposal": "governance",
    r"bridge": "bridge",
    r"rug pull": "rug-pull",
}
"""Patterns of lower-case text, and the family they speak for."""
_ABOUT_LISTS = re.compile(r"\((leishen|priceattackbench|reentrancy redux)\)|trace2inv category: (?!flashsyn)\w+")
"""What only names a list."""

PREFIX = "family:"
LEFT = "logic"
"""The family that findings name where no more is known than that somebody's own rules let it happen."""


def known(path: Path) -> dict[str, frozenset[str]]:
    """By transaction: the families that its description speaks for; those of which nothing is known are left out."""
    with path.open() as file:
        found = {row["tx_hash"]: of_text(row["types"]) for row in csv.DictReader(file)}
    return {transaction: families for transaction, families in found.items() if families}


def of_text(types: str) -> frozenset[str]:
    """The families that free text speaks for."""
    text = _ABOUT_LISTS.sub("", types.lower())
    return frozenset(family for pattern, family in WORDS.items() if re.search(pattern, text))


def named(found: Iterable[Finding]) -> list[str]:
    """
    The families that findings name: those of the most severe first, of these the most certain.

    `LEFT` says that nothing more is known: among findings of one severity it stands behind whatever says more.
    """
    told = [(each, family) for each in found if each.severity > Severity.INFO and (family := _family(each))]
    told.sort(key=lambda pair: (-pair[0].severity, pair[1] == LEFT, -pair[0].confidence))
    return list(dict.fromkeys(family for _, family in told))


def _family(finding: Finding) -> str:
    return next((label.removeprefix(PREFIX) for label in finding.labels if label.startswith(PREFIX)), "")
