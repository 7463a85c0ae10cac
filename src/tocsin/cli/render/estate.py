"""The estate as tables: what there is, one item whole, and how it agrees with the chains."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from rich import box
from rich.table import Table
from rich.text import Text

from tocsin.app.estate.estate import Listed
from tocsin.cli.render.safe import safe
from tocsin.respond.estate.addresses import checksummed
from tocsin.respond.estate.estate import Asset, Criticality, Estate
from tocsin.respond.estate.impact import way_in_words
from tocsin.respond.estate.judging import Outcome, Verdict
from tocsin.respond.estate.value import Holding
from tocsin.respond.estate.writing import plain

CRITICALITY_STYLES: Mapping[Criticality, str] = {
    Criticality.CRITICAL: "bold red",
    Criticality.HIGH: "red",
    Criticality.MEDIUM: "yellow",
    Criticality.LOW: "",
}
OUTCOME_STYLES: Mapping[Outcome, str] = {
    Outcome.SAME: "green",
    Outcome.NOTE: "cyan",
    Outcome.DIFFERS: "bold red",
    Outcome.UNANSWERED: "yellow",
}
MOST_HELD = 3
"""Amounts shown in one row."""


def assets(estate: Estate, holdings: Sequence[Holding]) -> Table:
    """Every asset, the worst first, with what it held when it was last counted."""
    shown = _table("id", "kind", "criticality", "owner", "where", "held, at block")
    for asset in sorted(estate.assets.values(), key=lambda each: (-each.criticality.rank, each.id)):
        shown.add_row(
            safe(asset.id),
            asset.kind.value,
            Text(asset.criticality.value, style=CRITICALITY_STYLES[asset.criticality]),
            safe(asset.owner),
            Text(safe(place(asset))),
            Text("\n".join(map(safe, _held(asset.id, holdings)))),
        )
    return shown


def verdicts(found: Sequence[Verdict]) -> Table:
    """What was looked at, what is wrong last: it stands above the prompt."""
    shown = _table("", "asset", "what", "says")
    for each in sorted(found, key=lambda verdict: (_WORST_LAST.index(verdict.outcome), verdict.asset)):
        style = OUTCOME_STYLES[each.outcome]
        shown.add_row(Text(each.outcome.value, style=style), safe(each.asset), safe(each.what), Text(safe(each.says)))
    return shown


_WORST_LAST = (Outcome.SAME, Outcome.NOTE, Outcome.UNANSWERED, Outcome.DIFFERS)


def item(listed: Listed, estate: Estate, holdings: Sequence[Holding]) -> Table:
    """One item whole, with what follows from the others."""
    shown = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    shown.add_column(style="bold", no_wrap=True)
    shown.add_column(overflow="fold")
    for name, value in lines(listed, estate, holdings):
        shown.add_row(name, Text(safe(value)))
    return shown


def lines(listed: Listed, estate: Estate, holdings: Sequence[Holding]) -> Iterator[tuple[str, str]]:
    """Name and value of each line about an item."""
    fields = {"kind": listed.kind, **plain(listed.item)}
    for name, value in fields.items():
        if name != "contain":
            yield name.replace("_", " "), _value(value)
    if isinstance(listed.item, Asset):
        yield from _of_asset(listed.item, estate, holdings)
    if listed.version:
        yield "changed by", f"{listed.changed_by}, version {listed.version}"


def _of_asset(asset: Asset, estate: Estate, holdings: Sequence[Holding]) -> Iterator[tuple[str, str]]:
    for way in asset.containment:
        yield "contain", way_in_words(estate, way)
    for holding in (each for each in holdings if each.asset == asset.id):
        yield "held", f"{holding.in_units} at block {holding.block_number:,}"
    depending = estate.hit_assets([asset.id]).depending
    if depending:
        yield "hang on it", ", ".join(f"{each.name} ({each.criticality.value})" for each in depending)
    people = [person.name for person in estate.members(asset.owner)]
    if people:
        yield "who", ", ".join(people)


def asset_json(listed: Listed, holdings: Iterable[Holding]) -> dict[str, Any]:
    """An item fit for JSON: its fields, its version, and what it held."""
    held = [{**asdict(each), "amount": str(each.amount)} for each in holdings if each.asset == listed.item.id]
    more = {"holdings": held} if isinstance(listed.item, Asset) else {}
    return {"kind": listed.kind, **plain(listed.item), "version": listed.version, **more}


def place(asset: Asset) -> str:
    """Where an asset is."""
    if asset.address is not None:
        return f"{asset.chain_id}: {checksummed(asset.address)}"
    return asset.url


def _held(asset: str, holdings: Sequence[Holding]) -> Iterator[str]:
    mine = [each for each in holdings if each.asset == asset]
    yield from (each.in_units for each in mine[:MOST_HELD])
    if len(mine) > MOST_HELD:
        yield f"+ {len(mine) - MOST_HELD} more"
    if mine:
        yield f"at {mine[0].block_number:,}"


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name}: {_value(each)}" for name, each in value.items())
    return "; ".join(map(_value, value)) if isinstance(value, list) else str(value)


def _table(*headings: str) -> Table:
    shown = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold", expand=False)
    for heading in headings:
        shown.add_column(heading, overflow="fold")
    return shown
