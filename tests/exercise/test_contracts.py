"""The range's own contracts: what is committed is what the sources compile to."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
CONTRACTS = Path("src", "tocsin", "exercise", "contracts")
COMPILER = Path("tools", "contracts")
SOURCES = sorted((ROOT / CONTRACTS).glob("*.sol"))
ARTEFACTS = sorted((ROOT / CONTRACTS).glob("*.json"))
LARGEST_CODE_BYTES = 24_576 + 1_024
"""What a chain takes (EIP-170), and a little for the constructor, which the creation bytecode has besides."""

each_source = pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
each_artefact = pytest.mark.parametrize("artefact", ARTEFACTS, ids=lambda path: path.stem)


def test_every_source_has_its_artefact_and_every_artefact_its_source() -> None:
    assert [path.stem for path in SOURCES] == [path.stem for path in ARTEFACTS]


@each_source
def test_an_artefact_has_the_contracts_that_its_source_defines(source: Path) -> None:
    defined = re.findall(r"^contract (\w+)", source.read_text(), re.MULTILINE)

    assert sorted(_artefact(source.with_suffix(".json"))) == sorted(defined)


def test_no_two_contracts_share_a_name() -> None:
    names = [name for path in ARTEFACTS for name in _artefact(path)]

    assert len(names) == len(set(names))


@each_artefact
def test_an_artefact_is_written_in_one_way(artefact: Path) -> None:
    canonical = json.dumps(_artefact(artefact), sort_keys=True, separators=(",", ":")) + "\n"

    assert artefact.read_text() == canonical


@each_artefact
def test_contracts_can_be_deployed_as_they_are(artefact: Path) -> None:
    for name, contract in _artefact(artefact).items():
        code = bytes.fromhex(contract["bytecode"])  # raises where a library is still to be linked
        assert 0 < len(code) < LARGEST_CODE_BYTES, name


@each_source
def test_sources_state_their_licence_and_what_each_contract_is(source: Path) -> None:
    text = source.read_text()
    said = re.findall(r"^///.*\n(?:abstract )?contract \w+", text, re.MULTILINE)

    assert text.startswith("// SPDX-License-Identifier: Apache-2.0\n")
    assert len(said) == len(re.findall(r"^(?:abstract )?contract \w+", text, re.MULTILINE))


@pytest.mark.slow
def test_compiling_anew_gives_the_committed_bytes(tmp_path: Path) -> None:
    _install_compiler(tmp_path)
    shutil.copytree(ROOT / CONTRACTS, tmp_path / CONTRACTS, ignore=shutil.ignore_patterns("*.json"))

    subprocess.run(["node", tmp_path / COMPILER / "compile.js"], check=True, capture_output=True)

    compiled = {path.name: path.read_bytes() for path in (tmp_path / CONTRACTS).glob("*.json")}
    assert compiled == {path.name: path.read_bytes() for path in ARTEFACTS}


def _install_compiler(root: Path) -> None:
    """A copy of the compile program with the locked compiler; skips, with the reason, where npm cannot get it."""
    if shutil.which("npm") is None or shutil.which("node") is None:
        pytest.skip("npm is not there to fetch the Solidity compiler")
    shutil.copytree(ROOT / COMPILER, root / COMPILER, ignore=shutil.ignore_patterns("node_modules"))
    command = ["npm", "ci", "--ignore-scripts", "--prefer-offline"]
    installing = subprocess.run(command, cwd=root / COMPILER, check=False, capture_output=True, text=True)
    assert "EINTEGRITY" not in installing.stderr
    if installing.returncode != 0:
        pytest.skip(f"npm could not fetch the Solidity compiler: {installing.stderr.strip()}")


def _artefact(path: Path) -> dict[str, Any]:
    artefact: dict[str, Any] = json.loads(path.read_text())
    return artefact
