"""The anvil that the tests start: the one that is here, else the pinned one from npm."""

from collections.abc import Mapping
from pathlib import Path

from tocsin.edge.anvil import find_anvil
from tocsin.edge.npm import fetch_anvil
from tocsin.model.errors import PackageUnavailable, ToolMissing


class NoAnvil(Exception):
    """anvil is not here and cannot be fetched; the message says why."""


def anvil_binary(environment: Mapping[str, str]) -> Path:
    """The anvil that is here, else a fetched one. Raises `NoAnvil` with the reason."""
    try:
        return find_anvil(environment) or fetch_anvil(environment)
    except (ToolMissing, PackageUnavailable) as reason:
        raise NoAnvil(str(reason)) from reason
