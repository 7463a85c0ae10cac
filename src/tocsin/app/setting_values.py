"""
The values of settings: how each type is read from TOML, and what it may be.

`${NAME}` in a text is replaced by the environment variable NAME. A `Secret` is never printed.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import Field, dataclass
from typing import Any

from tocsin.edge.rpc import urls
from tocsin.model.errors import SettingError
from tocsin.model.setting import Secret

LARGEST_PORT = 65_535
_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


@dataclass(frozen=True, slots=True)
class Address:
    """Where a server listens."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def read_value(declared: "Field[Any]", value: object, where: str, environment: Mapping[str, str]) -> Any:
    """What a setting is given, as its type. Raises `SettingError`."""
    read = _READERS[declared.type]
    result = read(value, where, environment)
    _check_range(declared, result, where)
    return result


def _check_range(declared: "Field[Any]", value: object, where: str) -> None:
    least, most = declared.metadata["least"], declared.metadata["most"]
    if isinstance(value, str) or (least is None and most is None):
        return
    if (
        not isinstance(value, int | float)
        or (least is not None and value < least)
        or (most is not None and value > most)
    ):
        bounds = f"must be at least {least}" + (f", at most {most}" if most else "")
        because = f": {declared.metadata['because']}" if declared.metadata["because"] else ""
        raise SettingError(f"{where} is {value}; {bounds}{because}")


def _text(value: object, where: str, environment: Mapping[str, str]) -> str:
    if not isinstance(value, str):
        raise SettingError(f"{where} must be text in quotes")
    return _VARIABLE.sub(lambda match: _variable(match[1], where, environment), value)


def _variable(name: str, where: str, environment: Mapping[str, str]) -> str:
    if name not in environment:
        raise SettingError(f"{where} names the environment variable {name}, which is not set")
    return environment[name]


def expanded(text: str, where: str, environment: Mapping[str, str]) -> str:
    """The text with its environment variables. Raises `SettingError`."""
    return _text(text, where, environment)


def _secret(value: object, where: str, environment: Mapping[str, str]) -> Secret:
    return Secret(_text(value, where, environment))


def _address(value: object, where: str, environment: Mapping[str, str]) -> Address:
    host, _, port = _text(value, where, environment).rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not host or not port.isdecimal() or not port.isascii() or int(port) > LARGEST_PORT:
        raise SettingError(f"{where} must be HOST:PORT with a port from 0 to {LARGEST_PORT}, such as 127.0.0.1:9464")
    return Address(host, int(port))


def _flag(value: object, where: str, _environment: Mapping[str, str]) -> bool:
    if not isinstance(value, bool):
        raise SettingError(f"{where} must be true or false")
    return value


def _whole(value: object, where: str, _environment: Mapping[str, str]) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise SettingError(f"{where} must be a whole number")
    return value


def _number(value: object, where: str, _environment: Mapping[str, str]) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool) or not math.isfinite(value):
        raise SettingError(f"{where} must be a number")
    return float(value)


def _start(value: object, where: str, _environment: Mapping[str, str]) -> str | int:
    if value == "latest":
        return "latest"
    if not isinstance(value, int) or isinstance(value, bool):
        raise SettingError(f'{where} must be a block number or "latest"')
    return value


def _texts(value: object, where: str, environment: Mapping[str, str]) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise SettingError(f"{where} must be a list of texts")
    return tuple(_text(item, where, environment) for item in value)


def _secrets(value: object, where: str, environment: Mapping[str, str]) -> tuple[Secret, ...]:
    if not (found := _texts(value, where, environment)):
        raise SettingError(f"{where} must name at least one")
    for number, url in enumerate(found, 1):
        try:
            urls.split(url)
        except SettingError as error:
            raise SettingError(f"{where}, number {number}: {error}") from None
    return tuple(map(Secret, found))


_READERS: Mapping[Any, Any] = {
    str: _text,
    bool: _flag,
    int: _whole,
    float: _number,
    Secret: _secret,
    Address: _address,
    str | int: _start,
    tuple[str, ...]: _texts,
    tuple[Secret, ...]: _secrets,
}
