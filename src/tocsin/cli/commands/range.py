"""
Play real attacks on real protocols, on two local chains, and see what tocsin sees.

## What it does
The range is a proving ground: two real nodes on loopback, real DeFi protocols from their published packages, ordinary
traffic, and attacks whose truth is known to the last base unit. Each attack has an honest twin that must stay quiet.

`setup` fetches the packages and the node with npm, once, each held against a pinned digest; nothing else needs npm.
`list` shows the scenarios, `show ID` the page of one. `run` plays one amid ordinary traffic and tells what happened,
what tocsin saw, when, and how much could still be saved; with --live it does so while the blocks are made, by the
machinery that watches real chains, and looks into the pool of pending transactions too. `record` writes recordings and
the truth about them. `score` plays scenarios and their twins and says how detection did; --recorded scores what is
shipped with tocsin, which needs no node. A scenario may be a file of your own (./my_scenario.py): rehearse your own
contracts.

## Exit codes
0: done; for score, every attack was detected and every twin quiet. 1: one was not, or something failed. 2: wrong usage.
"""

import asyncio
import json
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, TypeAlias

import typer
from rich.markdown import Markdown
from rich.table import Table
from rich.text import Text

import tocsin.exercise.scenarios
from tocsin.app.exercise.arena import SEED, arena
from tocsin.app.exercise.chosen import chosen
from tocsin.app.exercise.kept import SHIPPED, Kept
from tocsin.app.exercise.live import Performance, perform
from tocsin.app.exercise.playing import Played, PlayedAttack, PlayedTwin, Player
from tocsin.app.exercise.scored import look, scored
from tocsin.app.exercise.story import moments
from tocsin.cli.command import Command, Sample
from tocsin.cli.options import Format
from tocsin.cli.render import exercise as shown
from tocsin.cli.render.console import note, results, warn
from tocsin.cli.render.findings import badge
from tocsin.cli.render.live import Stream
from tocsin.cli.render.money import count
from tocsin.cli.render.progress import progress
from tocsin.detect.catalogue import detectors
from tocsin.edge import npm
from tocsin.exercise import profile as profiles
from tocsin.exercise.catalogue import activities, scenarios
from tocsin.exercise.packages import PACKAGES
from tocsin.exercise.scenario import Scenario
from tocsin.exercise.scoring import Total
from tocsin.exercise.truth import Truth
from tocsin.model.errors import SettingError
from tocsin.model.extension import load_with_modules, page

EVERYDAY, TOML = "everyday", ".toml"
ORDINARY = 600
"""Ordinary transactions that false alarms are counted among, beside those around each attack."""

Seed: TypeAlias = Annotated[str, typer.Option(help="Every key and choice follows from it.")]
ProfileName: TypeAlias = Annotated[
    str, typer.Option("--profile", metavar="NAME|FILE.toml", help="Rates of ordinary traffic: everyday, quiet, busy.")
]
Form: TypeAlias = Annotated[Format, typer.Option("--format", help="How to write it.")]
Name: TypeAlias = Annotated[str, typer.Argument(metavar="SCENARIO", help="An id, or a file ./my_scenario.py.")]
Names: TypeAlias = Annotated[list[str] | None, typer.Argument(metavar="[SCENARIO]…", help="Ids, or files.")]


def setup() -> None:
    """Fetch the published packages and the node, each held against its pinned digest."""
    table = Table(box=None, pad_edge=False, show_header=False, padding=(0, 2))
    with progress(len(PACKAGES) + 1) as advance:
        for done in npm.setup(PACKAGES, os.environ):
            table.add_row(done.name, done.version, f"{done.size_bytes:,} bytes", "fetched" if done.fetched else "there")
            advance(1)
    results().print(table)
    note("Their licences are listed in docs/range.md. Play an attack: tocsin range run oracle-aave")


def list_(form: Form = Format.TABLE) -> None:
    """List the scenarios."""
    known = list(load_with_modules(tocsin.exercise.scenarios, Scenario))
    if form is Format.JSON:
        for scenario, module in known:
            results().file.write(json.dumps(shown.listed(scenario, module)) + "\n")
        return
    results().print(shown.scenarios(known))
    note("The page of one: tocsin range show ID. Play it: tocsin range run ID")


