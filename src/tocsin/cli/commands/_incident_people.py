"""Commands about who has an incident, who may see it, and what belongs to it."""

from typing import Annotated

import typer

from tocsin.app.incidents import access as incidents_access
from tocsin.app.incidents import incidents as app
from tocsin.app.incidents import joined as incidents_joined
from tocsin.cli.commands._incident_shared import SETTINGS, As, Config, Expect, Form, Name, Reason, acted
from tocsin.cli.options import Format
from tocsin.cli.render.console import note as tell
from tocsin.model.errors import Unacceptable

Other = Annotated[str, typer.Argument(metavar="OTHER", help="The other incident.")]


def ack(
    incident: Name, config: Config = SETTINGS, *, who: As = "", expect: Expect = None, form: Form = Format.TABLE
) -> None:
    """Say that you have it. You lead it, if nobody does yet."""
    acted(config, who, form, lambda desk, actor: app.acknowledge(desk, actor, incident, via="cli", expected=expect))


def assign(  # noqa: PLR0913 - the arguments and options of a command
    incident: Name,
    role: Annotated[str, typer.Argument(help="Such as commander, scribe, communications, chain_lead, legal.")],
    person: Annotated[str, typer.Argument(help="An id of the estate.")],
    config: Config = SETTINGS,
    *,
    who: As = "",
    expect: Expect = None,
    form: Form = Format.TABLE,
) -> None:
    """Give a person a role; whoever had it is released."""
    acted(
        config,
        who,
        form,
        lambda desk, actor: app.assign(desk, actor, incident, role=role, person=person, expected=expect),
    )


def release(  # noqa: PLR0913 - the arguments and options of a command
    incident: Name,
    role: Annotated[str, typer.Argument(help="The role that nobody has any more.")],
    config: Config = SETTINGS,
    *,
    reason: Reason = "",
    who: As = "",
    expect: Expect = None,
    form: Form = Format.TABLE,
) -> None:
    """Take a role back."""
    acted(
        config,
        who,
        form,
        lambda desk, actor: app.release(desk, actor, incident, role=role, reason=reason, expected=expect),
    )


def link(  # noqa: PLR0913 - the arguments and options of a command
    incident: Name,
    other: Other,
    config: Config = SETTINGS,
    *,
    how: Annotated[str, typer.Option(help="What OTHER is to it: parent, child, related or duplicate.")] = "related",
    who: As = "",
    expect: Expect = None,
    form: Form = Format.TABLE,
) -> None:
    """Say that two incidents belong together."""
    acted(
        config,
        who,
        form,
        lambda desk, actor: incidents_joined.link(desk, actor, incident, other=other, how=how, expected=expect),
    )


def merge(  # noqa: PLR0913 - the arguments and options of a command
    incident: Name,
    into: Annotated[str, typer.Argument(metavar="INTO", help="The incident in which it goes on.")],
    config: Config = SETTINGS,
    *,
    reason: Reason,
    who: As = "",
    expect: Expect = None,
    form: Form = Format.TABLE,
) -> None:
    """Let it go on in another incident, with its alerts and assets. Nothing of it is lost."""
    state = acted(
        config,
        who,
        form,
        lambda desk, actor: incidents_joined.merge(desk, actor, incident, into=into, reason=reason, expected=expect),
    )
    if form is Format.TABLE:
        tell(f"It goes on in {state.number}. Take it back: tocsin incident unmerge {incident} --why WHY")


def unmerge(
    incident: Name,
    config: Config = SETTINGS,
    *,
    reason: Reason,
    who: As = "",
    expect: Expect = None,
    form: Form = Format.TABLE,
) -> None:
    """Let a merged incident stand by itself again, with the alerts that it brought."""
    acted(
        config,
        who,
        form,
        lambda desk, actor: incidents_joined.unmerge(desk, actor, incident, reason=reason, expected=expect),
    )


def access(  # noqa: PLR0913 - the arguments and options of a command
    incident: Name,
    action: Annotated[str, typer.Argument(metavar="grant|revoke", help="Let a person see it, or no more.")],
    person: Annotated[str, typer.Argument(help="An id of the estate.")],
    config: Config = SETTINGS,
    *,
    reason: Reason,
    who: As = "",
    expect: Expect = None,
    form: Form = Format.TABLE,
) -> None:
    """Say who may see a restricted incident."""
    acts = {"grant": incidents_access.grant_access, "revoke": incidents_access.revoke_access}
    if action not in acts:
        raise Unacceptable(f"{action[:50]!r}: write grant or revoke")
    acted(
        config,
        who,
        form,
        lambda desk, actor: acts[action](desk, actor, incident, person=person, reason=reason, expected=expect),
    )


def restrict(  # noqa: PLR0913 - the arguments and options of a command
    incident: Name,
    config: Config = SETTINGS,
    *,
    reason: Reason,
    codename: Annotated[str, typer.Option(help="What it is called in front of others.")] = "",
    lift: Annotated[bool, typer.Option("--lift", help="Show it to everybody again.")] = False,
    who: As = "",
    expect: Expect = None,
    form: Form = Format.TABLE,
) -> None:
    """Show it only to those who are named in it, under a codename."""
    acted(
        config,
        who,
        form,
        lambda desk, actor: incidents_access.restrict(
            desk, actor, incident, is_restricted=not lift, codename=codename, reason=reason, expected=expect
        ),
    )
