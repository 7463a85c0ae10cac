"""
Recall of address-poisoning on confirmed payoffs: payments to look-alikes that a study of Ethereum found.

A row says who paid which look-alike how much and when, and whom he meant. It does not say when he had paid the one he
meant, nor what had put the look-alike into his history. The least that such a payoff can be is built from it: a payment
of a dollar's worth to the one he meant, in the block before, and the payoff. So what is measured is whether the digits
are enough, without a planted transfer; that the earlier payment lies within what is remembered is not measured.
"""

import csv
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from measuring import DATA, HEAD, row

from tocsin.chain.catalogue import datasets
from tocsin.chain.tokens import TOKENS
from tocsin.detect.detectors.phishing._history import DUST_DOLLARS
from tocsin.detect.detectors.phishing._look_alikes import likeness
from tocsin.detect.detectors.phishing.address_poisoning import MOST_CHANCE, PAID_DIGITS, WINDOW_BLOCKS, detector
from tocsin.detect.engine import detect
from tocsin.detect.known import KNOWN
from tocsin.model.finding import Finding, Severity
from tocsin.tables.literal import frame

PAYOFFS = DATA / "phishing/address_poisoning/payoff_transfers_ethereum.csv"
CHAIN = 1
RECIPIENTS = (1, 100, 1_000, 10_000)
"""Other accounts the victim may have paid that day."""
LACKING = {
    "the time of the earlier payment": "earlier_block",
    "the transfer that planted the look-alike": "planted_hash",
    "whom the victim meant": "intended_addr",
    "the token": "addr",
    "that the sender is the victim": "is_sender_victim",
}
"""What the rule may use, and the column that would carry it."""


def measure() -> list[str]:
    """Recall, and what the rows do not carry."""
    rows = list(_rows(PAYOFFS)) if PAYOFFS.is_file() else []
    if not rows:
        return []
    usable = [each for each in rows if not _lacks(each)]
    together = _found(usable)
    missed = [each for each in usable if not _is_found(each, _found([each]))]
    small = sum(float(each["value_usd"]) < DUST_DOLLARS for each in missed)
    return [
        "## Payoffs of address poisoning (the payment, and one earlier payment to the account that was meant)",
        "",
        *HEAD,
        row("critical, each by itself", len(usable) - len(missed), len(usable), "payoffs"),
        row("critical, all in one history", sum(_is_found(each, together) for each in usable), len(usable), "payoffs"),
        *(_still(count, usable) for count in RECIPIENTS),
        "",
        f"Of the {len(missed)} that are missed {small} were payments of less than a dollar, which the rule leaves out.",
        f"Left out for what they lack: {len(rows) - len(usable)} of {len(rows)}.",
        *(f"Do not carry {what}: {count} of {len(rows)}." for what, count in _lacking(rows).items()),
        "",
    ]


def _rows(path: Path) -> Iterator[Mapping[str, str]]:
    with path.open(newline="") as file:
        yield from csv.DictReader(file)


def _lacks(each: Mapping[str, str]) -> bool:
    """Whether the row lacks what no rule can do without: whom, to whom, instead of whom, and a token of known worth."""
    token = (CHAIN, bytes.fromhex(each["addr"][2:]))
    return not each["intended_addr"] or each["is_sender_victim"] != "True" or token not in TOKENS


def _lacking(rows: Iterable[Mapping[str, str]]) -> Counter[str]:
    return Counter({what: sum(not each.get(column) for each in rows) for what, column in LACKING.items()})


def _found(payoffs: Iterable[Mapping[str, str]]) -> set[str]:
    """The transactions of which it is told that a look-alike was paid."""
    transfers = [transfer for each in payoffs for transfer in _transfers(each)]
    columns = datasets()
    tables = {
        "transfers": frame(columns["transfers"].columns, transfers),
        "transactions": frame(columns["transactions"].columns, [_transaction(each) for each in transfers]),
        **KNOWN,
    }
    outcome = detect(tables, [detector], {})
    if outcome.failures:
        raise SystemExit(str(outcome.failures))
    return {str(each.place.transaction_hash) for each in outcome.findings if _is_payoff(each)}


def _is_payoff(finding: Finding) -> bool:
    return finding.severity is Severity.CRITICAL and finding.values["kind"] == "payoff"


def _is_found(each: Mapping[str, str], found: set[str]) -> bool:
    return each["tx_hash"].lower() in found


def _transfers(each: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The earlier payment, a dollar's worth, and the payoff."""
    token = TOKENS[CHAIN, bytes.fromhex(each["addr"][2:])]
    paid = {"chain_id": CHAIN, "token_address": each["addr"], "standard": "erc20"}
    paid |= {"from_address": each["topics_from_addr"]}
    block = int(each["block_number"])
    earlier = {
        "block_number": block - 1,
        "transaction_hash": f"earlier {each['tx_hash'][2:24]}",
        "to_address": each["intended_addr"],
        "value": 10**token.decimals,
    }
    payoff = {
        "block_number": block,
        "transaction_hash": each["tx_hash"],
        "to_address": each["topics_to_addr"],
        "value": int(float(each["value"])),
    }
    return paid | earlier, paid | payoff


def _transaction(transfer: Mapping[str, Any]) -> dict[str, Any]:
    """The victim sent it, to the token."""
    place = {name: transfer[name] for name in ("chain_id", "block_number", "transaction_hash", "from_address")}
    return {**place, "to_address": transfer["token_address"]}


def _still(count: int, payoffs: Iterable[Mapping[str, str]]) -> str:
    """For how many the digits are enough when the victim had paid so many accounts."""
    pairs = [
        likeness(*(bytes.fromhex(each[name][2:]) for name in ("topics_to_addr", "intended_addr"))) for each in payoffs
    ]
    enough = sum(alike.reaches(*PAID_DIGITS) and alike.chance(count) <= MOST_CHANCE for alike in pairs)
    return row(
        f"digits enough where {count:,} accounts were paid in {WINDOW_BLOCKS:,} blocks", enough, len(pairs), "payoffs"
    )


if __name__ == "__main__":
    print("\n".join(measure()))
