"""The story the demo tells."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from tocsin.app.demo import Done, Played
from tocsin.cli.render import findings
from tocsin.cli.render.demo_response import responded
from tocsin.cli.render.money import beginning, count
from tocsin.cli.render.names import Names, of
from tocsin.cli.render.safe import safe
from tocsin.model.finding import Finding

SHOWN_FINDINGS = 1
"""Findings about the attack told in full; the others in a line each."""
INDENT = (0, 0, 0, 2)


def story(played: Played, recording: Path) -> Iterator[RenderableType]:
    """The whole story, part by part."""
    names = known_names(played)
    yield from _replayed(played)
    yield from _detected(played, names)
    yield from _happened(played, names)
    yield from _kept(played)
    if played.response is not None:
        yield from responded(played.response)
    yield from _next(played, recording)


def known_names(played: Played) -> Names:
    """The names that the truth about the recording gives."""
    truth = played.truth
    accounts = {address: safe(name) for address, name in truth.names.items()}
    given = Names(played.attack.place.chain_id, accounts)
    return of(played.attack, given)


def _part(number: int, title: str) -> Text:
    return Text(f"\n{number}. {title}", style="bold")


def _replayed(played: Played) -> Iterator[RenderableType]:
    yield _part(1, "Watch")
    blocks = count(len(played.blocks), "block")
    yield _said(
        f"{blocks} go through the pipeline that watches live. They are of tocsin's range, recorded as a node told them:"
        " ordinary traffic and one attack, on the real contracts of Uniswap, Balancer and Aave."
    )
    shown = Table(box=None, pad_edge=False, show_header=False, padding=(0, 2))
    for done in played.blocks:
        shown.add_row(Text(f"block {done.header.number}"), _outcome(done))
    yield Padding(shown, (1, 0, 0, 2))


def _outcome(done: Done) -> Text:
    found = done.outcome.findings
    if not found:
        return Text("quiet", style="dim")
    severities = [finding.severity for finding in found]
    return Text(findings.tally(severities), style=findings.STYLES[max(severities)])


def _detected(played: Played, names: Names) -> Iterator[RenderableType]:
    yield _part(2, "Detect")
    about = findings.worst_first(played.attack.findings)
    if not about:
        yield _said("No detector saw the attack. That should not be: it is a defect of this version.")
    for finding in about[:SHOWN_FINDINGS]:
        yield findings.panel(finding, names)
    if others := about[SHOWN_FINDINGS:]:
        yield _said("Other detectors saw the same transaction:")
        yield _briefly(others)
    yield from _together(played)


def _together(played: Played) -> Iterator[RenderableType]:
    """How the findings weigh together."""
    for alert in played.attack.alerts[:1]:
        seen = ", ".join(stage.value for stage in alert.stages)
        yield _said(
            f"Together they are one alert, {alert.severity.word}, that weighs {alert.weight:.1f}; of the stages of an"
            f" attack it sees {seen}. tocsin scan --alerts says what speaks for it."
        )


def _briefly(others: Sequence[Finding]) -> RenderableType:
    shown = Table(box=None, pad_edge=False, show_header=False, padding=(0, 2))
    for finding in others:
        shown.add_row(findings.badge(finding.severity), Text(finding.detector), Text(safe(finding.title)))
    return Padding(shown, INDENT)


def _happened(played: Played, names: Names) -> Iterator[RenderableType]:
    yield _part(3, "Who lost what")
    truth = played.truth
    lost = {loss.token for loss in truth.losing.lost}
    for loss in truth.losing.lost:
        amount = names.money(loss.token, int(loss.amount))
        yield Padding(Text.assemble(_who(loss.victim, names), " lost ", (amount, "bold red"), "."), INDENT)
    for row in played.attack.sections["profits"] or ():
        account, is_loot = row["account_address"], row["token_address"] in lost
        if account in truth.attackers and is_loot and row["net"] > 0:
            amount = names.money(row["token_address"], row["net"])
            yield Padding(Text.assemble(_who(account, names), " kept ", (amount, "bold"), "."), INDENT)
    yield _said("Amounts are exact, to the last base unit.")


def _who(address: str, names: Names) -> str:
    return f"The {names.account(address)} ({address})"


def _kept(played: Played) -> Iterator[RenderableType]:
    yield _part(4, "Keep")
    last = played.blocks[-1].header.number
    stored = count(len(played.notices), "notice")
    yield _said(
        f"Findings, {stored} to tell people, and the checkpoint at block {last} were committed together, a block at a"
        " time: a crash repeats work and loses none. (This store was a SQLite file, gone by now.)"
    )


def _next(played: Played, recording: Path) -> Iterator[RenderableType]:
    yield _part(6, "What to do next")
    transaction = beginning(played.attack.place.transaction_hash or "")
    commands = [
        (
            "See every call and transfer of the attack",
            f"tocsin explain {recording} --tx {transaction}",
        )
    ]
    if played.attack.findings:
        detector = findings.worst_first(played.attack.findings)[0].detector
        commands.append(
            ("Read how to triage such a finding, and where it is blind", f"tocsin detectors show {detector}")
        )
    commands.append(("Scan recordings of your own", "tocsin scan RECORDINGS"))
    commands.append(("Do all of this for chains of your own, and page people", "tocsin serve"))
    for says, command in commands:
        yield Text(f"  {says}:")
        yield Text(f"    {command}", style="bold cyan", no_wrap=True, overflow="ignore")


def _said(text: str) -> Padding:
    return Padding(Text(text), INDENT)
