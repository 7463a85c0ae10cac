"""What clocks need to know of an incident, as far as its stream has been read."""

from collections.abc import Callable, Mapping

import msgspec

from tocsin.model.priority import Priority
from tocsin.respond.journal import Entry


class Situation(msgspec.Struct, frozen=True, kw_only=True):
    """How an incident stands, for its clocks."""

    number: str
    priority: Priority
    exercise: str = ""
    status: str = "active"
    is_merged: bool = False
    """Whether it goes on in another incident."""
    verdict: str = ""
    triggers: Mapping[str, float] = {}
    """When each trigger was met last, by its name; `submitted` and `not_reportable` by rule, as name:rule."""


def after(was: Situation | None, entry: Entry) -> Situation | None:
    """How it stands after an entry of its stream; None before it is declared."""
    if entry.kind == "declared":
        told = entry.data
        return Situation(number=told["number"], priority=Priority(told["priority"]), exercise=told.get("exercise", ""))
    change = _CHANGES.get(entry.kind)
    return was if was is None or change is None else msgspec.structs.replace(was, **change(was, entry.data))


def _trigger(was: Situation, told: Mapping[str, object]) -> dict[str, object]:
    name = f"{told['trigger']}:{told['obligation']}" if told.get("obligation") else str(told["trigger"])
    return {"triggers": {**was.triggers, name: told["at"]}}


_CHANGES: Mapping[str, Callable[[Situation, Mapping[str, object]], dict[str, object]]] = {
    "classified": lambda _was, told: {"priority": Priority(str(told["priority"]))},
    "status_changed": lambda _was, told: {"status": told["after"]},
    "verdict_given": lambda _was, told: {"verdict": told["verdict"]},
    "merged": lambda _was, _told: {"is_merged": True},
    "unmerged": lambda _was, _told: {"is_merged": False},
    "trigger_met": _trigger,
}
