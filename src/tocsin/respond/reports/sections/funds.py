"""The ledger: what is at risk, taken, lost, frozen and recovered, exact, with every posting."""

from collections.abc import Iterator, Sequence

from tocsin.respond.incident.ledger import FIGURES, Funds, funds
from tocsin.respond.reports.charts import steps
from tocsin.respond.reports.document import Block, Figure, Line, Table
from tocsin.respond.reports.material import Material, dollars, spelt, units, when
from tocsin.respond.reports.section import Section

DRAWN = ("taken", "lost", "frozen", "recovered")


def build(material: Material) -> tuple[Block, ...]:
    """Figures by token, sums in dollars, their course, the postings."""
    postings = tuple(material.incident.postings.values())
    if not postings:
        return (Line("No funds are booked."),)
    return (*_figures(funds(postings)), *_course(material), _postings(material))


def _figures(now: Funds) -> Iterator[Block]:
    rows = tuple(
        (one.symbol, str(one.chain_id), *(units(one.figures[name].units, one.decimals) for name in FIGURES))
        for one in now.holdings
    )
    if len(now.without_price) < len(now.holdings):
        sums = ("US dollars", "", *(dollars(now.usd_cents[name]) for name in FIGURES))
        rows = (*rows, sums)
    headings = ("Token", "Chain", *(spelt(name).capitalize() for name in FIGURES))
    yield Table(headings, rows, (3, 2, *(4 for _ in FIGURES)))
    if now.without_price:
        yield Line(f"Without a price, and in no sum: {', '.join(now.without_price)}. A sum is at least so much.")


def _course(material: Material) -> Iterator[Block]:
    postings = tuple(material.incident.postings.values())
    times = sorted({one.at for one in postings})
    states = [(at, funds(postings, as_of=at).usd_cents) for at in times]
    series = [(name, [(at, cents[name]) for at, cents in states]) for name in DRAWN]
    shown: Sequence[tuple[str, Sequence[tuple[float, int]]]] = [
        (name, points) for name, points in series if any(cents for _, cents in points)
    ]
    if shown:
        last = states[-1][1]
        says = "; ".join(f"{name} {dollars(last[name])}" for name, _ in shown)
        yield Figure(steps(shown), f"Funds over time in US dollars, in the end: {says}.")


def _postings(material: Material) -> Table:
    rows = tuple(
        (
            when(one.at),
            f"{units(one.units, one.decimals)} {one.symbol}",
            dollars(one.usd_cents) + (f" ({one.price_source})" if one.price_source else ""),
            f"{spelt(one.debit)} to {spelt(one.credit)}",
            ", ".join(one.transactions) or "none named",
            f"{one.confidence:.0%}",
        )
        for one in sorted(material.incident.postings.values(), key=lambda one: one.at)
    )
    return Table(("When", "Amount", "Worth", "From, to", "Transactions", "Sure"), rows, (4, 5, 4, 3, 8, 2))


section = Section(id="funds", title="Funds", place=40, build=build)
