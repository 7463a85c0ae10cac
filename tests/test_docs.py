"""The generated reference pages say what the code says."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_generated_pages_are_current() -> None:
    """Every extension has its page, every page its extension, and no page is out of date."""
    command = [sys.executable, "tools/docs.py", "--check"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_readme_names_targets_that_exist() -> None:
    """Every `make` target that the README and CONTRIBUTING mention is in the Makefile."""
    targets = {line.split(":")[0] for line in (ROOT / "Makefile").read_text().splitlines() if line[:1].isalpha()}
    for name in ("README.md", "CONTRIBUTING.md"):
        mentioned = set(re.findall(r"(?m)(?:^|`)make ([a-z]+)", (ROOT / name).read_text()))
        assert mentioned, f"{name} mentions no target"
        assert mentioned <= targets, f"{name} mentions {sorted(mentioned - targets)}, which the Makefile lacks"
