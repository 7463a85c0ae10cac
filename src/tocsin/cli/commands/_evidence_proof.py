"""The commands that prove evidence: bundles, checkpoints, time-stamps, anchors."""

import asyncio
import json
import os
from pathlib import Path
from typing import Annotated

import typer

from tocsin.app.desk import Desk
from tocsin.app.evidence import anchor as evidence_anchor
from tocsin.app.evidence import export as evidence_export
from tocsin.app.evidence.audit import faults
from tocsin.app.evidence.check import check
from tocsin.app.evidence.checkpoint import seal
from tocsin.app.evidence.stamps import STAMP_RETRY, stampers_of
from tocsin.app.evidence.verify import verified
from tocsin.app.reading_settings import read_settings
from tocsin.app.settings import ChainSettings, Settings
from tocsin.cli.acting import As
from tocsin.cli.commands._incident_shared import SETTINGS, Config, Form, Name, at_work
from tocsin.cli.options import Format
from tocsin.cli.render import evidence as shown
from tocsin.cli.render.console import note, results, warn
from tocsin.cli.render.money import count
from tocsin.edge import nodes
from tocsin.edge.evidence.key import SigningKey, signing_key
from tocsin.edge.store import log_checkpoints
from tocsin.edge.store.errors import named_errors
from tocsin.edge.store.log_checkpoints import Anchor, SealedCheckpoint
from tocsin.model.errors import SettingError, SourceError, Unacceptable
from tocsin.respond.evidence import stamps
from tocsin.respond.evidence.standalone import FAIL

FAILED = 1
Why = Annotated[str, typer.Option("--why", "-w", help="For what purpose; it stands in the custody record for ever.")]
Out = Annotated[Path, typer.Option("--out", "-o", metavar="FILE", help="Where to write it.")]


def key_of(settings: Settings) -> SigningKey:
    """The key that signs, made at first use. Raises `SettingError`."""
    return signing_key(Path(settings.evidence.key))


def export(incident: Name, out: Out, why: Why, config: Config = SETTINGS, who: As = "") -> None:
    """Write an incident's evidence as a sealed bundle that anybody can verify offline."""
    with at_work(config, who) as (desk, actor):
        key = key_of(desk.settings)
        begun = evidence_export.begin(desk, actor, incident, why)
        sealed = seal(desk, key)
        _stamped(desk)
        parts = evidence_export.contents(desk, begun, sealed)
        evidence_export.write(desk, parts, key, out)
    note(f"Written: {out}, {count(len(begun.items), 'piece')} of {begun.number}, journal of {sealed.size} records.")
    note(f"Its key, to be told by another way than the bundle: {key.verifying.text}")
    note(f"To verify it: tocsin evidence verify {out} --key KEYFILE, or python3 verify.py {out} --key KEYFILE")


def verify(  # noqa: PLR0913, PLR0917 - Typer makes the options of them
    bundle: Annotated[
        Path | None, typer.Argument(metavar="BUNDLE", help="A bundle; without one, all that is kept.")
    ] = None,
    key: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The line of the key that is to have signed.")
    ] = None,
    checkpoint: Annotated[Path | None, typer.Option(metavar="FILE", help="A checkpoint that you kept.")] = None,
    roots: Annotated[Path | None, typer.Option(metavar="FILE", help="Root certificates of time-stamps, PEM.")] = None,
    why: Why = "verification",
    show_all: Annotated[bool, typer.Option("--all", help="Show what passed too.")] = False,
    config: Config = SETTINGS,
    form: Form = Format.TABLE,
    who: As = "",
) -> None:
    """Verify a bundle offline, or everything that is kept; say exactly what fails."""
    if bundle is None:
        _verify_all(config, who, why, form)
        return
    told = verified(
        bundle,
        key="" if key is None else _read(key).decode("utf-8", "replace"),
        known=b"" if checkpoint is None else _read(checkpoint),
        roots=() if roots is None else stamps.read_roots(_read(roots), str(roots)),
    )
    failed = sum(each.outcome == FAIL for each in told)
    if form is Format.JSON:
        for each in told:
            typer.echo(json.dumps({"what": each.what, "outcome": each.outcome, "says": each.says}))
    else:
        results().print(shown.found(told, is_all=show_all))
        note(shown.verdict(told))
    if failed:
        raise typer.Exit(FAILED)


