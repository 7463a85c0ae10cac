"""Extensions from files outside the package: somebody's own detector, before it is put anywhere."""

import importlib.util
from pathlib import Path
from types import ModuleType
from typing import TypeVar

from tocsin.model.errors import ExtensionError, SourceError
from tocsin.model.extension import Extension, only_one

E = TypeVar("E", bound=Extension)


def extension_in(name: str, kind: type[E]) -> E:
    """
    The extension of this kind that a file holds. The file's code is run.

    Raises `SourceError` when there is no such file and `ExtensionError` when it breaks the contract.
    """
    path = Path(name)
    if not path.is_file():
        raise SourceError(f"{name}: no such file")
    return only_one(_module(path), kind)


def _module(path: Path) -> ModuleType:
    specification = importlib.util.spec_from_file_location(path.stem, path)
    if specification is None or specification.loader is None:
        raise ExtensionError(f"{path}: Python cannot import it")
    module = importlib.util.module_from_spec(specification)
    try:
        specification.loader.exec_module(module)
    except Exception as error:
        raise ExtensionError(f"{path}: importing it raised {type(error).__name__}: {error}") from error
    return module
