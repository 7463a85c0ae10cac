"""What beacon nodes and execution nodes answer about themselves and their peers, as typed values."""

import msgspec


class SyncState(msgspec.Struct, gc=False):
    """How far a beacon node is."""

    head_slot: int
    sync_distance: int
    is_syncing: bool
    is_optimistic: bool = False
    el_offline: bool = False


class Syncing(msgspec.Struct, gc=False):
    """`node/syncing`."""

    data: SyncState


class BeaconPeer(msgspec.Struct, gc=False):
    """One peer of a beacon node."""

    peer_id: str
    last_seen_p2p_address: str
    state: str
    direction: str = ""


class BeaconPeers(msgspec.Struct, gc=False):
    """`node/peers`."""

    data: list[BeaconPeer]


class PeerCounts(msgspec.Struct, gc=False):
    """Peers by state."""

    connected: int


class PeerCount(msgspec.Struct, gc=False):
    """`node/peer_count`."""

    data: PeerCounts


class VersionText(msgspec.Struct, gc=False):
    """What a beacon node calls itself."""

    version: str


class Version(msgspec.Struct, gc=False):
    """`node/version`."""

    data: VersionText


class ExecutionSyncing(msgspec.Struct, gc=False, rename="camel"):
    """`eth_syncing` of a node that is syncing; one that is not answers false."""

    current_block: str
    highest_block: str


class PeerNetwork(msgspec.Struct, gc=False, rename="camel"):
    """Where a peer of an execution node is."""

    remote_address: str = ""
    inbound: bool = False


class ExecutionPeer(msgspec.Struct, gc=False):
    """One of `admin_peers`."""

    id: str
    name: str = ""
    network: PeerNetwork | None = None


class PoolStatus(msgspec.Struct, gc=False):
    """`txpool_status`."""

    pending: str
    queued: str
