"""Alerts as a table, with the reasons for each score."""

from collections.abc import Iterable, Sequence

from rich import box
from rich.table import Table
from rich.text import Text

from tocsin.cli.render.findings import badge
from tocsin.cli.render.money import beginning, count
from tocsin.cli.render.safe import safe
from tocsin.model.alert import Alert, Reason, Stage

SEEN, UNSEEN = "●", "○"
MOST_REASONS = 6
"""How many reasons a table shows of an alert; JSON has them all."""


def table(alerts: Sequence[Alert]) -> Table:
    """One alert a row, the worst first: how bad, how sure, which stages, what, and why."""
    shown = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0), header_style="bold", expand=False)
    shown.add_column("severity")
    shown.add_column("attack?", justify="right")
    shown.add_column("stages", no_wrap=True)
    shown.add_column("transaction", no_wrap=True)
    shown.add_column("what happened, and what speaks for it", overflow="fold", ratio=1)
    for alert in alerts:
        shown.add_row(
            badge(alert.severity),
            f"{alert.probability:.0%}",
            stages(alert.stages),
            _transactions(alert),
            _story(alert),
        )
    return shown


def stages(seen: Sequence[Stage]) -> Text:
    """A dot for each stage: funding, preparation, exploitation, laundering; full where it is seen."""
    return Text("".join(SEEN if stage in seen else UNSEEN for stage in Stage))


def _transactions(alert: Alert) -> str:
    first = beginning(alert.transactions[0]) if alert.transactions else ""
    more = len(alert.transactions) - 1
    return f"{first}\n+ {more} more" if more > 0 else first


def _story(alert: Alert) -> Text:
    lines = [Text(safe(alert.title), style="bold"), *map(_reason, alert.reasons[:MOST_REASONS])]
    if len(alert.reasons) > MOST_REASONS:
        lines.append(Text(f"  and {count(len(alert.reasons) - MOST_REASONS, 'finding')} more", style="dim"))
    lines.append(Text(f"  = {alert.weight:.1f}: {alert.why}", style="dim"))
    return Text("\n").join(lines)


def _reason(reason: Reason) -> Text:
    """The weight of one finding, whether it counts, and what changed it."""
    says = f"  {'+' if reason.counts else ' '}{reason.weight:4.1f} {reason.stage.value}: {reason.finding.detector}"
    changed = f" ({', '.join(map(safe, _changes(reason.lowered)))})" if reason.lowered else ""
    return Text(f"{says}, {reason.finding.severity.word}{changed}", style="" if reason.counts else "dim")


def _changes(labels: Iterable[str]) -> list[str]:
    return [label.replace(":", " ", 1).replace("-", " ", 1) for label in labels]
