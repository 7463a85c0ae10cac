"""The clocks: targets of response, and duties to report with their times; met, breached or waived, and why."""

from tocsin.respond.incident.parts import Clock
from tocsin.respond.reports.document import Block, Line, Table
from tocsin.respond.reports.material import Material, lasting, spelt, when
from tocsin.respond.reports.section import Section


def build(material: Material) -> tuple[Block, ...]:
    """One clock a row, those that are due first before the others."""
    clocks = sorted(material.incident.clocks.values(), key=lambda clock: clock.due_at or float("inf"))
    if not clocks:
        return (Line("No clock ran."),)
    rows = tuple(
        (
            clock.says or clock.definition,
            when(clock.started_at),
            "without undue delay" if clock.due_at is None else when(clock.due_at),
            _outcome(clock),
            clock.reason,
        )
        for clock in clocks
    )
    return (Table(("Clock", "Started", "Due", "Outcome", "Reason"), rows, (5, 3, 3, 4, 3)),)


def _outcome(clock: Clock) -> str:
    if clock.met_at is None:
        return spelt(clock.state)
    late = f", {lasting(clock.met_at - clock.due_at)} late" if clock.is_late and clock.due_at is not None else ""
    return f"{spelt(clock.state)}; stopped {when(clock.met_at)}{late}"


section = Section(id="clocks", title="Clocks and duties to report", place=80, build=build)