def _verify_all(config: Path, who: str, why: str, form: Format) -> None:
    with at_work(config, who) as (desk, actor):
        found = check(desk, actor, why)
        wrong = faults(desk, key_of(desk.settings).verifying)
    if form is Format.JSON:
        told = {"sound": found.sound, "changed": found.changed, "missing": found.missing, "left_over": found.orphans}
        typer.echo(json.dumps({**told, "journal": wrong}))
    else:
        for identity in found.changed:
            warn(f"evidence {identity}: its bytes are not those that were kept")
        for identity in found.missing:
            warn(f"evidence {identity}: its bytes are gone")
        for each in wrong:
            warn(f"journal: {each}")
        for left in found.orphans:
            note(f"Left over, of no piece: {left}")
        note(
            f"{count(found.sound, 'piece')} as kept; the journal {'does not fit' if wrong else 'is as it was signed'}."
        )
    if wrong or not found.is_sound:
        raise typer.Exit(FAILED)


def checkpoint(config: Config = SETTINGS, *, form: Form = Format.TABLE) -> None:
    """Sign the journal as it is now, and show the signed checkpoint: give it to somebody to keep."""
    with at_work(config, "") as (desk, _):
        key = key_of(desk.settings)
        sealed = seal(desk, key)
    if form is Format.JSON:
        told = {"size": sealed.size, "root": sealed.root, "note": sealed.note, "key": key.verifying.text}
        typer.echo(json.dumps(told))
        return
    typer.echo(sealed.note, nl=False)
    note(f"The key: {key.verifying.text}")
    note(f"Its fingerprint: {key.verifying.fingerprint}")


def time_stamp(config: Config = SETTINGS) -> None:
    """Sign the journal and have the checkpoint time-stamped now (RFC 3161)."""
    with at_work(config, "") as (desk, _):
        if not desk.settings.evidence.time_stampers:
            raise SettingError("no authority is named; write [evidence] time_stampers in the settings")
        sealed = seal(desk, key_of(desk.settings))
        _stamped(desk)
        with named_errors(), desk.store.engine.begin() as connection:
            mine = [each for each in log_checkpoints.stamps(connection) if each.size == sealed.size]
    for each in mine:
        note(f"{each.authority} says: the first {each.size} records existed at {shown.time(each.stamped_at)}")
    if not mine:
        warn("no authority answered; the health alert says why, and `tocsin serve` goes on asking")
        raise typer.Exit(FAILED)


def anchor(
    chain: Annotated[str, typer.Option(metavar="NAME", help="Of a [[chain]] of the settings.")],
    account: Annotated[str, typer.Option("--from", metavar="ADDRESS", help="The account that sends it.")] = "",
    *,
    send: Annotated[
        bool, typer.Option("--send", help="Let the chain's first node send it: it holds the account.")
    ] = False,
    transaction: Annotated[str, typer.Option(metavar="HASH", help="It was sent: read it back and keep it.")] = "",
    config: Config = SETTINGS,
) -> None:
    """Put the newest checkpoint into a transaction: show it to be signed, have it sent, or read it back."""
    settings = read_settings(config, os.environ)
    of = next((each for each in settings.chains if each.name == chain), None)
    if of is None:
        raise SettingError(f"no chain {chain!r}; the settings have: {', '.join(each.name for each in settings.chains)}")
    if not transaction and not account:
        raise Unacceptable("--from: say which account is to send it, or --transaction which one was sent")
    with at_work(config, "") as (desk, _):
        sealed = seal(desk, key_of(settings))
        if not transaction and not send:
            typer.echo(json.dumps(evidence_anchor.unsigned(sealed, of.chain_id, account)))
            note("Sign and send it, then: tocsin evidence anchor --chain NAME --transaction HASH")
            return
        made = asyncio.run(_anchored(desk, of, sealed, account, transaction))
    note(
        f"The first {made.size} records are anchored in block {made.block_number}, transaction {made.transaction_hash}."
    )


async def _anchored(
    desk: Desk, chain: ChainSettings, sealed: SealedCheckpoint, account: str, transaction: str
) -> Anchor:
    """With one node alone: asked twice, a transaction would be sent twice."""
    one = await nodes.connect([chain.endpoints[0].reveal], chain_id=chain.chain_id)
    try:
        asks = one.witness()
        sent = transaction or await evidence_anchor.send(asks, sealed, chain.chain_id, account)
        return await evidence_anchor.read_back(desk, asks, chain.chain_id, sent, attempts=evidence_anchor.ATTEMPTS)
    finally:
        await one.close()


def _stamped(desk: Desk) -> None:
    asyncio.run(stampers_of(desk.settings.evidence, STAMP_RETRY).stamp(desk))


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise SourceError(f"{path}: cannot be read: {error.strerror}") from None
