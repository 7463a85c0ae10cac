"""Who acts at the command line: the person that is named, or else whoever is logged in on this machine."""

import getpass
from typing import Annotated

import typer

from tocsin.model.actor import Actor, ActorKind
from tocsin.model.errors import NotAllowed
from tocsin.respond.estate.fields import is_identity, shown

VARIABLE = "TOCSIN_USER"
As = Annotated[
    str,
    typer.Option(
        "--as",
        metavar="PERSON",
        envvar=VARIABLE,
        show_envvar=True,
        help="Who does it: an id of the estate. Else whoever is logged in here.",
    ),
]
"""An option of every command that does something in somebody's name."""


def acting(name: str) -> Actor:
    """The person of this id; of an empty one, whoever is logged in. Raises `NotAllowed` where nobody is known."""
    said = name or _login()
    if not is_identity(said):
        raise NotAllowed(f"{shown(said)} is no id of a person; say who you are: --as ada, or {VARIABLE}=ada")
    return Actor(ActorKind.USER, said)


def _login() -> str:
    """As the machine has it, in the form of an id."""
    try:
        return getpass.getuser().lower().replace(".", "-").replace("_", "-")
    except (OSError, KeyError):
        raise NotAllowed(f"nobody is logged in here; say who you are: --as ada, or {VARIABLE}=ada") from None
