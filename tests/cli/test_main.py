"""The program around the commands: fast, plain about what went wrong, and polite to whoever reads it."""

import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tocsin import __version__
from tocsin.edge import recordings

PROGRAM = Path(sys.executable).with_name("tocsin")
HEAVY = ("polars", "numpy", "sqlalchemy", "httpx", "tocsin.chain", "tocsin.detect", "tocsin.edge", "tocsin.app")


def test_help_lists_every_command_without_importing_one() -> None:
    """Neither data frames nor databases are loaded to show the list of commands."""
    code = f"""
import sys
from tocsin.cli.main import main
assert main(["--help"]) == 0
print(*(name for name in {HEAVY} if name in sys.modules), file=sys.stderr)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.split() == []
    assert all(command in done.stdout for command in ("scan", "explain", "detectors", "demo"))


def test_help_shows_examples_only_where_there_are_any(tocsin: Callable[..., Any]) -> None:
    """A heading with nothing below it is noise."""
    assert "For example" in tocsin("scan", "--help").out
    assert "For example" not in tocsin("check", "--help").out


def test_version(tocsin: Callable[..., Any]) -> None:
    """`--version` is what the package says."""
    assert tocsin("--version").out == f"tocsin {__version__}\n"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["scna"], "did you mean 'scan'?"),
        (["scan", "blocks", "--formt", "json"], "did you mean '--format'?"),
        (["--vrsion"], "did you mean '--version'?"),
        (["detectors", "lst"], "did you mean 'list'?"),
        (["scan"], "Missing argument"),
        (["scan", "blocks", "--detectors", "liqidation"], "did you mean 'liquidation'?"),
        (["scan", "blokcs"], "did you mean blocks?"),
        (["explain", "transaction.json", "--tx", "hello"], "not a transaction hash"),
        (["explain", "blocks", "--tx", "0x" + "12" * 32], "the nearest is 0x"),
        (["scan", "http://127.0.0.1:9"], "--from"),
        (["explain", "http://127.0.0.1:9"], "--tx"),
    ],
)
def test_wrong_usage_names_the_right_one(tocsin: Callable[..., Any], arguments: list[str], says: str) -> None:
    """Exit code 2 and one paragraph on stderr, nothing on stdout."""
    ran = tocsin(*arguments)
    assert (ran.code, ran.out) == (2, "")
    assert says in " ".join(ran.err.split())
    assert ran.err.startswith("Error: ")


def test_a_defect_is_a_sentence_unless_debugging(
    tocsin: Callable[..., Any], workplace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What nobody expected is said in one paragraph; with TOCSIN_DEBUG it is raised."""
    (workplace / "broken.py").write_text("raise SystemError('out of cheese')")
    ran = tocsin("detectors", "test", "./broken.py")
    assert (ran.code, ran.out) == (1, "")
    assert "broken.py: importing it raised SystemError: out of cheese" in ran.err
    monkeypatch.setenv("TOCSIN_DEBUG", "1")
    with pytest.raises(Exception, match="out of cheese"):
        tocsin("detectors", "test", "./broken.py")


def test_a_reader_that_stops_reading_is_no_failure_to_talk_about(workplace: Path) -> None:
    """`tocsin scan … | head -1` ends without a word about pipes."""
    with started("explain", "transaction.json", "--format", "json") as process:
        assert process.stdout
        process.stdout.close()
        assert process.stderr
        assert process.stderr.read() == b""


def test_control_c_ends_quietly_with_130() -> None:
    """A command that waits for a node, interrupted, says nothing but stops, and says so by its exit code."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.settimeout(30)
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with started("scan", url, "--from", "1", "--to", "2") as process:
            asking, _ = silent.accept()
            with asking:
                process.send_signal(signal.SIGINT)
                _, said = process.communicate(timeout=60)
    assert (process.returncode, said.strip()) == (130, b"")


def started(*arguments: str) -> subprocess.Popen[bytes]:
    """The program, in a process of its own."""
    return subprocess.Popen([PROGRAM, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def test_a_detector_that_breaks_its_promise_fails_its_test(tocsin: Callable[..., Any], workplace: Path) -> None:
    """An example that does not hold is shown with the check that found out; a missing file is wrong usage."""
    own = workplace / "large_call.py"
    own.write_text(own.read_text().replace('finds=({"severity": "low"},)', 'finds=({"severity": "high"},)'))
    ran = tocsin("detectors", "test", "./large_call.py")
    assert ran.code == 1
    assert "FAILS  large-call: 1 of" in ran.out
    assert "example: large" in ran.out
    assert tocsin("detectors", "test", "./nowhere.py").code == 2


def test_what_cannot_be_read_is_told_and_the_rest_is_done(tocsin: Callable[..., Any], workplace: Path) -> None:
    """Exit code 1 at the end, the findings of the others on stdout."""
    (workplace / "blocks" / "0001.json").write_text("{")
    ran = tocsin("scan", "blocks", "transaction.json", "--format", "json")
    assert ran.code == 1
    assert "left out: blocks/0001.json" in ran.err
    assert f"1 recording of {recordings.count(workplace / 'blocks') + 1} could not be read" in ran.err
    assert ran.out.splitlines()
