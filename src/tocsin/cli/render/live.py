"""A scenario played while tocsin watches, told line by line as it happens."""

import threading
from dataclasses import dataclass, field

from rich import box
from rich.console import Console, Group, RenderableType
from rich.panel import Panel
from rich.text import Text

from tocsin.app.exercise.live import Event, Saw, Unseen
from tocsin.cli.render.exercise import amounts
from tocsin.cli.render.findings import badge
from tocsin.cli.render.money import count
from tocsin.cli.render.safe import safe
from tocsin.exercise.scoring import ALARM
from tocsin.exercise.truth import Truth, total

PLAYED, SEEN = "◀ played", "▶ tocsin"
"""Who a line is about."""


@dataclass(slots=True)
class Stream:
    """Tells events in the order in which they come, from whatever thread, and remembers what was seen."""

    console: Console
    seen: list[Saw] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)
    began: float | None = None

    def tell(self, event: Event) -> None:
        """Print what happened."""
        with self.lock:
            self.began = self.began or event.at
            if isinstance(event, Saw):
                self.seen.append(event)
            for line in self._lines(event):
                self.console.print(line, soft_wrap=True)

    def _lines(self, event: Event) -> list[Text]:
        clock = f"{event.at - (self.began or event.at):7.1f} s  "
        if isinstance(event, Saw):
            return [Text.assemble((clock, "dim"), (SEEN, "bold"), "  ", _finding(event))]
        if isinstance(event, Unseen):
            said = f"  the pool of chain {event.chain_id} could not be looked into: {safe(str(event.error))}"
            return [Text.assemble((clock, "dim"), (SEEN, "bold"), (said, "yellow"))]
        where = f"block {event.number}{'' if event.is_home else f' of chain {event.chain_id}'}: "
        if event.says:
            return [
                Text.assemble((clock, "dim"), (PLAYED, "bold yellow"), f"  {where}{safe(says)}") for says in event.says
            ]
        return [Text(f"{clock}          {where}{count(event.ordinary, 'ordinary transaction')}", style="dim")]

    def verdict(self, truth: Truth) -> RenderableType:
        """How it went: what was seen of the attack first, how fast, and what could be saved then."""
        about = [event for event in self.seen if event.finding.place.transaction_hash in truth.hashes]
        alarms = [event for event in about if event.finding.severity >= ALARM]
        lines = [Text(f"Lost: {_one_line(amounts(truth.lost, truth.symbols))}")]
        if not alarms:
            lines.append(Text("Missed: nothing bad enough was seen.", style="bold red"))
        for is_pending in (True, False):
            for event in [each for each in alarms if (each.seconds is None) is is_pending][:1]:
                lines += [Text.assemble(("Seen ", "green"), _finding(event)), _when(event, truth)]
        return Panel(Group(*lines), title=truth.scenario, title_align="left", box=box.ROUNDED)


def _finding(event: Saw) -> Text:
    finding = event.finding
    after = "pending, not mined yet" if event.seconds is None else f"{event.seconds * 1_000:.0f} ms after its block"
    said = f" {finding.detector}: {safe(finding.title)} "
    return Text.assemble(badge(finding.severity), said, (f"({after})", "dim"))


def _when(event: Saw, truth: Truth) -> Text:
    """What was gone before, and what was not."""
    steps = list(truth.steps)
    at = next(n for n, step in enumerate(steps) if step.transaction == event.finding.place.transaction_hash)
    gone = total(each for step in (steps[:at] if event.seconds is None else steps[: at + 1]) for each in step.gone)
    left = {key: amount - gone.get(key, 0) for key, amount in truth.lost.items()}
    return Text(f"Still savable then: {_one_line(amounts(left, truth.symbols))}.")


def _one_line(text: str) -> str:
    return text.replace("\n", ", ")
