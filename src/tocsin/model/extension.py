"""
What every extension is: one module that holds the thing, its page and its examples.

A kind of extension (detector, dataset, command, ...) is a package. Each public module in that
package binds exactly one instance of the kind's class. Nothing is registered by hand: dropping
the file in is the whole act. Discovery is strict: an import error stops the start-up.
"""

import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import ClassVar, Self, TypeVar

from tocsin.model.errors import ExtensionError


@dataclass(frozen=True, slots=True, kw_only=True)
class Extension:
    """The part all kinds share. The module docstring is the documentation page."""

    HEADINGS: ClassVar[tuple[str, ...]] = ()
    """Second-level headings the module docstring must carry, in this order."""

    SEPARATOR: ClassVar[str] = "-"
    """What stands in an id where the file name has an underscore."""

    id: str
    """Stable public name: the file name, with the kind's separator."""

    def with_page(self, page: str) -> Self:  # noqa: ARG002 - kinds that take something from their page override this
        """The extension with what its kind takes from its documentation page: here nothing."""
        return self


E = TypeVar("E", bound=Extension)


def load(package: ModuleType, kind: type[E]) -> dict[str, E]:
    """
    Import every public module below `package` and return its extensions by id.

    Raises `ExtensionError` when a module breaks the contract; import errors are not caught.
    """
    found: dict[str, E] = {}
    for extension, module in load_with_modules(package, kind):
        if extension.id in found:
            raise ExtensionError(f"{module.__file__}: a second {kind.__name__} called {extension.id!r}; rename one")
        found[extension.id] = extension
    return found


def load_with_modules(package: ModuleType, kind: type[E]) -> Iterator[tuple[E, ModuleType]]:
    """Like `load`, with the module each extension came from, in the order of their names."""
    for info in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        name = info.name.rsplit(".", 1)[1]
        if info.ispkg or name.startswith("_"):
            continue
        module = importlib.import_module(info.name)
        yield only_one(module, kind), module


def only_one(module: ModuleType, kind: type[E]) -> E:
    """Return the one extension a module holds. Raises `ExtensionError` when it breaks the contract of its kind."""
    found = [value for name, value in vars(module).items() if isinstance(value, kind) and not name.startswith("_")]
    if len(found) != 1:
        raise ExtensionError(f"{module.__file__}: needs exactly one {kind.__name__}, has {len(found)}")
    (extension,) = found
    expected = module.__name__.rpartition(".")[2].replace("_", kind.SEPARATOR)
    if extension.id != expected:
        raise ExtensionError(f"{module.__file__}: id is {extension.id!r}, the file name says {expected!r}")
    headings = tuple(re.findall(r"^## (.+)$", page(module), re.MULTILINE))
    if headings != kind.HEADINGS:
        raise ExtensionError(f"{module.__file__}: docstring headings are {headings}, need {kind.HEADINGS}")
    return extension.with_page(page(module))


def page(module: ModuleType) -> str:
    """Return the documentation page of an extension: its module docstring."""
    return inspect.cleandoc(module.__doc__ or "")


def items(page: str, heading: str) -> tuple[str, ...]:
    """The list items, or else the paragraphs, below a second-level heading of a page, each on one line."""
    _, _, below = page.partition(f"## {heading}\n")
    section = below.partition("\n## ")[0].strip()
    parts = re.split(r"(?m)^- ", section)[1:] if section.startswith("- ") else re.split(r"\n\s*\n", section)
    return tuple(" ".join(part.split()) for part in parts if part.strip())


def summary(module: ModuleType) -> str:
    """Return the first line of an extension's page."""
    return page(module).partition("\n")[0]
