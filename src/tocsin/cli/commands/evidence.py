"""
Keep evidence, record who has it, and prove it to others.

## What it does
`add FILE` takes a file into custody: its SHA-256 is worked out, its bytes are kept by it, read-only, and every act with
it is in the journal from then on. `list` and `show ID` tell what is kept and its custody record; `get ID` gives the
bytes out, for a reason. `hold`, `release`, `transfer` and `destroy` do what they say, and are recorded.

`export INCIDENT` writes a sealed bundle: the evidence, its custody, the incident's records, proofs that they are in
the journal, a signed checkpoint of the journal, time-stamps of third parties, an index for people, and a verifier that
needs nothing but Python. `verify BUNDLE` verifies one offline, and says exactly what fails; without a bundle it holds
everything that is kept against its digests, and the journal against every checkpoint. `checkpoint`, `time-stamp` and
`anchor` prove the journal to third parties; `tocsin serve` makes checkpoints by itself.

docs/evidence.md has the whole of it.

## Exit codes
0: done, and for `verify` nothing failed. 1: something failed verification, or the store or an authority could not be
used. 2: wrong usage, wrong settings, or a file that cannot be read.
"""

import json
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import IO, Annotated

import typer

from tocsin.app.evidence import custody as evidence
from tocsin.app.evidence.rules import Given
from tocsin.cli.acting import As
from tocsin.cli.command import Command, Sample
from tocsin.cli.commands._evidence_proof import Why, anchor, checkpoint, export, time_stamp, verify
from tocsin.cli.commands._incident_shared import SETTINGS, Config, Form, at_work
from tocsin.cli.options import Format
from tocsin.cli.render import evidence as shown
from tocsin.cli.render.console import note, results
from tocsin.cli.render.money import count
from tocsin.edge.whole_file import write_whole
from tocsin.model.errors import SourceError
from tocsin.respond.evidence.item import Copy, Item, Type

CHUNK_BYTES = 1 << 20
Id = Annotated[str, typer.Argument(metavar="ID", help="Of a piece of evidence; `list` shows them.")]
Of = Annotated[str | None, typer.Option("--incident", "-i", metavar="INCIDENT", help="Such as INC-2026-0042.")]
By = Annotated[str, typer.Option("--authority", help="By whose authority, such as a court order.")]
To = Annotated[str, typer.Option("--to", help="Who has it then.")]


def list_(incident: Of = None, config: Config = SETTINGS, *, form: Form = Format.TABLE, who: As = "") -> None:
    """Show what is kept, oldest first."""
    with at_work(config, who) as (desk, actor):
        pieces: list[Item] = []
        while part := evidence.listing(desk, actor, incident=incident, after=pieces[-1].id if pieces else ""):
            pieces += part
    if form is Format.JSON:
        for item in pieces:
            typer.echo(json.dumps(asdict(item)))
        return
    if pieces:
        results().print(shown.items(pieces))
    note(f"{count(len(pieces), 'piece')} of evidence.{'' if pieces else ' Begin: tocsin evidence add FILE'}")


def add(  # noqa: PLR0913 - Typer makes the options of them
    file: Annotated[str, typer.Argument(metavar="FILE", help="What to keep; - for standard input.")],
    why: Why,
    incident: Of = None,
    *,
    type_: Annotated[Type, typer.Option("--type", help="What it is.")] = Type.FILE,
    name: Annotated[str, typer.Option(help="What to call it; the file's name by default.")] = "",
    source: Annotated[str, typer.Option(help="Where it comes from.")] = "",
    method: Annotated[str, typer.Option(help="How it was got.")] = "",
    tool: Annotated[str, typer.Option(help="With which program, and its version.")] = "",
    sha256: Annotated[str, typer.Option(help="The digest it is to have; refused if it has another.")] = "",
    copy: Annotated[Copy, typer.Option(help="What it is to what was found.")] = Copy.ORIGINAL,
    parent: Annotated[str | None, typer.Option(metavar="ID", help="What it is a copy of, or made from.")] = None,
    config: Config = SETTINGS,
    form: Form = Format.TABLE,
    who: As = "",
) -> None:
    """Take a file into custody."""
    given = Given(
        name=name or Path(file).name,
        why=why,
        type=type_,
        source=source,
        method=method,
        tool=tool,
        copy=copy,
        parent=parent,
        incident=incident,
    )
    with at_work(config, who) as (desk, actor):
        item = evidence.add(desk, actor, given, _chunks(file), sha256=sha256)
    if form is Format.JSON:
        typer.echo(json.dumps(asdict(item)))
        return
    results().print(shown.facts(item))
    note(f"Kept. Its custody record: tocsin evidence show {item.id}")


