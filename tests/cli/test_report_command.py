"""`tocsin report`: written where it was asked for, refused where it cannot be meant."""

import json
from pathlib import Path

import pytest

from estates import ACME
from tocsin.cli.main import main


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Path:
    """A directory with one incident in its store."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tocsin.toml").write_text("")
    declare = ("incident", "declare", "Vault emptied", "--type", "exploit", "--as", "ada")
    assert main(declare) == 0
    capsys.readouterr()
    return tmp_path


def test_markdown_comes_on_standard_output(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", "make", "1", "--as", "ada", "--sections", "summary,record"]) == 0

    told = capsys.readouterr().out
    assert "Vault emptied" in told
    assert [line for line in told.splitlines() if line.startswith("## ")] == ["## Summary", "## The record"]


def test_a_pdf_is_written_to_a_file_and_kept_as_evidence(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", "make", "1", "--as", "ada", "--format", "pdf", "--keep"]) == 0

    (file,) = here.glob("INC-*-0001-incident.pdf")
    assert file.read_bytes().startswith(b"%PDF")
    assert "Kept as evidence" in capsys.readouterr().err


def test_an_export_is_written_for_another_program(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", "export", "1", "ocsf", "--as", "ada"]) == 0

    assert json.loads(capsys.readouterr().out)["class_uid"] == 2005


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("make", "1", "--kind", "exectuive"), "did you mean 'executive'"),
        (("make", "1", "--sections", "timelin"), "did you mean 'timeline'"),
        (("export", "1", "stixx"), "did you mean 'stix'"),
        (("make", "7"), "7"),
    ],
)
def test_what_cannot_be_meant_is_told(
    here: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], says: str
) -> None:
    assert main(["report", *arguments, "--as", "ada"]) == 2

    assert says in " ".join(capsys.readouterr().err.split())


def test_one_screen_says_who_can_contain_what_is_hit_even_beside_a_broken_estate(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "tocsin.toml").write_text('[estate]\nfile = "estate.toml"\n')
    (here / "estate.toml").write_text(ACME)
    declare = ("incident", "declare", "Vault emptied", "--type", "exploit", "--asset", "vault", "--as", "ada")
    assert main(declare) == 0
    assert main(["incident", "show", "2", "--as", "ada"]) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert "contain guardian can pause Vault: pause(), takes about 10 minutes" in told
    assert "https://wiki.example.org/vault" in told

    (here / "estate.toml").write_text("nonsense")
    assert main(["incident", "show", "2", "--as", "ada"]) == 0, "the incident is shown without it"
    shown = capsys.readouterr()
    assert "Vault emptied" in shown.out
    assert "the estate cannot be read" in " ".join(shown.err.split())


def test_a_slip_in_the_estate_holds_up_no_incident(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "tocsin.toml").write_text('[estate]\nfile = "estate.toml"\n')
    (here / "estate.toml").write_text("nonsense")

    assert main(["incident", "declare", "Keys stolen", "--type", "exploit", "--as", "ada"]) == 0
    assert main(["incident", "ack", "2", "--as", "ada"]) == 0
    assert main(["incident", "assign", "2", "scribe", "ben", "--as", "ada"]) == 0
    capsys.readouterr()

    by_asset = ("incident", "declare", "Vault emptied", "--type", "exploit", "--asset", "vault", "--as", "ada")
    assert main(by_asset) == 2, "what it is about can only be read in the estate"
    assert "not TOML" in capsys.readouterr().err
