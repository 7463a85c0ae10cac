"""The estate tells detection what is protected: wherever labels come from, its labels come too."""

from pathlib import Path

import pytest

from estates import ACME, ADA, BEN, GUARDIAN, ORACLE, TOKEN, VAULT
from tocsin.app.check_response import check_response
from tocsin.app.known import load, of_settings
from tocsin.app.settings import Settings, parse
from tocsin.detect.labels import Labels
from tocsin.model.errors import EstateError

LISTED = "chain_id,address,kind,name,source\n1,0x" + "cd" * 20 + ",exchange,Exchange,\n"


def raw(*addresses: str) -> frozenset[bytes]:
    return frozenset(bytes.fromhex(address[2:]) for address in addresses)


def settings(folder: Path, estate: str) -> Settings:
    (folder / "estate.toml").write_text(estate)
    (folder / "labels.csv").write_text(LISTED)
    said = f'[estate]\nfile = "{folder}/estate.toml"\n[known]\nfiles = ["{folder}/labels.csv"]\n'
    return parse(said, "tocsin.toml", {})


def test_the_settings_estate_is_labelled_beside_the_files(tmp_path: Path) -> None:
    known = Labels.of(of_settings(settings(tmp_path, ACME)))

    assert known.of_kind("watched", 1) == raw(VAULT, TOKEN, ORACLE, GUARDIAN)
    assert known.of_kind("watched", 10) == frozenset(), "another chain's account of the same address is not meant"
    assert known.of_kind("own", 10) == raw(ADA, BEN), "a key signs on every chain"
    assert known.of_kind("exchange", 1) == raw("0x" + "cd" * 20)
    assert known.name(1, next(iter(raw(VAULT)))) == "Vault"


def test_a_bridge_is_watched_and_known_as_one(tmp_path: Path) -> None:
    known = Labels.of(of_settings(settings(tmp_path, ACME.replace("[[contract]]", "[[bridge]]"))))

    assert known.kinds(1, next(iter(raw(VAULT)))) == {"watched", "bridge"}


def test_an_estate_can_be_given_to_a_scan_by_itself(tmp_path: Path) -> None:
    settings(tmp_path, ACME)

    assert Labels.of(load([tmp_path])).of_kind("watched", 1) == raw(VAULT, TOKEN, ORACLE, GUARDIAN)


def test_a_wrong_estate_stops_the_start_and_says_where(tmp_path: Path) -> None:
    wrong = settings(tmp_path, ACME.replace('owner = "protocol"', 'owner = "protocl"', 1))

    with pytest.raises(EstateError, match=r"estate\.toml: \[\[contract\]\] vault: owner names 'protocl'.*'protocol'"):
        of_settings(wrong)


def test_the_check_of_an_installation_counts_the_estate(tmp_path: Path) -> None:
    found = {check.name: check.detail for check in check_response(settings(tmp_path, ACME), {})}

    assert found["estate"].startswith("5 assets, 2 people")
