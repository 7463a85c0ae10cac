"""The estate that the settings name."""

from pathlib import Path

from tocsin.app.settings import Settings
from tocsin.edge.rule_files import read_text
from tocsin.model.errors import EstateError, SourceError
from tocsin.respond.estate.estate import EMPTY, Estate
from tocsin.respond.estate.reading import parse


def read_estate(settings: Settings) -> Estate:
    """The estate in the file that the settings name; empty where they name none. Raises `EstateError`."""
    name = settings.estate.file
    return parse(estate_text(name), name) if name else EMPTY


def estate_text(name: str) -> str:
    """The text of an estate's file. Raises `EstateError`."""
    try:
        return read_text(Path(name))
    except SourceError as error:
        raise EstateError(
            f"{error}; [estate] file in tocsin.toml names it, and `tocsin estate init` writes one"
        ) from None
