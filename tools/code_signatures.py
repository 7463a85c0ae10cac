"""
Signatures of contracts' code, as the feed `code_signatures` reads them.

    python tools/code_signatures.py --verdict attack FILE... > attackers.csv

A FILE is runtime code in hexadecimal (named after the file), a compiler's artefact (JSON with `deployedBytecode`, or
several by name), or a recording, of which every contract that was created is taken. Nothing but the signatures is
written: the code cannot be got back from them.
"""

import argparse
import csv
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tocsin.chain import codecs
from tocsin.chain.bytecode.likeness import LEAST_BYTES, signature
from tocsin.chain.bytecode.proxies import is_minimal_proxy
from tocsin.chain.catalogue import derived
from tocsin.edge import recordings


def codes(path: Path) -> Iterator[tuple[str, bytes]]:
    """The contracts a file holds, by name."""
    if path.suffix == ".gz":
        yield from _recorded(path)
        return
    text = path.read_text().strip()
    if not text.startswith("{"):
        yield path.stem, bytes.fromhex(text.removeprefix("0x"))
        return
    found = json.loads(text)
    if "chain_id" in found:
        yield from _recorded(path)
    else:
        yield from _artefacts(path.stem, found)


def _recorded(path: Path) -> Iterator[tuple[str, bytes]]:
    created = derived(codecs.tables(list(recordings.read(path))))["created_contracts"]
    for address, code in created.select("contract_address", "code").iter_rows():
        if code:
            yield f"0x{address.hex()}", code


def _artefacts(stem: str, found: dict[str, Any]) -> Iterator[tuple[str, bytes]]:
    if "deployedBytecode" not in found:
        for name, each in found.items():
            if isinstance(each, dict):
                yield from _artefacts(name, each)
        return
    code = found["deployedBytecode"]
    code = code["object"] if isinstance(code, dict) else code
    yield found.get("contractName", stem), bytes.fromhex(str(code).removeprefix("0x"))


def main() -> None:
    """Write the signatures of the files' contracts to standard output."""
    parser = argparse.ArgumentParser(description="Signatures of contracts' code, as the feed code_signatures has them.")
    parser.add_argument("--verdict", choices=("attack", "benign"), required=True)
    parser.add_argument("files", metavar="FILE", type=Path, nargs="+")
    arguments = parser.parse_args()
    out = csv.writer(sys.stdout, lineterminator="\n")
    out.writerow(("name", "verdict", "signature"))
    for name, code in (each for path in arguments.files for each in codes(path)):
        made = b"" if is_minimal_proxy(code) else signature(code)
        if made:
            out.writerow((name, arguments.verdict, made.hex()))
        else:
            print(f"{name}: left out: a minimal proxy, or less than {LEAST_BYTES} bytes", file=sys.stderr)


if __name__ == "__main__":
    main()