def show(name: Annotated[str, typer.Argument(metavar="ID", help="The scenario's name.")]) -> None:
    """Show the page of one scenario."""
    (wanted,) = chosen((name,), scenarios())
    known = {scenario.id: module for scenario, module in load_with_modules(tocsin.exercise.scenarios, Scenario)}
    tags = "\n".join(f"- {tag.code}: {tag.says}" for tag in wanted.tags)
    text = page(known[wanted.id])
    results().print(Markdown(f"# {wanted.id} ({wanted.priority.value})\n\n{text}\n\n## Taxonomy\n\n{tags}"))


def run(  # noqa: PLR0913, PLR0917 - Typer reads the options off the parameters
    name: Name,
    live: Annotated[bool, typer.Option("--live", help="Watch while blocks are made, as on real chains.")] = False,
    twin: Annotated[bool, typer.Option("--twin", help="Play the honest twin instead.")] = False,
    pace: Annotated[float, typer.Option("--block-seconds", min=0.1, max=60, help="Of --live: time for a block.")] = 1.0,
    profile: ProfileName = EVERYDAY,
    seed: Seed = SEED,
    form: Form = Format.TABLE,
) -> None:
    """Play a scenario and tell how it unfolded."""
    (scenario,) = chosen((name,), scenarios())
    if live:
        _live(scenario, pace, seed, profile)
        return
    with _player(seed, profile) as player:
        if twin:
            _tell_twin(scenario, player.twin(scenario))
            return
        attack, honest = player.attack(scenario), player.twin(scenario)
        contained = player.contained(scenario)
    score = scored(scenario, attack, honest, detectors())
    if form is Format.JSON:
        results().file.write(json.dumps(shown.score_json(score, attack.truth.symbols)) + "\n")
        return
    results().print(shown.timeline(moments(attack.truth, look(attack, detectors())), attack.truth))
    results().print(shown.verdict(score, attack.truth, contained))


def _live(scenario: Scenario, pace: float, seed: str, profile: str) -> None:
    """Play it at its pace, and tell what happens and what is seen in one stream."""
    stream = Stream(results())
    note(f"Bringing up two nodes and the scene, then a block every {pace:g} s. Ctrl-C stops it.")
    with arena(os.environ, seed) as brought_up, tempfile.TemporaryDirectory(prefix="tocsin-range-") as folder:
        performance = Performance(
            arena=brought_up,
            scenario=scenario,
            activities=activities(),
            seconds_per_block=pace,
            rates=_rates(profile),
            tell=stream.tell,
        )
        truth = asyncio.run(perform(performance, detectors(), Path(folder)))
    results().print(stream.verdict(truth))


def _tell_twin(scenario: Scenario, twin: PlayedTwin) -> None:
    mine = set(twin.truth.transactions)
    found = [
        each for block in look(twin, detectors()) for each in block.findings if each.place.transaction_hash in mine
    ]
    for finding in found:
        results().print(Text.assemble(badge(finding.severity), f" {finding.detector}: {finding.title}"))
    note(f"{scenario.id}, the honest twin: {count(len(mine), 'transaction')}, {count(len(found), 'finding')}.")


def record(
    names: Names = None,
    output: Annotated[Path, typer.Option("--output", "--out", metavar="DIR", help="Where to.")] = Path("recordings"),
    ordinary: Annotated[int, typer.Option(min=0, help="Transactions of ordinary traffic to record; 0 for none.")] = 0,
    profile: ProfileName = EVERYDAY,
    seed: Seed = SEED,
) -> None:
    """Record scenarios and their twins, with the truth; all of them if none is named."""
    wanted = chosen(names or list(scenarios()), scenarios())
    kept = Kept(output)
    with _player(seed, profile) as player, progress(len(wanted) + bool(ordinary)) as advance:
        written = 0
        for scenario in wanted:
            written += kept.keep(scenario.id, player.attack(scenario), player.twin(scenario))
            advance(1)
        if ordinary:
            written += kept.keep_ordinary(player.ordinary(ordinary))
    note(f"{count(len(wanted), 'scenario')} recorded in {output}, {written:,} bytes. Look: tocsin scan {output}")


