"""An incident on one screen: what, how bad, since when, who has it, clocks, funds, and what to type next."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from tocsin.cli.render.money import count, short, whole_units
from tocsin.cli.render.safe import safe
from tocsin.model.priority import Priority
from tocsin.respond.estate.estate import EMPTY, Estate
from tocsin.respond.estate.impact import way_in_words
from tocsin.respond.incident.gates import open_mandatory
from tocsin.respond.incident.incident import Incident
from tocsin.respond.incident.ledger import Funds, Holding, funds
from tocsin.respond.incident.next_steps import Next, next_steps
from tocsin.respond.incident.parts import Clock
from tocsin.respond.incident.types import TYPES
from tocsin.respond.reports.material import dollars, lasting, spelt, when

STYLES: Mapping[Priority, str] = {
    Priority.P1: "bold white on red",
    Priority.P2: "bold red",
    Priority.P3: "yellow",
    Priority.P4: "cyan",
}
MOST_ASSETS, MOST_CLOCKS, MOST_STEPS, MOST_WAYS = 6, 6, 7, 3
_CLOCK_STYLES: Mapping[str, str] = {"breached": "bold red", "warned": "yellow", "met": "green"}
_CLOCK_ORDER = ("breached", "warned", "running", "paused", "met", "waived", "superseded")


def badge(priority: Priority) -> Text:
    """The priority in its colour."""
    return Text(f"{priority} {priority.word}", style=STYLES[priority])


def screen(incident: Incident, now: float, estate: Estate = EMPTY) -> RenderableType:
    """All that whoever is woken needs; the estate says who can contain what is hit."""
    facts = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    facts.add_column(style="dim", no_wrap=True)
    facts.add_column(overflow="fold", ratio=1)
    for name, told in _facts(incident, now, estate):
        facts.add_row(name, told)
    return Group(_head(incident), Text(safe(incident.title), style="bold"), Text(), facts, Text(), *_next(incident))


def _head(incident: Incident) -> Text:
    marks = (
        ("RESTRICTED " + incident.codename).strip() if incident.is_restricted else "",
        f"EXERCISE {incident.exercise}" if incident.exercise else "",
        f"TLP:{incident.tlp.upper()}",
    )
    states = f"{incident.status}, phase {incident.phase}"
    told = "  ".join(safe(mark) for mark in marks if mark)
    return Text("  ").join([Text(incident.number, style="bold"), badge(incident.priority), Text(states), Text(told)])


def _facts(incident: Incident, now: float, estate: Estate) -> Iterator[tuple[str, RenderableType]]:
    yield "what", Text(f"{TYPES[incident.type].name if incident.type in TYPES else safe(incident.type)}")
    yield "why so bad", Text("\n".join(map(safe, incident.because)))
    if incident.summary:
        yield "summary", Text(safe(incident.summary))
    yield "since", Text(since(incident, now))
    yield "who", _who(incident)
    if incident.verdict:
        yield "verdict", Text(safe(f"{spelt(incident.verdict.verdict)}: {incident.verdict.reason}"))
    yield from ((("clocks", clocks(incident, now)),) if incident.clocks else ())
    yield "funds", totals(incident)
    if incident.impact:
        yield "impact", Text(safe(_impact(incident)))
    if incident.assets:
        yield "assets", Text(_assets(incident))
    yield from (("contain", Text(safe(each))) for each in ways(incident, estate))
    yield "alerts", Text(_alerts(incident))
    yield "tasks", _tasks(incident)
    if incident.pages:
        yield "pages", Text(_pages(incident))
    if incident.merged_into:
        yield "goes on in", Text(incident.merged_into)


def since(incident: Incident, now: float) -> str:
    """When it came how far, and how long that took."""
    times = incident.times
    end = times.closed if times.closed is not None else now
    began = f"began {when(times.occurred)}, " if times.occurred is not None else ""
    told = [f"{began}detected {when(times.detected)}: {lasting(end - times.detected)} ago"]
    if times.closed is not None:
        told = [f"{began}detected {when(times.detected)}, closed after {lasting(end - times.detected)}"]
    steps = ("acknowledged", "contained", "eradicated", "recovered", "resolved")
    reached = [(name, at) for name in steps if (at := getattr(times, name)) is not None]
    told += [f"{name} after {lasting(at - times.detected)}" for name, at in reached]
    return "\n".join((told[0], ", ".join(told[1:]) or "not acknowledged"))


def _who(incident: Incident) -> Text:
    if not incident.roles:
        return Text("nobody", style="bold red")
    return Text(", ".join(safe(f"{spelt(role)} {person}") for role, person in incident.roles.items()))


def clocks(incident: Incident, now: float) -> Text:
    """The clocks that matter now: breached and running ones first."""
    shown = sorted(incident.clocks.values(), key=lambda one: (_CLOCK_ORDER.index(one.state), one.due_at or now))
    lines = [Text(safe(_clock(one, now)), style=_CLOCK_STYLES.get(one.state, "")) for one in shown[:MOST_CLOCKS]]
    more = [Text(f"and {len(shown) - MOST_CLOCKS} more: tocsin incident journal {incident.number}", style="dim")]
    return Text("\n").join(lines + more * (len(shown) > MOST_CLOCKS))


def _clock(clock: Clock, now: float) -> str:
    name = clock.says or spelt(clock.definition)
    if clock.met_at is not None:
        return f"{name}: met {'late, ' if clock.is_late else ''}after {lasting(clock.met_at - clock.started_at)}"
    if clock.due_at is None:
        return f"{name}: {clock.state}, without undue delay"
    left = clock.due_at - now
    return f"{name}: {clock.state}, {f'{lasting(left)} left' if left > 0 else f'late by {lasting(-left)}'}"


def totals(incident: Incident) -> Text:
    """The figures of each token; what has no price is said."""
    told = funds(incident.postings.values())
    if not told.holdings:
        return Text(
            f"nothing is known yet; tocsin incident funds {incident.number} --from … --to … books what is", style="dim"
        )
    lines = [safe(f"{one.symbol} on chain {one.chain_id}: {_figures(one)}") for one in told.holdings]
    return Text("\n".join([*lines, *dollar_lines(told)]))


def dollar_lines(told: Funds) -> list[str]:
    """The sums in dollars, and what is not in them."""
    if not any(told.usd_cents.values()):
        return []
    sums = ", ".join(f"{spelt(name)} {dollars(cents)}" for name, cents in told.usd_cents.items() if cents)
    without = f"; without price: {safe(', '.join(told.without_price))}" if told.without_price else ""
    return [f"together {sums}{without}"]


def _figures(one: Holding) -> str:
    shown = {name: figure.units for name, figure in one.figures.items() if figure.units}
    return ", ".join(f"{spelt(name)} {whole_units(units, one.decimals)}" for name, units in shown.items()) or "nothing"


def _impact(incident: Incident) -> str:
    told = incident.impact
    if told is None:
        return ""
    parts = (
        count(told.people, "person", "people") if told.people is not None else "",
        count(told.customers, "customer") if told.customers is not None else "",
        ", ".join(told.services),
        ", ".join(told.data),
        told.note,
    )
    return "; ".join(part for part in parts if part)


def _assets(incident: Incident) -> str:
    names = [f"{name}{' (hit)' if name in incident.hit else ''}" for name in incident.assets]
    more = len(names) - MOST_ASSETS
    return safe(", ".join(names[:MOST_ASSETS])) + (f" and {more} more" if more > 0 else "")


def ways(incident: Incident, estate: Estate) -> Iterator[str]:
    """What can be done to stop the harm, and where it is written what to do."""
    hit = estate.hit_assets(incident.hit)
    yield from (way_in_words(estate, way) for way in hit.containment[:MOST_WAYS])
    yield from (f"{asset.name}: {asset.runbook}" for asset in hit.directly[:MOST_WAYS] if asset.runbook)


def _alerts(incident: Incident) -> str:
    gone = {one.alert for one in incident.retracted}
    taken = f", {len(gone)} of them with findings a reorg took back" if gone else ""
    seen = list(dict.fromkeys(tx for alert in incident.alerts.values() for tx in alert.transactions))
    named = f"; transactions {', '.join(short(tx) for tx in seen[:3])}{' …' if len(seen) > 3 else ''}" if seen else ""
    return safe(f"{len(incident.alerts)}{taken}{named}")


def _tasks(incident: Incident) -> Text:
    done = sum(not task.is_open for task in incident.tasks.values())
    left = open_mandatory(incident)
    must = f"; must still be done: {', '.join(task.id for task in left)}" if left else ""
    return Text(safe(f"{done} of {len(incident.tasks)} done{must}"))


def _pages(incident: Incident) -> str:
    newest = list(incident.pages.values())[-3:]
    return safe(
        ", ".join(f"{page.person} {page.state}{f' by {page.channel}' if page.channel else ''}" for page in newest)
    )


def _next(incident: Incident) -> Sequence[RenderableType]:
    steps = list(islice(next_steps(incident), MOST_STEPS))
    if not steps:
        return [Text("Nothing is left to do.", style="dim")]
    return [Text("next", style="bold"), *(_step(number, step) for number, step in enumerate(steps, 1))]


def _step(number: int, step: Next) -> Text:
    """The command stands on a line of its own, so that it can be copied whole."""
    return Text.assemble(f"{number}. {safe(step.says)}\n", (f"   {step.do}", "bold cyan"), no_wrap=False)


def line(incident: Incident) -> str:
    """One line after a change: how it stands, and the next thing to type."""
    steps = next_steps(incident)
    following = f" Next: {steps[0].do}" if steps else ""
    who = incident.commander or "nobody leads"
    return f"{incident.number} {incident.priority}, {incident.status}, phase {incident.phase}, {who}.{following}"


def plain_table(*columns: str) -> Table:
    """A table in the style of all."""
    shown = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0), header_style="bold", expand=False)
    for column in columns:
        shown.add_column(column, overflow="fold")
    return shown
