"""The page about reports has every kind with its sections, every section and every export."""

import re
from pathlib import Path

from tocsin.respond.export import exports
from tocsin.respond.reports.building import kinds, sections

PAGE = (Path(__file__).parents[3] / "docs" / "reports.md").read_text()


def test_kinds_stand_with_their_sections() -> None:
    for kind, chosen in kinds().items():
        (told,) = re.findall(rf"^\| `{kind}` \|[^|]*\|([^|]*)\|$", PAGE, re.MULTILINE)
        assert told.strip() == ("all" if kind == "incident" else ", ".join(chosen))


def test_every_section_and_export_is_named() -> None:
    assert [each for each in (*sections(), *exports()) if f"`{each}`" not in PAGE] == []
