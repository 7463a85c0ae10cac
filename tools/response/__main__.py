"""
Measure response: how soon a page comes, what triage does in a storm, and what is lost when everything is killed.

    python tools/response latency [--scenario NAME] [--runs N] [--write]
    python tools/response storm [--findings N] [--keys N] [--severity WORD] [--write]
    python tools/response kill [--kills N] [--seed N] [--store sqlite|postgresql] [--write]

Prints a table; with `--write` it is also kept in docs/measurements/. Exits with 1 where a kill lost something.
"""

import argparse
import datetime as dt
import os
import platform
from collections.abc import Iterable
from pathlib import Path

import kill
import latency
import storm

from tocsin.model.finding import Severity

KEPT = Path(__file__).parents[2] / "docs" / "measurements"


def main() -> int:
    """Measure what is asked for."""
    given = _arguments()
    kept = True
    if given.what == "latency":
        title, lines = (
            "From block to page",
            latency.table(given.scenario, list(latency.measured(given.scenario, given.runs))),
        )
    elif given.what == "storm":
        asked = storm.Storm(given.findings, given.keys, Severity[given.severity.upper()])
        title, lines = "Triage in a storm", storm.table(storm.measured(asked))
    else:
        result = kill.measured(given.kills, given.seed, given.store)
        title, lines, kept = "Responding, and killed", kill.table(result, given.seed), result.is_kept
    told = _printed(lines)
    if given.write:
        page = KEPT / f"response-{given.what}.md"
        page.write_text(f"# {title}\n\n`{_command(given)}`, {_where()}.\n\n" + "\n".join(told) + "\n")
    return 0 if kept else 1


def _arguments() -> argparse.Namespace:
    asked = argparse.ArgumentParser(prog="tools/response", description="Measure response.")
    measuring = asked.add_subparsers(dest="what", required=True)
    of_latency, of_storm, of_kill = (measuring.add_parser(name) for name in ("latency", "storm", "kill"))
    of_latency.add_argument("--scenario", default="reentrancy-bank")
    of_latency.add_argument("--runs", type=int, default=10)
    of_storm.add_argument("--findings", type=int, default=100_000)
    of_storm.add_argument("--keys", type=int, default=1_000)
    of_storm.add_argument("--severity", default="high", choices=[each.word for each in Severity])
    of_kill.add_argument("--kills", type=int, default=50)
    of_kill.add_argument("--seed", type=int, default=1)
    of_kill.add_argument("--store", choices=("sqlite", "postgresql"), default="postgresql")
    for each in (of_latency, of_storm, of_kill):
        each.add_argument("--write", action="store_true")
    return asked.parse_args()


def _printed(lines: Iterable[str]) -> list[str]:
    told = []
    for line in lines:
        print(line, flush=True)
        told.append(line)
    return told


def _command(given: argparse.Namespace) -> str:
    asked = {name: value for name, value in vars(given).items() if name not in ("what", "write")}
    return " ".join(["python tools/response", given.what, *(f"--{name} {value}" for name, value in asked.items())])


def _where() -> str:
    today = dt.date.today().isoformat()
    return f"{today}, Python {platform.python_version()}, {platform.system()}, {os.cpu_count()} cores"


if __name__ == "__main__":
    raise SystemExit(main())