def show(identity: Id, config: Config = SETTINGS, *, form: Form = Format.TABLE, who: As = "") -> None:
    """Show one piece and its custody record."""
    with at_work(config, who) as (desk, actor):
        item, entries = evidence.show(desk, actor, identity)
    if form is Format.JSON:
        typer.echo(json.dumps({**asdict(item), "custody": [json.loads(entry.line) for entry in entries]}))
        return
    results().print(shown.facts(item))
    results().print(shown.custody(entries))


def get(
    identity: Id,
    out: Annotated[str, typer.Option("--out", "-o", metavar="FILE", help="Where to write it; - for standard output.")],
    why: Why,
    config: Config = SETTINGS,
    who: As = "",
) -> None:
    """Give the bytes out, held against their digest; the access is recorded."""
    with at_work(config, who) as (desk, actor):
        item, chunks = evidence.get(desk, actor, identity, why)

        def fill(file: IO[bytes]) -> None:
            for chunk in chunks:
                file.write(chunk)

        if out == "-":
            fill(sys.stdout.buffer)
        else:
            write_whole(Path(out), fill)
    note(f"{item.size:,} bytes, SHA-256 {item.sha256}")


def hold(
    identity: Id,
    why: Why,
    *,
    lift: Annotated[bool, typer.Option("--lift", help="Lift it.")] = False,
    by: By = "",
    config: Config = SETTINGS,
    who: As = "",
) -> None:
    """Set or lift a legal hold: while it is set nobody destroys the piece."""
    with at_work(config, who) as (desk, actor):
        evidence.hold(desk, actor, identity, why, on=not lift, by=by)
    note("The legal hold is lifted." if lift else "Under legal hold.")


def release(identity: Id, to: To, why: Why, config: Config = SETTINGS, who: As = "") -> None:
    """Record that somebody else keeps a piece from now on."""
    with at_work(config, who) as (desk, actor):
        evidence.release(desk, actor, identity, why, to=to)
    note("Released; the bytes stay here too.")


def transfer(identity: Id, to: To, why: Why, config: Config = SETTINGS, who: As = "") -> None:
    """Record that a piece went from one keeper to another."""
    with at_work(config, who) as (desk, actor):
        evidence.transfer(desk, actor, identity, why, to=to)
    note("Recorded.")


def destroy(identity: Id, why: Why, by: By = "", config: Config = SETTINGS, who: As = "") -> None:
    """Take a piece's bytes away for good; what was known of it stays."""
    with at_work(config, who) as (desk, actor):
        evidence.destroy(desk, actor, identity, why, by=by)
    note("Destroyed; its custody record stays.")


def _chunks(file: str) -> Iterator[bytes]:
    try:
        with sys.stdin.buffer if file == "-" else Path(file).open("rb") as source:
            while chunk := source.read(CHUNK_BYTES):
                yield chunk
    except OSError as error:
        raise SourceError(f"{file}: cannot be read: {error.strerror}") from None


command = Command(
    id="evidence",
    subcommands=(
        ("list", list_),
        ("add", add),
        ("show", show),
        ("get", get),
        ("verify", verify),
        ("hold", hold),
        ("release", release),
        ("transfer", transfer),
        ("destroy", destroy),
        ("export", export),
        ("checkpoint", checkpoint),
        ("time-stamp", time_stamp),
        ("anchor", anchor),
    ),
    samples=(
        Sample(
            says="No settings are there",
            arguments=("evidence", "list", "--config", "absent.toml"),
            exit_code=2,
            shows=("absent.toml",),
        ),
        Sample(
            says="A bundle that is not there",
            arguments=("evidence", "verify", "absent.zip"),
            exit_code=2,
            shows=("absent.zip", "cannot be read"),
        ),
    ),
)
