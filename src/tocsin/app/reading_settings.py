"""Reading the settings from their file, and what of them no log may show.."""

from collections.abc import Mapping
from pathlib import Path

from tocsin.app.settings import Settings, parse
from tocsin.edge.rpc import urls
from tocsin.edge.store.engine import password
from tocsin.model.errors import SettingError


def read_settings(path: Path, environment: Mapping[str, str]) -> Settings:
    """The settings in this file. Raises `SettingError`."""
    try:
        return parse(path.read_text(encoding="utf-8"), str(path), environment)
    except FileNotFoundError:
        raise SettingError(
            f"{path}: there is no such file; `tocsin init` writes one to begin with, or name another with --config"
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise SettingError(f"{path}: cannot be read as text: {type(error).__name__}") from None


def secrets(settings: Settings) -> tuple[str, ...]:
    """Whatever in the settings must not be seen in a log."""
    endpoints = [one.reveal for chain in settings.chains for one in (*chain.endpoints, *chain.beacon_urls)]
    return (password(settings.store.url.reveal), *(part for url in endpoints for part in urls.secrets(url)))
