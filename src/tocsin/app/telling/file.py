"""
What channels.toml says: the channels there are, and the groups of stakeholders that updates go to.

`[channel.NAME]` has what all kinds share, and the settings of its kind. `[group.NAME]` has who is told, how, and how
far it goes. `${NAME}` in a text is an environment variable. A wrong file raises `EstateError` that names the table.
"""

import difflib
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields
from importlib.resources import files
from pathlib import Path
from typing import Any, TypeVar

import tocsin.respond.templates
from tocsin.app.settings import read_table, refuse_unknown
from tocsin.edge.rpc.urls import HIDDEN, without_secrets
from tocsin.model.errors import EstateError, SettingError, Unacceptable
from tocsin.model.setting import Secret, setting
from tocsin.respond.channels import tlp
from tocsin.respond.channels.catalogue import kinds
from tocsin.respond.channels.channel import Channel
from tocsin.respond.channels.tlp import Reach
from tocsin.respond.updates.group import Group, Recipient
from tocsin.respond.updates.text import SAMPLE, rendered

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

    def without_secrets(self, text: str) -> str:
        """The text with every secret of the channel hidden, and whatever of a secret URL may be a key."""
        for secret in self.secrets:
            text = without_secrets(text.replace(secret, HIDDEN), secret) if "://" in secret else text
        for secret in sorted(self.secrets, key=len, reverse=True):
            text = text.replace(secret, HIDDEN)
        return text


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelFile:
    """Everything channels.toml says."""

    channels: Mapping[str, Configured]
    groups: Mapping[str, Group]


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupTable:
    """Stakeholders who are told the same; `to` lists their addresses, each with channel and address."""

    says: str = setting("Who they are.", "")
    reach: str = setting("How far it goes: person, organisation, clients, community or public.")
    template: str = setting("The template: team, executives, customers, partners, regulators, public, or a file.")


NOTHING = ChannelFile(channels={}, groups={})
MOST_RECIPIENTS = 1_000


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
    refuse_unknown(given, ("channel", "group"), f"{name}: table")
    channels = {
        each: _channel(each, table, f"{name}: [channel.{each}]", environment)
        for each, table in _tables(given, "channel", name).items()
    }
    groups = {
        each: _Groups(channels, Path(name).parent, f"{name}: [group.{each}]").group(each, table, environment)
        for each, table in _tables(given, "group", name).items()
    }
    return ChannelFile(channels=channels, groups=groups)


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


@dataclass(frozen=True, slots=True)
class _Groups:
    """Reads groups that are told on these channels; templates that are files are in or below `folder`."""

    channels: Mapping[str, Configured]
    folder: Path
    where: str

    def group(self, name: str, table: Mapping[str, Any], environment: Mapping[str, str]) -> Group:
        own = {key: value for key, value in table.items() if key != "to"}
        refuse_unknown(own, (*(each.name for each in fields(GroupTable)), "to"), f"{self.where}: setting")
        told = read_table(GroupTable, own, self.where, environment)
        refuse_unknown({told.reach: None}, tuple(each.value for each in Reach), f"{self.where}: reach")
        return Group(
            name=name,
            says=told.says,
            reach=Reach(told.reach),
            template=self._template(told.template),
            to=self._recipients(table.get("to")),
        )

    def _recipients(self, given: Any) -> tuple[Recipient, ...]:
        if not isinstance(given, list) or not 0 < len(given) <= MOST_RECIPIENTS:
            raise SettingError(f'{self.where} to: write to = [{{channel = "NAME", address = "WHOM"}}], one or more')
        return tuple(self._recipient(each, f"{self.where} to, number {number}") for number, each in enumerate(given, 1))

    def _recipient(self, given: Any, where: str) -> Recipient:
        if not isinstance(given, dict) or set(given) != {"channel", "address"} or not _are_texts(given.values()):
            raise SettingError(f'{where}: write {{channel = "NAME", address = "WHOM"}}')
        if not self.channels:
            raise SettingError(f"{where}: there is no [channel.NAME] in this file")
        refuse_unknown({given["channel"]: None}, tuple(self.channels), f"{where}: channel")
        if problem := self.channels[given["channel"]].channel.misaddressed(given["address"]):
            raise SettingError(f"{where}: {problem}")
        return Recipient(channel=given["channel"], address=given["address"])

    def _template(self, name: str) -> str:
        built_in = files(tocsin.respond.templates) / f"{name}.txt"
        is_built_in = name.isidentifier() and built_in.is_file()
        try:
            text = built_in.read_text() if is_built_in else (self.folder / name).read_text(encoding="utf-8")
            rendered(text, SAMPLE)
        except (OSError, UnicodeDecodeError) as error:
            raise SettingError(f"{self.where} template: {_no_template(name)}: {type(error).__name__}") from None
        except (EstateError, Unacceptable) as error:
            raise SettingError(f"{self.where} template {name}: {error}") from None
        return text


def _no_template(name: str) -> str:
    known = sorted(
        each.name.removesuffix(".txt") for each in files(tocsin.respond.templates).iterdir() if ".txt" in each.name
    )
    near = difflib.get_close_matches(name, known, n=1, cutoff=0)
    return f"no template or file {name!r}; did you mean {near[0]!r}? Known: {', '.join(known)}, or a file"


def _are_texts(values: Iterable[Any]) -> bool:
    return all(isinstance(value, str) for value in values)


def _label(text: str, where: str) -> tlp.Tlp:
    try:
        return tlp.label(text)
    except ValueError as error:
        raise SettingError(f"{where}: {error}") from None
