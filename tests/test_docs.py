"""The generated reference pages say what the code says."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_generated_pages_are_current() -> None:
    """Every extension has its page, every page its extension, and no page is out of date."""
    done = subprocess.run([sys.executable, "tools/docs.py", "--check"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_readme_names_targets_that_exist() -> None:
    """Every `make` target that the README and CONTRIBUTING mention is in the Makefile."""
    targets = {line.split(":")[0] for line in (ROOT / "Makefile").read_text().splitlines() if line[:1].isalpha()}
    for name in ("README.md", "CONTRIBUTING.md"):
        words = (ROOT / name).read_text().replace("`", " ").split()
        mentioned = {after for word, after in zip(words, words[1:], strict=False) if word == "make" and after.isalpha()}
        assert mentioned & targets, f"{name} mentions no target"
