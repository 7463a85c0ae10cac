"""The files that `tocsin init` writes: they work as they are, and say what to change."""

from collections.abc import Mapping
from importlib.resources import files

from tocsin.respond.estate.starting import STARTING

FIRST = "first"
"""Who stands in the files until they are filled in."""
_SHIPPED = ("tocsin.toml", "oncall.toml", "channels.toml")


def starting_files(person: str) -> Mapping[str, str]:
    """The text of each file by its name, with the id of whom to call first."""
    texts = {name: (files(__name__) / name).read_text(encoding="utf-8") for name in _SHIPPED}
    return {name: _named(text, person) for name, text in {**texts, "estate.toml": STARTING}.items()}


def _named(text: str, person: str) -> str:
    return text.replace(f'"{FIRST}"', f'"{person}"').replace(f"{FIRST}@", f"{person}@")
