"""What docs/detection.md shows is read as it says."""

import re
from pathlib import Path

from tocsin.app.known import load
from tocsin.app.settings import parse

PAGE = (Path(__file__).parents[1] / "docs/detection.md").read_text()


def shown(language: str) -> list[str]:
    """The examples in this language."""
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


def test_its_files_are_what_is_known(tmp_path: Path) -> None:
    """Given its label list and its announced change as files, both are read."""
    (labels,), (settings, change) = shown("csv"), shown("toml")
    (tmp_path / "labels.csv").write_text(labels)
    (tmp_path / "changes.toml").write_text(change)
    known = load([tmp_path])
    assert known["labels"]["kind"].to_list() == ["watched", "own"]
    assert known["announced_changes"]["reference"].to_list() == ["CHG-42: the second version"]
    assert parse(settings, "tocsin.toml", {}).known.files == ("what-we-know", "lists")


def test_its_links_lead_somewhere() -> None:
    """Every page it names is there."""
    for link in re.findall(r"\]\(([^)#]+)", PAGE):
        assert (Path(__file__).parents[1] / "docs" / link).exists(), link
