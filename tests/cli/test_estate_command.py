"""`tocsin estate`: begun, shown, asked what an address is, and held against a chain."""

import json
import re
from pathlib import Path

import pytest

from estates import ACME, ORACLE, VAULT
from tocsin.cli.main import main
from tocsin.edge.anvil import Anvil
from tocsin.respond.estate.addresses import checksummed
from tocsin.respond.estate.reading import parse
from tocsin.respond.estate.starting import STARTING

RICH = "0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266"
"""The first account that anvil gives coins to."""
WALLET = f"""
[[organisation]]
id = "acme"
name = "Acme"
[[wallet]]
id = "hot"
owner = "acme"
criticality = "medium"
chain_id = 31337
address = "{RICH}"
"""
GONE = f"""
[[contract]]
id = "gone"
owner = "acme"
criticality = "low"
chain_id = 31337
address = "{VAULT}"
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tocsin.toml").write_text('[estate]\nfile = "estate.toml"\n')
    (tmp_path / "estate.toml").write_text(ACME)
    return tmp_path


def test_what_init_writes_is_an_estate_and_stays_one_when_its_examples_are_switched_on() -> None:
    assert list(parse(STARTING, "estate.toml").people) == ["first"]

    begun, examples = STARTING.split("# A Safe.")
    code = re.compile(r"^# (?=\[\[|\w+ = |  \{ how|\]$)", re.MULTILINE)
    switched_on = begun + "# A Safe." + code.sub("", examples)

    assert set(parse(switched_on, "estate.toml").assets) == {"guardian", "eth-usd", "vault", "front-end", "node-1"}


def test_init_writes_no_file_away(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["estate", "init"]) == 2

    assert "is there already" in capsys.readouterr().err
    assert (here / "estate.toml").read_text() == ACME


def test_the_list_has_the_worst_first(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["estate", "list"]) == 0

    told = capsys.readouterr()
    assert told.out.index("vault") < told.out.index("guardian") < told.out.index("feed")
    assert "5 assets, 2 people, 1 team" in told.err


def test_one_item_is_shown_whole(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["estate", "show", "vault"]) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert "guardian can pause Vault: pause(), takes about 10 minutes" in told
    assert "hang on it app.acme.example (medium)" in told
    assert checksummed(VAULT) in told

    assert main(["estate", "show", "valt"]) == 2
    assert "did you mean 'vault'?" in capsys.readouterr().err


def test_an_item_as_json_is_what_the_api_takes(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["estate", "show", "ada", "--format", "json"]) == 0

    told = json.loads(capsys.readouterr().out)
    assert (told["kind"], told["version"], told["contacts"][0]) == (
        "person",
        0,
        {"channel": "telegram", "address": "12345"},
    )


def test_an_address_is_told_in_words(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["estate", "hit", ORACLE, "--chain-id", "1"]) == 0
    told = capsys.readouterr().out.splitlines()
    assert told[0] == f"ETH price (oracle, low) is hit on chain 1, {ORACLE}"
    assert told[1] == "Depends on it: Vault (critical), app.acme.example (medium)"

    assert main(["estate", "hit", ORACLE, "--chain-id", "10"]) == 0
    assert "Nothing of the estate" in capsys.readouterr().err


def test_the_export_is_the_estate_again(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["estate", "export"]) == 0

    assert parse(capsys.readouterr().out, "export") == parse(ACME, "estate.toml")


@pytest.mark.anvil
def test_the_check_exits_with_one_when_something_differs_and_keeps_what_assets_hold(
    here: Path, anvil: Anvil, capsys: pytest.CaptureFixture[str]
) -> None:
    chain = f'[[chain]]\nname = "home"\nchain_id = 31337\nendpoints = ["{anvil.url}"]\n'
    (here / "tocsin.toml").write_text('[estate]\nfile = "estate.toml"\n' + chain)
    (here / "estate.toml").write_text(WALLET)
    assert main(["estate", "check"]) == 0
    assert "1 as written, 0 to note, 0 unanswered, 0 different" in capsys.readouterr().err

    (here / "estate.toml").write_text(WALLET + GONE)
    assert main(["estate", "check", "--format", "json"]) == 1
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(each["asset"], each["what"], each["outcome"]) for each in told] == [
        ("hot", "kind", "same"),
        ("gone", "code", "differs"),
    ]

    assert main(["estate", "show", "hot", "--format", "json"]) == 0
    (held,) = json.loads(capsys.readouterr().out)["holdings"]
    assert held["amount"] == str(int(anvil.request("eth_getBalance", RICH, "latest"), 16))
    assert (held["token"], held["block_number"]) == ("native", 0)

    assert main(["estate", "list"]) == 0
    told_as_table = capsys.readouterr().out
    assert "10,000 ETH" in told_as_table
    assert "\\u000a" not in told_as_table


def test_an_asset_whose_chain_nobody_can_ask_about_is_not_taken_for_right(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "estate.toml").write_text(WALLET)

    assert main(["estate", "check"]) == 1

    assert "there is no [[chain]] with chain_id 31337" in " ".join(capsys.readouterr().out.split())
