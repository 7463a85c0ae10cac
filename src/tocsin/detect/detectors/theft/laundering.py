"""
Proceeds of an incident go to a mixer, a bridge or an exchange.

## What it finds
It begins at accounts that are labelled for phishing, an exploit or sanctions, that an issuer or a list of sanctions has
just listed, or that got most of what a watched account lost within a day, a hundred thousand dollars at least. It
follows payments of ten thousand dollars and more, which accounts make themselves, for a day and up to ten hops, and
tells where they end:

* high: a deposit in a mixer of Tornado's kind; medium, if the account had made one before.
* by what it was worth, as far as it is of the proceeds: info, low from 10 000 dollars, medium from 100 000, high from a
  million, critical from ten million: payments to accounts labelled as exchange, bridge or mixer. Of what a watched
  account lost, no more than medium: a customer's withdrawal looks the same.
* info: an account is listed by an issuer or a list of sanctions; high: one of the organisation's own is.

## Why it matters
An exchange or an issuer can hold what arrives, if it is told within minutes. Behind a mixer nobody can.

## Blind spots
Accounts that only other findings call attackers: label them. Who swaps, or passes money through contracts: only
payments that accounts make themselves are followed. More than a day of waiting. Tokens without a price. What an account
held before is not known, so that the part of the proceeds is rather overstated. Mixers of other kinds without a label.
Peel chains are followed and not told as such.

## Triage
Send the transaction to the service's compliance desk and ask it to hold the money; to the issuer, if the token can be
frozen. Note the hops: they are the exhibit.

## References
- https://github.com/forta-network/starter-kits (money laundering and funding laundering detectors)
- Möser et al., Towards Risk Scoring of Bitcoin Transactions (haircut)
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import polars as pl

from tocsin.chain import abi
from tocsin.chain.signatures import topic
from tocsin.detect import actors
from tocsin.detect.detector import MEMORY, Detector, Memory, Read
from tocsin.detect.detectors.theft._known import is_labelled
from tocsin.detect.detectors.theft._laundering_examples import EXAMPLES
from tocsin.detect.detectors.theft._listings import LISTINGS, listings
from tocsin.detect.detectors.theft._payments import MOVES_READ, Row
from tocsin.detect.detectors.theft._trail import FOUND, LISTED, LOST, MIXED, REMEMBERED, Taint, Trail, frame, moves
from tocsin.detect.labels import LABELS_READ, Labels
from tocsin.detect.worth import PRICES_READ, Prices, about
from tocsin.intel.kinds import OURS
from tocsin.model.finding import Entity, Place, Severity, Sighting, hexadecimal
from tocsin.tables.choice import rows_where
from tocsin.tables.columns import PLACE
from tocsin.tables.dataset import Tables

WINDOW_BLOCKS = 7_200
"""A day of Ethereum blocks: how long money is followed (design)."""
DEPOSIT = topic("Deposit(bytes32,uint32,uint256)")
"""What a mixer of Tornado's kind says of a deposit."""
LEAST_DOLLARS = 20.0
"""Exits of less are not told (reference: detection, section 4.37)."""
TIERS = (
    (10_000_000.0, Severity.CRITICAL),
    (1_000_000.0, Severity.HIGH),
    (100_000.0, Severity.MEDIUM),
    (10_000.0, Severity.LOW),
)
"""US dollars from which an exit is so bad (the same)."""
MIXER = frozenset(("mixer",))
_DEPOSIT = abi.keys((DEPOSIT,))
EXITS = frozenset(("exchange", "bridge")) | MIXER
"""Labels of services by which money leaves."""
CONFIDENCE_LABEL, CONFIDENCE_LOST = 0.7, 0.6
STAGE = "stage:laundering"


@dataclass(slots=True)
class Exit:
    """What one account put into one service by one transaction."""

    row: Row
    sender: bytes
    service: bytes
    kind: str
    dollars: float = 0.0


