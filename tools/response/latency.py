"""
From block to page: an attack is played on two real nodes while `tocsin serve` watches them, run by run.

Each run begins with an empty store. Every second run somebody acknowledges at once; in the others the time to respond,
set to a few seconds here, must be told as breached. At the end the evidence of the incident is exported and verified.
"""

import json
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from installation import Installation, Watched
from receivers import Inbox, free_port, mail_server, web_server

from tocsin.app.exercise.arena import SEED, Arena, arena
from tocsin.app.exercise.live import Event, Performance
from tocsin.edge.anvil import VERSION
from tocsin.exercise import profile
from tocsin.exercise.catalogue import activities, scenarios
from tocsin.exercise.scenario import Scenario

SECONDS_PER_BLOCK = 1.0
BREACH_SECONDS = 5
"""The time to respond in the runs in which nobody does."""
WAIT_SECONDS = 30.0
STEPS = (
    "finding stored",
    "incident declared",
    "page queued",
    "accepted by SMTP",
    "accepted by webhook",
    "evidence kept",
)
CLOCKS = f"""
[target.response]
P1 = "{BREACH_SECONDS}s"
"""


@dataclass(frozen=True)
class Run:
    """What one run came to: seconds after the node had the block."""

    priority: str
    seconds: Mapping[str, float]
    clock: str
    verified: bool

    @property
    def page(self) -> float:
        """Until both had accepted the page."""
        return max(self.seconds["accepted by SMTP"], self.seconds["accepted by webhook"])


def measured(name: str, runs: int) -> Iterator[Run]:
    """Each run of this scenario."""
    scenario = scenarios()[name]
    with arena(os.environ, SEED) as made:
        for number in range(runs):
            with tempfile.TemporaryDirectory(prefix="tocsin-response-") as folder:
                yield _run(made, scenario, Path(folder), is_answered=number % 2 == 0)


def _run(made: Arena, scenario: Scenario, folder: Path, *, is_answered: bool) -> Run:
    with made.undone() as play, mail_server() as (mail, mails), web_server() as (web, posts):
        targets = scenario.prepare(play)
        home = Installation(folder=folder, store=f"sqlite:///{folder}/tocsin.db", port=free_port())
        chains = [
            Watched(name=name, chain_id=chain.chain_id, url=_web_socket(chain.node.url), start=chain.height() + 1)
            for name, chain in zip(("home", "far"), made.chains, strict=True)
        ]
        home.write(chains, made.play.knowledge.files(), mail=mail, web=web)
        (folder / "clocks.toml").write_text(CLOCKS)
        if not is_answered:
            text = home.settings.read_text()
            own = f'[respond]\nclocks = "{folder}/clocks.toml"\n\n[evidence]'
            home.settings.write_text(text.replace("[evidence]", own))
        with home.serving() as running:
            running.wait_for("serving")
            performance = Performance(
                arena=made,
                scenario=scenario,
                activities=activities(),
                rates=profile.chosen("everyday", activities()).rates,
                seconds_per_block=SECONDS_PER_BLOCK,
                tell=_unheard,
            )
            performance.play(play, targets)
            return _read(home, performance, mails, posts, is_answered=is_answered)


def _read(home: Installation, performance: Performance, mails: Inbox, posts: Inbox, *, is_answered: bool) -> Run:
    mail, post = mails.first(WAIT_SECONDS), posts.first(WAIT_SECONDS)
    if mail is None or post is None:
        raise SystemExit(f"no page came; the journal has {_kinds(home)}")
    declared = _entry(home, "declared")
    number = declared["data"]["number"]
    if is_answered:
        told = home.tocsin("incident", "ack", number, "--as", "ada")
        if told.returncode:
            raise SystemExit(told.stderr)
    wanted = "clock_met" if is_answered else "clock_breached"
    clock = _entry(home, wanted, 'AND line LIKE \'%"definition":"response"%\'')
    kept = _entry(home, "evidence_added")
    linked = _entry(home, "alert_linked")["data"]
    block = performance.made[linked["chain_id"], linked["block_number"]]
    stored = home.rows(
        f"SELECT min(seen_at) AS at FROM findings WHERE chain_id = {linked['chain_id']} "  # noqa: S608 - of our own
        f"AND block_number = {linked['block_number']}"
    )
    at = {
        "finding stored": stored[0]["at"],
        "incident declared": declared["recorded_at"],
        "page queued": _entry(home, "page_queued")["recorded_at"],
        "accepted by SMTP": mail.at,
        "accepted by webhook": post.at,
        "evidence kept": kept["recorded_at"],
    }
    bundle = home.folder / "bundle.zip"
    home.tocsin("evidence", "export", number, "--out", bundle, "--why", "measuring")
    verified = home.tocsin("evidence", "verify", bundle).returncode == 0
    return Run(
        priority=declared["data"]["priority"],
        seconds={step: at[step] - block for step in STEPS},
        clock=clock["kind"],
        verified=verified,
    )


def _entry(home: Installation, kind: str, more: str = "") -> dict[str, Any]:
    query = f"SELECT line FROM journal WHERE kind = '{kind}' {more} ORDER BY position LIMIT 1"  # noqa: S608 - of our own
    found = home.wait_for(query, WAIT_SECONDS)
    if not found:
        raise SystemExit(f"no {kind} was entered; the journal has {_kinds(home)}")
    told: dict[str, Any] = json.loads(found[0]["line"])
    return told


def _kinds(home: Installation) -> list[str]:
    return [row["kind"] for row in home.rows("SELECT kind FROM journal ORDER BY position")]


def _web_socket(url: str) -> str:
    return url.replace("http://", "ws://")


def _unheard(_: Event) -> None:
    """Nobody listens: the store is read afterwards."""


def table(name: str, runs: list[Run]) -> Iterator[str]:
    """The lines of the report, in Markdown."""
    yield f"`{name}`, {len(runs)} runs, anvil {VERSION}, SQLite, a block every {SECONDS_PER_BLOCK:g} s."
    yield "Seconds after the node had the block:"
    yield ""
    yield "| step | least | median | most |"
    yield "|---|---:|---:|---:|"
    for step in STEPS:
        took = [run.seconds[step] for run in runs]
        yield f"| {step} | {min(took):.3f} | {median(took):.3f} | {max(took):.3f} |"
    answered, silent = runs[::2], runs[1::2]
    yield ""
    yield "| | |"
    yield "|---|---|"
    yield f"| incident of priority P1 | {_share(run.priority == 'P1' for run in runs)} |"
    yield f"| page accepted by both within 1 s | {_share(run.page < 1 for run in runs)} |"
    yield f"| response met where somebody acknowledged | {_share(run.clock == 'clock_met' for run in answered)} |"
    yield f"| response breached where nobody did | {_share(run.clock == 'clock_breached' for run in silent)} |"
    yield f"| evidence exported and verified | {_share(run.verified for run in runs)} |"


def _share(held: Iterable[bool]) -> str:
    every = list(held)
    return f"{sum(every)} of {len(every)}"