def score(  # noqa: PLR0913, PLR0917 - Typer reads the options off the parameters
    names: Names = None,
    everything: Annotated[bool, typer.Option("--all", help="Every scenario.")] = False,
    recorded: Annotated[bool, typer.Option("--recorded", help="Score recordings; no node is needed.")] = False,
    recordings: Annotated[Path, typer.Option(metavar="DIR", help="The recordings to score.")] = SHIPPED,
    ordinary: Annotated[int, typer.Option(min=0, help="Ordinary transactions to play beside.")] = ORDINARY,
    profile: ProfileName = EVERYDAY,
    seed: Seed = SEED,
    form: Form = Format.TABLE,
) -> None:
    """Say how detection did: recall, time to detection, what was savable, false alarms."""
    if bool(names) is everything:
        raise SettingError("name the scenarios to score, or say --all")
    wanted = chosen(names or list(scenarios()), scenarios())
    total, truths = _recorded(wanted, Kept(recordings)) if recorded else _played(wanted, ordinary, seed, profile)
    if form is Format.JSON:
        results().file.write(json.dumps(shown.scores_json(total, truths)) + "\n")
    else:
        results().print(shown.scores(total, truths))
    if not total.passed:
        raise typer.Exit(1)


Scored: TypeAlias = tuple[Total, dict[str, Truth]]
Both: TypeAlias = Callable[[Scenario], tuple[PlayedAttack, PlayedTwin]]


def _played(wanted: Sequence[Scenario], ordinary: int, seed: str, profile: str) -> Scored:
    with _player(seed, profile) as player:
        traffic = player.ordinary(ordinary) if ordinary else None
        return _scored(wanted, lambda scenario: (player.attack(scenario), player.twin(scenario)), traffic)


def _recorded(wanted: Sequence[Scenario], kept: Kept) -> Scored:
    there = kept.scenarios()
    if missing := [scenario.id for scenario in wanted if scenario.id not in there]:
        warn(f"not recorded in {kept.folder}, and so not scored: {', '.join(missing)}")
    wanted = [scenario for scenario in wanted if scenario.id in there]
    return _scored(wanted, lambda scenario: (kept.attack(scenario.id), kept.twin(scenario.id)), kept.ordinary())


def _scored(wanted: Sequence[Scenario], both: Both, ordinary: Played | None) -> Scored:
    total, truths = Total(), {}
    with progress(len(wanted)) as advance:
        for scenario in wanted:
            attack, twin = both(scenario)
            total.scores.append(scored(scenario, attack, twin, detectors()))
            truths[scenario.id] = attack.truth
            advance(1)
    if ordinary is not None:
        total.add_ordinary(look(ordinary, detectors()))
    return total, truths


@contextmanager
def _player(seed: str, profile: str) -> Iterator[Player]:
    rates = _rates(profile)
    with arena(os.environ, seed) as brought_up:
        yield Player(arena=brought_up, detectors=detectors(), activities=activities(), rates=rates)


def _rates(profile: str) -> Mapping[str, float]:
    """Of a built-in profile, or of one in a file. Raises `SettingError`."""
    if not profile.endswith(TOML):
        return profiles.chosen(profile, activities()).rates
    try:
        text = Path(profile).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingError(f"{profile}: cannot be read: {error}") from error
    return profiles.parse(text, profile, activities()).rates


command = Command(
    id="range",
    subcommands=(
        ("setup", setup),
        ("list", list_),
        ("show", show),
        ("run", run),
        ("record", record),
        ("score", score),
    ),
    samples=(
        Sample(says="What there is", arguments=("range", "list"), shows=("oracle-aave",)),
        Sample(says="For programs", arguments=("range", "list", "--format", "json"), json=True),
        Sample(says="One scenario's page", arguments=("range", "show", "oracle-aave"), shows=("Honest twin",)),
        Sample(
            says="A name that is misspelt",
            arguments=("range", "show", "oracle-ave"),
            exit_code=2,
            shows=("oracle-aave",),
        ),
        Sample(says="Nothing to score", arguments=("range", "score"), exit_code=2, shows=("--all",)),
    ),
)