def prepare(tables: Tables) -> Tables:
    """What is to be remembered of a batch."""
    listed = [
        (*(row[name] for name in PLACE), LISTED, row["address"], account, 0.0)
        for row, account in (listings(tables["logs"], Labels.of(tables)) if len(tables["logs"]) else ())
    ]
    more = [*listed, *_mixings(tables)]
    found = moves(tables)
    return {FOUND: pl.concat([found, frame(more)]) if more else found}


def _mixings(tables: Tables) -> list[tuple[Any, ...]]:
    """Who put something in a mixer, each once a transaction, for the next time to be told as such."""
    transfers, deposits = tables["transfers"], _deposits(tables["logs"])
    is_mixer = is_labelled(transfers["chain_id"], transfers["to_address"], Labels.of(tables), MIXER)
    if deposits.is_empty() and not is_mixer.any():
        return []
    senders = dict(tables["transactions"][["transaction_hash", "from_address"]].rows())
    paid = rows_where(transfers, is_mixer).rename({"to_address": "address"})
    rows = pl.concat([part[[*PLACE, "address"]] for part in (deposits, paid)])
    found: dict[tuple[Any, ...], tuple[Any, ...]] = {}
    for *place, mixer in rows.sort("address").iter_rows():
        row = dict(zip(PLACE, place, strict=True))
        sender = senders.get(row["transaction_hash"])
        if sender is not None and row["block_number"] is not None:
            found.setdefault(tuple(place), (*place, MIXED, sender, mixer, 0.0))
    return list(found.values())


def run(tables: Tables) -> Iterator[Sighting]:
    """Exits of tainted money, and listings."""
    labels = Labels.of(tables)
    if len(tables["logs"]):
        yield from (_listed(row, account, labels) for row, account in listings(tables["logs"], labels))
    found = _exits(tables, labels)
    if not found:
        return
    trail = Trail(tables[MEMORY], labels, WINDOW_BLOCKS)
    for each in found:
        taint = trail.taint(each.row, each.sender)
        if taint is not None:
            yield _exit(each, taint, labels, is_again=each.kind == "mixer" and trail.has_mixed(each.row, each.sender))


def _exits(tables: Tables, labels: Labels) -> list[Exit]:
    """By transaction and service: what its sender put in."""
    transfers, deposits = tables["transfers"], _deposits(tables["logs"])
    is_exit = is_labelled(transfers["chain_id"], transfers["to_address"], labels, EXITS)
    paid = rows_where(transfers, is_exit)
    if deposits.is_empty() and paid.is_empty():
        return []
    senders = dict(tables["transactions"][["transaction_hash", "from_address"]].rows())
    found: dict[tuple[Any, ...], Exit] = {}
    for row in deposits.iter_rows(named=True):
        sender = senders.get(row["transaction_hash"])
        if sender is not None:
            found.setdefault(_key(row, row["address"]), Exit(row, sender, row["address"], "mixer"))
    prices = Prices.of(tables)
    into = actors.of_transactions(transfers, deposits) if len(deposits) else paid.clear()
    for row in prices.with_dollars(pl.concat([paid, into]).unique(), "value_f64").iter_rows(named=True):
        service, sender, dollars = row["to_address"], senders.get(row["transaction_hash"]), row["dollars"] or 0.0
        kinds = labels.kinds(row["chain_id"], service) & EXITS
        if kinds and sender is not None and row["from_address"] == sender and dollars >= LEAST_DOLLARS:
            found.setdefault(_key(row, service), Exit(row, sender, service, min(kinds)))
        if _key(row, service) in found:
            found[_key(row, service)].dollars += dollars
    order = sorted(found, key=lambda key: (found[key].row["block_number"] or 0, key[1:]))
    return [found[key] for key in order if found[key].row["block_number"] is not None]


def _deposits(logs: pl.DataFrame) -> pl.DataFrame:
    """What mixers' pools say of deposits."""
    return rows_where(logs, abi.among(logs["topic0"], _DEPOSIT))


