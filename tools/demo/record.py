"""
Make the recording that `tocsin demo` replays: a small economy on a real node, ordinary traffic, and one attack.

Run from the project's root, with npm there: `python tools/demo/record.py`. It installs anvil, solc and Uniswap V2's
published bytecode into tools/demo/node_modules, and writes src/tocsin/app/demo_recording.
"""

import json
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from eth_abi import encode

from tocsin.app.questions import Questions
from tocsin.chain.recording import Recording
from tocsin.chain.signatures import selector
from tocsin.detect.catalogue import detectors
from tocsin.edge import recordings
from tocsin.edge.anvil import Anvil, package_name, running

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
TARGET = ROOT / "src" / "tocsin" / "app" / "demo_recording"
MODULES = HERE / "node_modules"

CHAIN_ID = 31_337
START = 1_764_000_000
"""Timestamp of the first block, seconds since 1970."""
SECONDS_PER_BLOCK = 12
ETHER = 10**18
POOL_ETHER, POOL_GEMS = 400 * ETHER, 400_000 * ETHER
MARKET_ETHER = 1_500 * ETHER
LOAN, PLEDGE = 3_600 * ETHER, 22_000 * ETHER
GAS = 6_000_000
"""Enough for the largest creation, the pool factory."""
METHODS = ("eth_getBlockByNumber", "eth_getBlockReceipts", "trace_block")


@dataclass
class Chain:
    """A node whose blocks are made by hand, and the contracts on it."""

    node: Anvil
    artefacts: dict[str, Any]
    made: int = 0

    def send(self, sender: str, to: str | None, data: str, value: int = 0) -> str:
        """Put a transaction into the next block."""
        sent = {"from": sender, "data": data, "value": hex(value), "gas": hex(GAS), "gasPrice": hex(10**10)}
        return str(self.node.request("eth_sendTransaction", sent | ({"to": to} if to else {})))

    def mine(self) -> int:
        """Make a block of what was sent and return its height."""
        self.made += 1
        self.node.request("evm_setNextBlockTimestamp", START + SECONDS_PER_BLOCK * self.made)
        self.node.request("evm_mine")
        return int(self.node.request("eth_blockNumber"), 16)

    def create(self, sender: str, name: str, types: Sequence[str] = (), values: Sequence[Any] = ()) -> str:
        """Deploy a contract in a block of its own and return its address."""
        code = self.artefacts[name]["bytecode"].removeprefix("0x")
        hash_ = self.send(sender, None, "0x" + code + encode(types, values).hex())
        self.mine()
        return str(self.receipt(hash_)["contractAddress"])

    def receipt(self, hash_: str) -> dict[str, Any]:
        """The receipt of a transaction that must have succeeded."""
        found: dict[str, Any] = self.node.request("eth_getTransactionReceipt", hash_)
        if found["status"] != "0x1":
            raise SystemExit(f"transaction {hash_} failed: the scene does not work as meant")
        return found


def call(signature: str, *values: Any) -> str:
    """Call data for a function."""
    types = signature.partition("(")[2].removesuffix(")")
    return "0x" + (selector(signature) + encode(types.split(",") if types else [], values)).hex()


@dataclass(frozen=True)
class Scene:
    """The economy."""

    gems: str
    ether: str
    pair: str
    router: str
    lender: str
    market: str


def build(chain: Chain, founder: str) -> Scene:
    """Deploy everything and fill it."""
    gems = chain.create(founder, "Token", ["string", "string", "uint256"], ["Gem", "GEM", 10**6 * ETHER])
    ether = chain.create(founder, "WrappedEther")
    factory = chain.create(founder, "UniswapV2Factory", ["address"], [founder])
    chain.send(founder, factory, call("createPair(address,address)", gems, ether))
    chain.mine()
    asked = {"to": factory, "data": call("getPair(address,address)", gems, ether)}
    pair = "0x" + chain.node.request("eth_call", asked, "latest")[-40:]
    router = chain.create(founder, "Router")
    lender = chain.create(founder, "FlashLender")
    market = chain.create(founder, "LendingMarket", ["address"] * 3, [pair, gems, ether])
    scene = Scene(gems, ether, pair, router, lender, market)
    fill(chain, founder, scene)
    return scene


def fill(chain: Chain, founder: str, scene: Scene) -> None:
    """Liquidity for pool, lender and market."""
    chain.send(founder, scene.ether, call("deposit()"), 6_000 * ETHER)
    chain.mine()
    transfers = ((scene.ether, scene.pair, POOL_ETHER), (scene.gems, scene.pair, POOL_GEMS),
                 (scene.ether, scene.lender, 4_000 * ETHER), (scene.ether, scene.market, MARKET_ETHER))  # fmt: skip
    for token, to, amount in transfers:
        chain.send(founder, token, call("transfer(address,uint256)", to, amount))
    chain.mine()
    chain.send(founder, scene.pair, call("mint(address)", founder))
    chain.mine()


