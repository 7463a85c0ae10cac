"""What breaks the contract of an extension is named, with the file."""

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from tocsin.model.errors import ExtensionError
from tocsin.model.extension import Extension, items, load

GOOD = '"""A page."""\nfrom tocsin.model.extension import Extension\nthing = Extension(id="{}")\n'


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """An empty package to drop extensions into."""
    (tmp_path / "plugins").mkdir()
    (tmp_path / "plugins" / "__init__.py").touch()
    monkeypatch.syspath_prepend(str(tmp_path))
    yield importlib.import_module("plugins")
    for name in [name for name in sys.modules if name.partition(".")[0] == "plugins"]:
        del sys.modules[name]


def drop(package: ModuleType, name: str, text: str) -> None:
    path = Path(str(package.__file__)).parent / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    importlib.invalidate_caches()


def test_a_file_dropped_in_is_found_and_nothing_else_is_edited(package: ModuleType) -> None:
    drop(package, "first_thing.py", GOOD.format("first-thing"))
    drop(package, "_helper.py", "")
    assert set(load(package, Extension)) == {"first-thing"}
    drop(package, "second.py", GOOD.format("second"))
    assert set(load(package, Extension)) == {"first-thing", "second"}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('"""No extension."""', "needs exactly one Extension, has 0"),
        (GOOD.format("thing") + 'other = Extension(id="thing")', "has 2"),
        (GOOD.format("another-name"), "the file name says 'thing'"),
        (GOOD.format("thing").replace("A page.", "A page.\n\n## Surprise\n"), "headings"),
    ],
)
def test_what_breaks_the_contract_is_named(package: ModuleType, text: str, says: str) -> None:
    drop(package, "thing.py", text)
    with pytest.raises(ExtensionError, match=r"thing\.py") as raised:
        load(package, Extension)
    assert says in str(raised.value)


def test_two_of_one_name_are_refused(package: ModuleType) -> None:
    drop(package, "thing.py", GOOD.format("thing"))
    drop(package, "deeper/__init__.py", "")
    drop(package, "deeper/thing.py", GOOD.format("thing"))
    with pytest.raises(ExtensionError, match="a second Extension called 'thing'"):
        load(package, Extension)


def test_an_import_error_stops_the_start(package: ModuleType) -> None:
    drop(package, "thing.py", "import there_is_no_such_module")
    with pytest.raises(ModuleNotFoundError):
        load(package, Extension)


@pytest.mark.parametrize(
    ("section", "found"),
    [
        ("- https://one\n- two, with\n  a second line\n", ("https://one", "two, with a second line")),
        ("One paragraph\nof two lines.\n\nAnother.\n", ("One paragraph of two lines.", "Another.")),
        ("", ()),
    ],
)
def test_the_items_below_a_heading(section: str, found: tuple[str, ...]) -> None:
    page = f"Title\n\n## References\n{section}\n## Next\n- not this"
    assert items(page, "References") == found
    assert items("Title", "References") == ()