def _key(row: Row, service: bytes) -> tuple[Any, ...]:
    return (*(row[name] for name in actors.SAME), service)


def _exit(each: Exit, taint: Taint, labels: Labels, *, is_again: bool) -> Sighting:
    sender, service, origin = (str(hexadecimal(raw)) for raw in (each.sender, each.service, taint.origin))
    dollars = each.dollars * taint.share
    name = labels.name(each.row["chain_id"], each.service)
    worth = f" {about(dollars)} of it" if dollars >= 1 else ""
    return Sighting(
        place=Place.of(each.row),
        severity=_severity(each, taint, dollars, is_again=is_again),
        confidence=CONFIDENCE_LOST if taint.why == LOST else CONFIDENCE_LABEL,
        title=f"Proceeds of an incident went to {_article(each.kind)}{' again' if is_again else ''}"
        f"{f', {about(dollars)}' if dollars >= 1 else ''}",
        summary=f"{sender} paid into {service} ({each.kind}){worth}{', as before' if is_again else ''}. "
        f"{_reason(taint, sender, origin)}",
        entities=(
            Entity("sender", sender),
            Entity(each.kind, service, name),
            *((Entity("attacker", origin),) if taint.why in (LOST, "exploit", "phishing") else ()),
        ),
        values={
            "kind": each.kind,
            "about_dollars": int(dollars),
            "share_percent": round(100 * taint.share),
            "hops": taint.hops,
            "why": taint.why,
        },
        labels=(STAGE,),
        key=f"{sender}:{service}",
    )


def _severity(each: Exit, taint: Taint, dollars: float, *, is_again: bool) -> Severity:
    tier = next((severity for least, severity in TIERS if dollars >= least), Severity.INFO)
    if each.kind == "mixer":
        return max(tier, Severity.MEDIUM if is_again else Severity.HIGH)
    return min(tier, Severity.MEDIUM) if taint.why == LOST else tier


def _article(kind: str) -> str:
    return f"{'an' if kind == 'exchange' else 'a'} {kind}"


def _reason(taint: Taint, sender: str, origin: str) -> str:
    what = {
        LOST: "got most of what a watched account lost within a day",
        LISTED: "was listed by an issuer or a list of sanctions",
    }.get(taint.why, f"is labelled: {taint.why}")
    if sender == origin:
        return f"It {what}."
    part = round(100 * taint.share)
    way = "directly" if taint.hops == 1 else f"in {taint.hops} hops"
    return f"{part} % of what it was seen to get came, {way}, from {origin}, which {what}."


def _listed(row: Row, account: bytes, labels: Labels) -> Sighting:
    is_ours = bool(labels.kinds(row["chain_id"], account) & OURS)
    listed, lister = str(hexadecimal(account)), str(hexadecimal(row["address"]))
    return Sighting(
        place=Place.of(row),
        severity=Severity.HIGH if is_ours else Severity.INFO,
        confidence=1.0,
        title="One of our accounts was block-listed" if is_ours else "An account was block-listed",
        summary=f"{lister} listed {listed}: from now on it cannot move that token, or counts as sanctioned.",
        entities=(Entity("listed", listed), Entity("issuer", lister)),
        values={"kind": LISTED},
        key=f"listed:{listed}:{row['log_index']}",
    )


detector = Detector(
    id="laundering",
    severity=Severity.CRITICAL,
    reads={
        "transfers": Read(columns=MOVES_READ),
        "transactions": Read(columns=("from_address", "to_address")),
        "logs": Read(columns=("address", "topic0", "topic1", "data", "log_index"), topic0=(DEPOSIT, *LISTINGS)),
        "prices": PRICES_READ,
        "labels": LABELS_READ,
    },
    memory=Memory(
        columns=REMEMBERED, window_blocks=WINDOW_BLOCKS, prepare=prepare, remember=lambda tables: tables[FOUND]
    ),
    run=run,
    examples=EXAMPLES,
)
