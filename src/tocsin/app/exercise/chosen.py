"""Scenarios by what somebody typed: an id, or a file of their own."""

import difflib
from collections.abc import Mapping, Sequence

from tocsin.app.outside import extension_in
from tocsin.exercise.scenario import Scenario
from tocsin.model.errors import UserError

FILE = ".py"


def chosen(names: Sequence[str], known: Mapping[str, Scenario]) -> list[Scenario]:
    """
    The scenarios of these names; a name that ends in .py is a file, whose code is run.

    Raises `UserError` that names the nearest right spelling, `SourceError` and `ExtensionError` of a file.
    """
    return [extension_in(name, Scenario) if name.endswith(FILE) else _known(name, known) for name in names]


def _known(name: str, known: Mapping[str, Scenario]) -> Scenario:
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1, cutoff=0)
        asked = f"; did you mean {near[0]!r}?" if near else ""
        raise UserError(f"no scenario {name!r}{asked} List them: tocsin range list")
    return known[name]
