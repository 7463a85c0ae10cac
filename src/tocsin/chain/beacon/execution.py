"""What an execution node says of itself over JSON-RPC: rows of `node_status` and `peers`."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from tocsin.chain.beacon import answers, node_answers
from tocsin.chain.beacon.networks import network_of
from tocsin.chain.beacon.rows import LONGEST_TEXT, Row
from tocsin.chain.codecs import hexadecimal as hx
from tocsin.chain.recording import Recording

SYNCING, PEER_COUNT, PEERS = "eth_syncing", "net_peerCount", "admin_peers"
POOL, VERSION = "txpool_status", "web3_clientVersion"
STATUS = (SYNCING, PEER_COUNT, POOL, VERSION)


def there(recording: Recording, *methods: str) -> bool:
    """Whether any of these was answered, and not with null."""
    return any(recording.answers.get(method, b"null").strip() != b"null" for method in methods)


def status(recording: Recording) -> Iterator[Row]:
    """`node_status`: one row, where anything was asked."""
    if there(recording, *STATUS):
        row: Row = {"observer": "", "layer": "execution"}
        for method, read in _READERS.items():
            if there(recording, method):
                row |= read(recording)
        yield row


def _decoded(type_: Any, recording: Recording, method: str) -> Any:
    return answers.decode(type_, recording.answers[method], f"{recording.name}: {method}")


def _syncing(recording: Recording) -> Row:
    state = _decoded(node_answers.ExecutionSyncing | bool, recording, SYNCING)
    if isinstance(state, bool):
        return {"is_syncing": state}
    return {
        "is_syncing": True,
        "head_number": hx.quantities([state.current_block], "currentBlock")[0],
        "target_number": hx.quantities([state.highest_block], "highestBlock")[0],
    }


def _peer_count(recording: Recording) -> Row:
    return {"peers": hx.quantities([_decoded(str, recording, PEER_COUNT)], PEER_COUNT)[0]}


def _pool(recording: Recording) -> Row:
    pool = _decoded(node_answers.PoolStatus, recording, POOL)
    pending, queued = hx.quantities([pool.pending, pool.queued], POOL)
    return {"pending_transactions": pending, "queued_transactions": queued}


def _version(recording: Recording) -> Row:
    return {"client": _decoded(str, recording, VERSION)[:LONGEST_TEXT]}


_READERS: Mapping[str, Callable[[Recording], Row]] = {
    SYNCING: _syncing,
    PEER_COUNT: _peer_count,
    POOL: _pool,
    VERSION: _version,
}


def peers(recording: Recording) -> Iterable[Row]:
    """`peers`."""
    found = _decoded(list[node_answers.ExecutionPeer], recording, PEERS) if there(recording, PEERS) else []
    for peer in found:
        yield {
            "observer": "",
            "layer": "execution",
            "peer": peer.id[:LONGEST_TEXT],
            "client": peer.name[:LONGEST_TEXT] or None,
            "network": network_of(peer.network.remote_address) if peer.network else None,
            "is_inbound": peer.network.inbound if peer.network else None,
        }