def welcome(chain: Chain, founder: str, users: Sequence[str], scene: Scene) -> None:
    """Tokens and approvals for those who trade."""
    for user in users:
        chain.send(founder, scene.gems, call("transfer(address,uint256)", user, 5_000 * ETHER))
        chain.send(user, scene.ether, call("deposit()"), 50 * ETHER)
        for token in (scene.gems, scene.ether):
            chain.send(user, token, call("approve(address,uint256)", scene.router, 10**24))
    chain.mine()


def ordinary(chain: Chain, users: Sequence[str], scene: Scene) -> int:
    """A block of swaps, payments and a loan as they should be."""
    for number, user in enumerate(users):
        token = (scene.gems, scene.ether)[number % 2]
        amount = (120, 1)[number % 2] * ETHER + number
        chain.send(user, scene.router, call("swap(address,address,uint256)", scene.pair, token, amount))
        chain.send(user, scene.gems, call("transfer(address,uint256)", users[number - 1], 7 * ETHER))
    chain.send(users[0], scene.gems, call("approve(address,uint256)", scene.market, 100 * ETHER))
    chain.send(
        users[0], scene.market, call("supply(address,uint256,address,uint16)", scene.gems, 100 * ETHER, users[0], 0)
    )
    return chain.mine()


def attack(chain: Chain, attacker: str, scene: Scene) -> tuple[int, int, str]:
    """Deploy the attack, run it two blocks later; the heights of both and the hash of the second."""
    addresses = [scene.pair, scene.gems, scene.ether, scene.lender, scene.market]
    contract = chain.create(attacker, "Attack", ["address"] * 5, addresses)
    deployed = int(chain.node.request("eth_blockNumber"), 16)
    hash_ = chain.send(attacker, contract, call("run(uint256,uint256)", LOAN, PLEDGE))
    return deployed, chain.mine(), hash_


def record(node: Anvil, height: int, questions: Questions) -> Recording:
    """One block as the node answers, with the answers to what its detectors ask and to what its tokens are called."""
    parameters = {"eth_getBlockByNumber": (hex(height), True)}
    answers = {
        method: json.dumps(node.request(method, *parameters.get(method, (hex(height),)))).encode() for method in METHODS
    }
    bare = Recording(chain_id=CHAIN_ID, name=str(height), answers=answers)
    asked = {lookup: str(node.request(lookup.method, *lookup.as_sent)) for lookup in questions.about(bare)}
    return replace(bare, lookups=asked)


def play(node: Anvil, artefacts: dict[str, Any]) -> None:
    """The whole scene, and its recording."""
    node.request("evm_setAutomine", False)
    founder, *users, attacker = node.request("eth_accounts")
    chain = Chain(node, artefacts)
    scene = build(chain, founder)
    welcome(chain, founder, users, scene)
    calm = [ordinary(chain, users, scene) for _ in range(3)]
    deployed, struck, hash_ = attack(chain, attacker, scene)
    chain.receipt(hash_)
    heights = [*calm, deployed, struck, ordinary(chain, users[:4], scene)]
    questions = Questions(detectors(), names=True)
    keep([record(node, height, questions) for height in heights], truth(attacker, scene, hash_))


def truth(attacker: str, scene: Scene, hash_: str) -> dict[str, Any]:
    """What is known to be so about the attack."""
    loss = {"token": scene.ether, "amount": str(MARKET_ETHER)}
    names = {"market": "lending market", "lender": "flash lender", "pair": "GEM/WETH pool", "router": "router"}
    return {
        "attack_transaction": hash_,
        "attacker": attacker,
        "victim": scene.market,
        "loss": [loss],
        "names": {getattr(scene, field): name for field, name in names.items()},
    }


def keep(kept: Sequence[Recording], known: dict[str, Any]) -> None:
    """Write the recording."""
    for old in TARGET.glob("*.json*"):
        old.unlink()
    for recording in kept:
        recordings.write(recording, TARGET / f"{int(recording.name):04}.json.gz")
    (TARGET / "truth.json").write_text(json.dumps(known, indent=2) + "\n")


def install() -> dict[str, Any]:
    """npm packages and compiled contracts."""
    subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=HERE, check=True)
    compiled = subprocess.run(["node", "compile.js"], cwd=HERE, check=True, capture_output=True)
    artefacts: dict[str, Any] = json.loads(compiled.stdout)
    factory = MODULES / "@uniswap/v2-core/build/UniswapV2Factory.json"
    return artefacts | {"UniswapV2Factory": json.loads(factory.read_text())}


def main() -> None:
    """Install, play, record."""
    artefacts = install()
    binary = MODULES / package_name() / "bin" / "anvil"
    with running(binary, CHAIN_ID, ["--timestamp", str(START), "--accounts", "10"]) as node:
        play(node, artefacts)


if __name__ == "__main__":
    main()
