"""The truth about a play, completed with what the chains and the project know: names, symbols, versions."""

from collections.abc import Sequence

import msgspec

from tocsin.app.exercise.arena import Arena
from tocsin.chain.artefact import Artefact, Entry, Parameter
from tocsin.chain.contract import Contract
from tocsin.chain.recording import Recording
from tocsin.chain.tokens import NATIVE_DECIMALS
from tocsin.edge.anvil import VERSION
from tocsin.edge.local_chain import LocalChain
from tocsin.exercise.packages import PACKAGES
from tocsin.exercise.truth import ETHER_TOKEN, Truth
from tocsin.model.errors import CallReverted

_TOKEN = Artefact(
    name="token",
    entries=(
        Entry("function", "symbol", outputs=(Parameter("string"),)),
        Entry("function", "decimals", outputs=(Parameter("uint8"),)),
    ),
)


def _symbol(chain: LocalChain, token: str) -> tuple[str, int]:
    """Symbol and decimals; tokens that cannot be divided have none."""
    if token == ETHER_TOKEN:
        return ("ETH", NATIVE_DECIMALS)
    contract = Contract(token, _TOKEN)
    try:
        decimals = int(chain.read(contract, "decimals"))
    except CallReverted:
        decimals = 0
    return (str(chain.read(contract, "symbol")), decimals)


def completed(arena: Arena, truth: Truth, recordings: Sequence[Recording] = ()) -> Truth:
    """The truth with the names of what is in the recordings, the symbols of what was lost, and versions."""
    chains = {chain.chain_id: chain for chain in arena.chains}
    names = {address: name for chain in arena.chains for address, name in chain.names.names.items()}
    told = b"".join(answer for recording in recordings for answer in recording.answers.values())
    return msgspec.structs.replace(
        truth,
        names={address: name for address, name in names.items() if address[2:].encode() in told},
        symbols={token: _symbol(chains[chain_id], token) for chain_id, token in truth.lost},
        seed=arena.seed,
        made_with=made_with(),
    )


def made_with() -> dict[str, str]:
    """What a recording was played with: the same gives the same."""
    return {"anvil": VERSION, **{package.name: package.version for package in PACKAGES}}
