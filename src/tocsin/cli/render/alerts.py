"""Alerts as a table, with the reasons for each score."""

from collections import Counter
from collections.abc import Iterable, Sequence

from rich import box
from rich.table import Table
from rich.text import Text

from tocsin.cli.render.findings import badge
from tocsin.cli.render.money import beginning, count
from tocsin.cli.render.safe import safe
from tocsin.model.alert import Alert, Reason, Stage

SEEN, UNSEEN = "●", "○"
COUNTED = " + "
"""Before a reason that goes into the score."""
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
    alike = Counter(map(_reason, alert.reasons))
    shown = [
        Text(f"{line}{f', {times} times' if times > 1 else ''}", style="" if line.startswith(COUNTED) else "dim")
        for line, times in alike.items()
    ]
    more = sum(list(alike.values())[MOST_REASONS:])
    return Text("\n").join(
        [
            Text(safe(alert.title), style="bold"),
            *([Text(who)] if (who := _who(alert)) else []),
            *shown[:MOST_REASONS],
            *([Text(f"  and {count(more, 'finding')} more", style="dim")] if more else []),
            Text(f"  = {alert.weight:.1f}: {alert.why}", style="dim"),
        ]
    )


def _who(alert: Alert) -> str:
    """By whom and from whom: the first of each, and how many more."""
    parts = (("by", alert.attackers), ("from", alert.victims))
    return ", ".join(f"{word} {_first(accounts)}" for word, accounts in parts if accounts)


def _first(accounts: Sequence[str]) -> str:
    more = len(accounts) - 1
    return f"{accounts[0]} and {more} more" if more else accounts[0]


def _reason(reason: Reason) -> str:
    """The weight of one finding, whether it counts, and what changed it."""
    says = f"{COUNTED if reason.counts else '   '}{reason.weight:.1f} {reason.stage.value}: {reason.finding.detector}"
    changed = f" ({', '.join(map(safe, _changes(reason.lowered)))})" if reason.lowered else ""
    return f"{says}, {reason.finding.severity.word}{changed}"


def _changes(labels: Iterable[str]) -> list[str]:
    return [label.replace(":", " ", 1).replace("-", " ", 1) for label in labels]
