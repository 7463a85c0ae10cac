"""The page about watching says what the program does."""

import re
from pathlib import Path

from prometheus_client import generate_latest

from tocsin.app.chosen import detectors_of
from tocsin.app.pending import watch as pending_watch
from tocsin.app.settings import parse
from tocsin.app.simulation import watch as simulation_watch
from tocsin.app.watching import deliver, monitor, watch, worker
from tocsin.detect.catalogue import detectors
from tocsin.edge.metrics import Metrics
from tocsin.edge.store import gaps

PAGE = (Path(__file__).parents[1] / "docs" / "watching.md").read_text()
ENVIRONMENT = {"NODE_KEY": "a-key", "BACKUP_KEY": "another-key", "DATABASE_PASSWORD": "a-password"}


def test_the_settings_on_the_page_are_right() -> None:
    example, beacon = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)

    assert len(parse(beacon, "watching.md", ENVIRONMENT).chains[0].validators) == 2
    settings = parse(example, "watching.md", ENVIRONMENT)

    assert [chain.name for chain in settings.chains] == ["mainnet", "base"]
    assert "arbitrage" not in detectors_of(settings.chains[1], detectors())


def test_the_page_names_every_metric_and_no_other() -> None:
    metrics = Metrics(lambda: 0.0)
    table = PAGE.partition("## Metrics")[2].partition("## ")[0]
    rows = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    named = {name for row in rows for name in re.findall(r"`(\w+)`", row)}

    helped = re.findall(r"^# HELP tocsin_(\w+)", generate_latest(metrics.registry).decode(), re.MULTILINE)

    assert named == {name for name in helped if not name.endswith("_created")}


def test_the_page_explains_every_kind_of_health_alert() -> None:
    table = PAGE.partition("## Health alerts")[2].partition("## ")[0]
    named = set(re.findall(r"^\| `([\w-]+)`", table, re.MULTILINE))
    sources = "".join(Path(str(module.__file__)).read_text() for module in (deliver, gaps, monitor, watch))
    opened = set(re.findall(r'kind="([\w-]+)"', sources)) | set(re.findall(r'_judge\("(\w+)"', sources))
    opened |= {"endpoint", "heads", worker.DEFECT, pending_watch.KIND, simulation_watch.KIND}
    opened |= {kind for _, kind in worker.KINDS}

    assert named == opened
