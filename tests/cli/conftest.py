"""
A directory as somebody might have it who tries the commands: recordings, a transaction, a detector and a rule of
their own.
"""

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from ranges import environment, packages
from tocsin.app.demo import RECORDING, read_truth
from tocsin.cli.main import main
from tocsin.edge.recordings import paths, read_one

__all__ = ["environment", "packages"]
TRUTH = read_truth(RECORDING / "truth.json")
"""Of the attack that is shipped."""
SENDER, WALLET, TOKEN = ("0x" + pair * 20 for pair in ("5e", "3a", "70"))
TRANSACTION = "0x" + "7a" * 32

OWN_DETECTOR = '''"""
A call that hands over a million coins.

## What it finds
One.
## Why it matters
It is much.
## Blind spots
Tokens.
## Triage
Ask the sender.
## References
None.
"""

from tocsin.detect.detector import Detector, Example, Read
from tocsin.model.finding import Place, Severity, Sighting

MILLION_COINS_WEI = 10**24


def run(tables):
    large = tables["calls"].filter(tables["calls"]["value_f64"] >= MILLION_COINS_WEI)
    for row in large.iter_rows(named=True):
        yield Sighting(
            place=Place.of(row),
            severity=Severity.LOW,
            confidence=1.0,
            title="A large call",
            summary="It is large.",
            key=str(row["call_index"]),
        )


detector = Detector(
    id="large-call",
    severity=Severity.LOW,
    reads={"calls": Read(columns=("call_index", "value_f64"))},
    run=run,
    examples=(
        Example(says="large", tables={"calls": [{"value": MILLION_COINS_WEI}]}, finds=({"severity": "low"},)),
        Example(says="small", tables={"calls": [{"value": 1}]}),
    ),
)
'''


OWN_RULE = """\
title: A wallet lets somebody take more than a thousand coins
id: large-approval
level: low
logsource: {product: evm, category: approval}
detection:
  much: {kind: erc20, value|gt: 1000e18}
  condition: much
entities: {owner: owner_address, spender: spender_address, token: token_address}
falsepositives:
  - Wallets that let an exchange take everything by habit.
tests:
  - says: a coin too many
    matches: true
    rows: [{kind: erc20, owner_address: alice, spender_address: mallory, value: 1_001e18}]
  - says: exactly a thousand
    matches: false
    rows: [{kind: erc20, owner_address: alice, spender_address: mallory, value: 1000e18}]
"""


def frame(**other: object) -> dict[str, object]:
    """A callTracer frame of a call that succeeds."""
    return {"type": "CALL", "from": SENDER, "to": WALLET, "value": "0x0", "gas": "0x5208", "gasUsed": "0x5208", **other}


def transfer(to: str, amount: int) -> str:
    """Call data of an ERC-20 transfer."""
    return "0xa9059cbb" + "0" * 24 + to[2:] + f"{amount:064x}"


def recorded_transaction() -> dict[str, object]:
    """A recording of one transaction: a wallet pays its caller a coin and some of an unknown token; a call fails."""
    failure = "0x08c379a0" + f"{32:064x}{5:064x}" + b"[red]".hex().ljust(64, "0")
    calls = [
        frame(**{"from": WALLET, "to": SENDER, "value": hex(10**18 + 1), "input": "0x"}),
        frame(**{"from": WALLET, "to": TOKEN, "input": transfer(SENDER, 10**30 + 1), "output": "0x" + f"{1:064x}"}),
        frame(**{"from": WALLET, "to": TOKEN, "input": "0x12345678", "error": "execution reverted", "output": failure}),
    ]
    root = frame(input="0xabcdef01", calls=calls)
    return {"chain_id": 1, "transaction_hash": TRANSACTION, "debug_traceTransaction": root}


def attack_recording() -> Path:
    """The recorded block that holds the attack."""
    wanted = TRUTH.losing.transaction.encode()
    return next(
        path for path in paths(RECORDING) if any(wanted in answer for answer in read_one(path).answers.values())
    )


@pytest.fixture
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The directory, which is also the current one; no terminal and no settings of whoever runs the tests."""
    blocks = tmp_path / "blocks"
    shutil.copytree(RECORDING, blocks)
    shutil.copy(attack_recording(), tmp_path / "attack.json.gz")
    (tmp_path / "transaction.json").write_text(json.dumps(recorded_transaction()))
    (tmp_path / "pasted.json").write_text(json.dumps(recorded_transaction()["debug_traceTransaction"]))
    (tmp_path / "large_call.py").write_text(OWN_DETECTOR)
    (tmp_path / "my-rules").mkdir()
    (tmp_path / "my-rules" / "large-approval.yml").write_text(OWN_RULE)
    monkeypatch.chdir(tmp_path)
    for name in ("COLUMNS", "FORCE_COLOR", "TOCSIN_DEBUG"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


@dataclass(frozen=True, slots=True)
class Ran:
    """What a command did."""

    code: int
    out: str
    err: str


@pytest.fixture
def tocsin(workplace: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    """Run the program in the directory: `tocsin("scan", "blocks")`."""

    def run(*arguments: str) -> Ran:
        code = main(arguments)
        captured = capsys.readouterr()
        return Ran(code, captured.out, captured.err)

    return run
