"""
What channels.toml says: the channels there are, and the groups of stakeholders that updates go to.

`[channel.NAME]` has what all kinds share, and the settings of its kind. `[group.NAME]` has who is told, how, and how
far it goes. `${NAME}` in a text is an environment variable. A wrong file raises `EstateError` that names the table.
"""

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, TypeVar

from tocsin.app.settings import read_table, refuse_unknown
from tocsin.model.errors import EstateError, SettingError
from tocsin.model.setting import Secret, setting
from tocsin.respond.channels import tlp
from tocsin.respond.channels.catalogue import kinds
from tocsin.respond.channels.channel import Channel

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """What every channel may say, whatever its kind."""

    kind: str = setting("Which kind of channel it is: docs/reference/channels has all.")
    allow_private: bool = setting("Whether it may connect to this machine and private networks.", False)
    seconds: float = setting("How long a message may take until it counts as not taken.", 10.0, least=0.1, most=120.0)
    most_confidential: str = setting("The most confidential TLP 2.0 label that may go over it.", "amber+strict")


@dataclass(frozen=True, slots=True, kw_only=True)
class Configured:
    """One channel as it is set up."""

    name: str
    channel: Channel
    shared: Shared
    settings: Any

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must not be seen in a log or an error."""
        values = (getattr(self.settings, each.name) for each in fields(self.settings))
        return tuple(value.reveal for value in values if isinstance(value, Secret) and value.reveal)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelFile:
    """Everything channels.toml says."""

    channels: Mapping[str, Configured]


NOTHING = ChannelFile(channels={})


def read_channel_file(name: str, environment: Mapping[str, str]) -> ChannelFile:
    """What the file of this name says; nothing where the name is empty. Raises `EstateError`."""
    if not name:
        return NOTHING
    try:
        return parse_channels(Path(name).read_text(encoding="utf-8"), name, environment)
    except FileNotFoundError:
        raise EstateError(f"{name}: there is no such file; [estate] channels in tocsin.toml names it") from None
    except (OSError, UnicodeDecodeError) as error:
        raise EstateError(f"{name}: cannot be read as text: {type(error).__name__}") from None


def parse_channels(text: str, name: str, environment: Mapping[str, str]) -> ChannelFile:
    """What a text says, of a file called `name`. Raises `EstateError`."""
    try:
        given = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise EstateError(f"{name}: not TOML: {error}") from None
    return _as_estate_error(lambda: _parsed(given, name, environment))


def _as_estate_error(read: Callable[[], T]) -> T:
    try:
        return read()
    except SettingError as error:
        raise EstateError(str(error)) from None


def _parsed(given: Mapping[str, Any], name: str, environment: Mapping[str, str]) -> ChannelFile:
    refuse_unknown(given, ("channel",), f"{name}: table")
    return ChannelFile(
        channels={
            each: _channel(each, table, f"{name}: [channel.{each}]", environment)
            for each, table in _tables(given, "channel", name).items()
        }
    )


def _tables(given: Mapping[str, Any], table: str, name: str) -> Mapping[str, Mapping[str, Any]]:
    found = given.get(table, {})
    if not isinstance(found, dict) or not all(isinstance(each, dict) for each in found.values()):
        raise SettingError(f"{name}: write [{table}.NAME], with a name for each {table}")
    return found


def _channel(name: str, table: Mapping[str, Any], where: str, environment: Mapping[str, str]) -> Configured:
    common = {each.name for each in fields(Shared)}
    shared = read_table(Shared, {key: value for key, value in table.items() if key in common}, where, environment)
    refuse_unknown({shared.kind: None}, tuple(kinds()), f"{where}: kind")
    channel = kinds()[shared.kind]
    own = {key: value for key, value in table.items() if key not in common}
    declared = tuple(each.name for each in fields(channel.settings))
    refuse_unknown(own, (*declared, *sorted(common)), f"{where}: setting")
    settings = read_table(channel.settings, own, where, environment)
    if problem := channel.wrong(settings):
        raise SettingError(f"{where}: {problem}")
    _label(shared.most_confidential, f"{where} most_confidential")
    return Configured(name=name, channel=channel, shared=shared, settings=settings)


def _label(text: str, where: str) -> tlp.Tlp:
    try:
        return tlp.label(text)
    except ValueError as error:
        raise SettingError(f"{where}: {error}") from None
