"""Which node a row of node status or peers is of, as the subject of what is remembered and in words."""

from collections.abc import Mapping
from typing import Any


def subject_of(row: Mapping[str, Any]) -> str:
    """What tells nodes apart: the same name may be of two layers."""
    return f"{row['layer']}:{row['observer']}"


def named(subject: str) -> tuple[str, str]:
    """The layer and the name; where only one was asked it has none."""
    layer, _, observer = subject.partition(":")
    return layer, observer or "the node"
