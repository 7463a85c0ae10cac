"""Write docs/reference/ from the extensions themselves: one page each. With --check, fail if a page differs."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

from fastapi.routing import APIRoute

import tocsin.chain.datasets
import tocsin.chain.sources
import tocsin.cli.commands
import tocsin.detect.detectors
import tocsin.exercise.activities
import tocsin.exercise.scenarios
import tocsin.intel.feeds
import tocsin.respond.channels.kinds
import tocsin.respond.exports
import tocsin.respond.obligations
import tocsin.respond.reports.sections
import tocsin.web.routes
from tocsin.app import settings
from tocsin.chain.source import Source
from tocsin.cli.command import Command
from tocsin.detect.detector import Detector
from tocsin.edge.anvil import VERSION
from tocsin.exercise.activity import Activity
from tocsin.exercise.packages import PACKAGES
from tocsin.exercise.scenario import Scenario
from tocsin.intel.feed import Feed
from tocsin.model.extension import Extension, load_with_modules, page, summary
from tocsin.respond.channels.channel import Channel
from tocsin.respond.export import Export
from tocsin.respond.obligation import NOT_LEGAL_ADVICE, Obligation
from tocsin.respond.reports.building import kinds
from tocsin.respond.reports.section import Section
from tocsin.tables.dataset import Dataset
from tocsin.web.api import PREFIX
from tocsin.web.asking import Needs
from tocsin.web.resource import Resource

TITLES = {"api": "API"}
"""Where the name of the folder is no title."""
DOCS = Path(__file__).parents[1] / "docs" / "reference"


def of_detector(detector: Detector) -> str:
    """What a detector reads, how bad it can be, and its examples."""
    reads = "\n".join(
        f"- `{name}`{f' ({read.condition})' if read.condition else ''}: {', '.join(map('`{}`'.format, read.columns))}"
        for name, read in detector.reads.items()
    )
    examples = "\n".join(f"- {'fires' if e.finds else 'quiet'}: {e.says}" for e in detector.examples)
    severity = f"Severity: up to {detector.severity.word}."
    return f"{severity}\n\n## Reads\n\n{reads}\n\n## Examples, run by the tests\n\n{examples}"


def of_dataset(dataset: Dataset) -> str:
    """The columns of a dataset and what it is derived from."""
    columns = "\n".join(
        f"| `{name}` | {column.unit} | {'' if column.required else 'may be null'} | {column.says} |"
        for name, column in dataset.columns.items()
    )
    sources = " or ".join(" and ".join(f"`{name}`" for name in names) for names in dataset.needs)
    derived = f"Derived from {sources}.\n\n" if sources else ""
    return f"{derived}## Columns\n\n| column | unit | | what it says |\n|---|---|---|---|\n{columns}"


def of_command(command: Command) -> str:
    """The sample sessions of a command."""
    sessions = "\n".join(f"- {sample.says}: `tocsin {' '.join(sample.arguments)}`" for sample in command.samples)
    return f"## Samples, run by the tests\n\n{sessions}"


def of_scenario(scenario: Scenario) -> str:
    """How fast people must respond, where it stands in taxonomies, what is expected of detection."""
    tags = "\n".join(f"- {tag.code}: {tag.says}" for tag in scenario.tags)
    expects = scenario.expects
    names = ", ".join(f"[{name}](../detectors/{name}.md)" for name in expects.detectors)
    wanted = f"a finding of {expects.severity.word} or more within {expects.within_seconds} s of when it could be known"
    said = f"{wanted}, by {names}" if names else f"{wanted}; no detector that is there can see it yet"
    return f"## Taxonomy\n\n{tags}\n\n## What is expected\n\nPriority {scenario.priority.value}: {said}."


def of_activity(activity: Activity) -> str:
    """How often it happens."""
    return f"Rate in the everyday profile: {activity.rate:g}."


PACKAGES_SAYS = """# Packages of the range

Generated from the code by `make docs`. `tocsin range setup` fetches them from the npm registry, each held against a
pinned SHA-512; nothing of them is part of tocsin. The licences are those that their package.json names; whoever fetches
them is bound by them.

| package | version | licence | what is used |
|---|---|---|---|
"""


def packages_page() -> str:
    """The published packages the range fetches, with their licences."""
    rows = [(each.name, each.version, each.licence, each.says) for each in PACKAGES]
    rows.append(("@foundry-rs/anvil-*", VERSION, "MIT OR Apache-2.0", "the node"))
    return PACKAGES_SAYS + "".join(f"| {' | '.join(row)} |\n" for row in rows)


def of_source(_: Source) -> str:
    """A source's page says it all."""
    return ""


def of_feed(feed: Feed) -> str:
    """The examples of a feed."""
    examples = "\n".join(f"- {'refused' if e.refuses else 'read'}: {e.says}" for e in feed.examples)
    return f"## Examples, run by the tests\n\n{examples}"


def of_export(export: Export) -> str:
    """How a file of an export is called and typed."""
    return f"Files end in `{export.ending}` and are of the media type `{export.media_type}`."


