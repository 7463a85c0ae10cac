"""Findings as a table, and one finding in full."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from rich import box
from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from tocsin.cli.render.money import GROUPED, beginning, count
from tocsin.cli.render.names import Names
from tocsin.cli.render.safe import safe
from tocsin.model.finding import Finding, Severity, Value

STYLES: Mapping[Severity, str] = {
    Severity.CRITICAL: "bold white on red",
    Severity.HIGH: "bold red",
    Severity.MEDIUM: "yellow",
    Severity.LOW: "cyan",
    Severity.INFO: "dim",
}


def badge(severity: Severity) -> Text:
    """The severity's word in its colour."""
    return Text(severity.word, style=STYLES[severity])


def worst_first(findings: Iterable[Finding]) -> list[Finding]:
    """The findings of each transaction together; the worst transaction first, and of each its worst finding."""
    ranked = sorted(sorted(findings, key=_place), key=lambda finding: finding.rank, reverse=True)
    rank = {_transaction(finding): number for number, finding in reversed(list(enumerate(ranked)))}
    return sorted(ranked, key=lambda finding: rank[_transaction(finding)])


def _transaction(finding: Finding) -> object:
    place = finding.place
    return place.chain_id, place.block_hash, place.transaction_hash


def _place(finding: Finding) -> tuple[int, int, int, str]:
    place = finding.place
    return place.chain_id, place.block_number or 0, place.transaction_index or 0, finding.detector


def table(findings: Sequence[Finding]) -> Table:
    """One line a finding, worst first; where it happened stands at the first of each transaction."""
    with_block = any(finding.place.block_number is not None for finding in findings)
    shown = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0), header_style="bold", expand=False)
    shown.add_column("severity")
    shown.add_column("sure", justify="right")
    if with_block:
        shown.add_column("block", justify="right")
    shown.add_column("transaction", no_wrap=True)
    shown.add_column("detector", overflow="fold")
    shown.add_column("what happened", overflow="fold", ratio=1)
    before: object = None
    for finding in worst_first(findings):
        shown.add_row(*_row(finding, with_block=with_block, is_first=_transaction(finding) != before))
        before = _transaction(finding)
    return shown


def _row(finding: Finding, *, with_block: bool, is_first: bool) -> list[RenderableType]:
    place = finding.place
    where = [*([str(place.block_number or "")] if with_block else []), beginning(place.transaction_hash or "")]
    return [
        badge(finding.severity),
        f"{finding.confidence:.0%}",
        *(where if is_first else [""] * len(where)),
        Text(finding.detector),
        Text(safe(finding.title)),
    ]


def tally(severities: Iterable[Severity]) -> str:
    """How many there are of each severity, in words."""
    counts = Counter(severities)
    parts = [f"{counts[severity]:{GROUPED}} {severity.word}" for severity in sorted(counts, reverse=True)]
    return f"{count(counts.total(), 'finding')}{': ' if parts else ''}{', '.join(parts)}"


def panel(finding: Finding, names: Names) -> Panel:
    """Everything a finding says."""
    heading = Text.assemble(badge(finding.severity), f" {finding.detector}, {finding.confidence:.0%} sure")
    parts: list[RenderableType] = [
        Text(safe(finding.title), style="bold"),
        Text(plainly(finding.summary, names)),
        _entities(finding, names),
    ]
    if values := _values(finding, names):
        parts.append(values)
    if finding.labels:
        parts.append(Text(f"labels: {', '.join(map(safe, finding.labels))}", style="dim"))
    return Panel(
        Group(*parts), title=heading, title_align="left", border_style=_border(finding.severity), box=box.ROUNDED
    )


def plainly(says: str, names: Names) -> str:
    """A detector's sentence with amounts in units, where the token is well known, and short addresses."""
    with_units = _AMOUNT.sub(lambda match: names.money(match[2], int(match[1])), safe(says))
    return _ADDRESS.sub(lambda match: names.account(match[0]), with_units)


_AMOUNT = re.compile(r"(?<![\d.,])(\d{1,78}) (?:base units )?of (?:token )?(0x[0-9a-f]{40})(?![0-9a-f])")
_ADDRESS = re.compile(r"0x[0-9a-f]{40}(?![0-9a-f])")


def _border(severity: Severity) -> str:
    return "red" if severity >= Severity.HIGH else STYLES[severity]


def _entities(finding: Finding, names: Names) -> Table:
    """Who is who, with whole addresses to copy, and the amounts that have a token."""
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim")
    grid.add_column(overflow="fold", no_wrap=True)
    grid.add_column(overflow="fold", style="dim")
    for entity in dict.fromkeys(finding.entities):
        grid.add_row(_words(entity.role), entity.address, safe(entity.label) or names.name(entity.address))
    return grid


def _values(finding: Finding, names: Names) -> Text:
    """The values, one behind the other: they are many and short."""
    told = [entity.address for entity in finding.entities]
    parts = []
    for name, value in finding.values.items():
        shown = _amounts(name, finding.values, names) or worded(value)
        if (
            shown
            and not all(item in told for item in _list(value))
            and not _is_told_with_amounts(name, finding.values, names)
        ):
            parts.append(Text.assemble((f"{_words(name)} ", "dim"), shown))
    return Text(" · ").join(parts)


def _words(name: str) -> str:
    return safe(name.replace("_", " "))


_AMOUNT_NAME = re.compile(r"(amount|principal|fee)(s?)$")
_TOKEN_NAME = re.compile(r"token(s?)$")


def _is_told_with_amounts(name: str, values: Mapping[str, Value], names: Names) -> bool:
    """Whether a token goes without saying because its amount is told."""
    amounts = _TOKEN_NAME.sub(r"amount\1", name)
    return amounts != name and bool(_amounts(amounts, values, names))


def _amounts(name: str, values: Mapping[str, Value], names: Names) -> str:
    """Amounts whose tokens stand beside them (`debt_amount`, `debt_token`; `fees`, `tokens`) in units of these."""
    if name not in values or not _AMOUNT_NAME.search(name):
        return ""
    amounts, tokens = (_list(values.get(key)) for key in (name, _AMOUNT_NAME.sub(r"token\2", name)))
    if len(amounts) != len(tokens):
        return ""
    return ", ".join(
        names.money(token, int(amount))
        for token, amount in zip(tokens, amounts, strict=True)
        if isinstance(token, str) and _ADDRESS.fullmatch(token)
        if isinstance(amount, int | str) and re.fullmatch("[0-9]{1,78}", str(amount))
    )


def _list(value: "Value | None") -> Sequence[Value]:
    return value if isinstance(value, Sequence) and not isinstance(value, str) else [] if value is None else [value]


def worded(value: Value) -> str:
    """A finding's value in full."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:{GROUPED}}"
    if isinstance(value, str):
        return safe(value)
    return ", ".join(worded(item) for item in value)