def of_section(section: Section) -> str:
    """The reports that have a section."""
    having = ", ".join(kind for kind, chosen in kinds().items() if section.id in chosen)
    return f"Heading: {section.title}. In reports of the kinds: {having}."


def of_obligation(obligation: Obligation) -> str:
    """The clocks of a regime, and its examples."""
    rows = "\n".join(f"| `{each.id}` | {each.says} | {each.recipient} | {each.note} |" for each in obligation.clocks)
    examples = "\n".join(f"- {example.says}" for example in obligation.examples)
    held = f"Held against its sources on {obligation.reviewed_on}. {NOT_LEGAL_ADVICE}"
    if not obligation.is_in_force:
        held += " It is not in force: its clocks run for nobody."
    clocks = f"## Clocks\n\n| rule | until | told | |\n|---|---|---|---|\n{rows}"
    return f"{held}\n\n{clocks}\n\n## Examples, run by the tests\n\n{examples}"


def of_resource(resource: Resource) -> str:
    """The routes of a resource, and the scope that each needs."""
    routes = [route for route in resource.router.routes if isinstance(route, APIRoute)]
    rows = "\n".join(
        f"| `{method} {PREFIX}{route.path}` | {_scope(route)} | {' '.join(route.description.split())} |"
        for route in routes
        for method in sorted(route.methods)
    )
    return f"## Routes\n\n| route | needs | what it does |\n|---|---|---|\n{rows}"


def _scope(route: APIRoute) -> str:
    needs = [each.call.scope for each in route.dependant.dependencies if isinstance(each.call, Needs)]
    return f"`{needs[0]}`" if needs else "nobody must be known"


def of_channel(channel: Channel) -> str:
    """The settings of a kind of channel, the form of its addresses, its limits, and its examples."""
    table = "| setting | default | meaning |\n|---|---|---|"
    rows = "\n".join(settings.rows(channel.settings))
    limit = f" {channel.limit.says}." if channel.limit else ""
    examples = "\n".join(f"- {example.says}" for example in channel.examples)
    address = f"## Address\n\n{channel.address.says}.{limit}"
    return f"## Settings\n\n{table}\n{rows}\n\n{address}\n\n## Examples, run by the tests\n\n{examples}"


KINDS: tuple[tuple[str, ModuleType, type[Extension], Callable[[Any], str]], ...] = (
    ("detectors", tocsin.detect.detectors, Detector, of_detector),
    ("datasets", tocsin.chain.datasets, Dataset, of_dataset),
    ("sources", tocsin.chain.sources, Source, of_source),
    ("feeds", tocsin.intel.feeds, Feed, of_feed),
    ("obligations", tocsin.respond.obligations, Obligation, of_obligation),
    ("channels", tocsin.respond.channels.kinds, Channel, of_channel),
    ("exports", tocsin.respond.exports, Export, of_export),
    ("report_sections", tocsin.respond.reports.sections, Section, of_section),
    ("api", tocsin.web.routes, Resource, of_resource),
    ("commands", tocsin.cli.commands, Command, of_command),
    ("scenarios", tocsin.exercise.scenarios, Scenario, of_scenario),
    ("activities", tocsin.exercise.activities, Activity, of_activity),
)


def pages() -> Iterator[tuple[Path, str]]:
    """Every generated page: where it stands and what it says."""
    for folder, package, kind, facts in KINDS:
        members = list(load_with_modules(package, kind))
        for extension, module in members:
            yield DOCS / folder / f"{extension.id}.md", render(extension, module, facts)
        yield DOCS / folder / "README.md", contents(folder, members)
    yield DOCS / "settings.md", settings.reference()
    yield DOCS / "packages.md", packages_page()


def render(extension: Extension, module: ModuleType, facts: Callable[[Any], str]) -> str:
    """One extension's page: its docstring, then what can be read off its value."""
    first, _, rest = page(module).partition("\n")
    return f"# {extension.id}\n\n{first}\n\n{rest.strip()}\n\n{facts(extension)}".rstrip() + "\n"


def contents(folder: str, members: list[tuple[Any, ModuleType]]) -> str:
    """The list of one kind's pages."""
    lines = "\n".join(f"- [{e.id}]({e.id}.md): {summary(module)}" for e, module in members)
    title = TITLES.get(folder, folder.replace("_", " ").capitalize())
    return f"# {title}\n\nGenerated from the code by `make docs`.\n\n{lines}\n"


def stale() -> list[Path]:
    """Pages that differ from what they should say, are missing, or have no extension any more."""
    due = dict(pages())
    wrong = [path for path, text in due.items() if not path.exists() or path.read_text() != text]
    return wrong + [path for path in DOCS.rglob("*.md") if path not in due]


def main() -> int:
    """Generate, or compare."""
    if "--check" in sys.argv:
        wrong = stale()
        print(*(f"{path}: out of date; run `make docs`" for path in wrong), sep="\n", end="\n" if wrong else "")
        return bool(wrong)
    due = dict(pages())
    for path in set(DOCS.rglob("*.md")) - set(due):
        path.unlink()
    for path, text in due.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
