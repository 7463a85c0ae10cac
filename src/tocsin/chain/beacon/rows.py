"""From a look at beacon nodes to the rows of each dataset. A dataset that no answer tells of is absent, not empty."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, TypeAlias

from tocsin.chain.beacon import answers, events, node_answers
from tocsin.chain.beacon.look import Look
from tocsin.chain.beacon.networks import network_of
from tocsin.chain.beacon.roots import root_of
from tocsin.chain.beacon.slots import slots_per_epoch
from tocsin.model.errors import MalformedInput

Row: TypeAlias = dict[str, Any]

LONGEST_TEXT = 200
"""Characters kept of a name that somebody else chose."""
CONNECTED = "connected"


def blocks(look: Look) -> Iterator[Row]:
    """`beacon_blocks`: headers, with what the bodies of the same blocks add; then bodies without a header."""
    bodies = {(observer, _identity(block)): block for observer, block in look.blocks}
    for observer, entry in look.headers:
        header = entry.header.message
        body = bodies.pop((observer, _identity(header)), None)
        yield {
            **_of(header),
            "observer": observer,
            "block_root": entry.root,
            "is_canonical": entry.canonical,
            **(_body(body.body, look) if body else {}),
        }
    for (observer, _), block in bodies.items():
        yield {**_of(block), "observer": observer, **_body(block.body, look)}


def _identity(block: answers.Header | answers.BeaconBlock) -> tuple[int, int, str, str]:
    return block.slot, block.proposer_index, block.parent_root.lower(), block.state_root.lower()


def _of(block: answers.Header | answers.BeaconBlock) -> Row:
    return {"slot": block.slot, "parent_root": block.parent_root, "proposer_index": block.proposer_index}


def _body(body: answers.Body, look: Look) -> Row:
    bits = body.sync_aggregate.sync_committee_bits if body.sync_aggregate else None
    if bits is None:
        return {"graffiti": body.graffiti}
    try:
        raw = bytes.fromhex(bits.removeprefix("0x"))
    except ValueError:
        raise MalformedInput(f"{look.recording.name}: sync_committee_bits {bits[:80]!r} is not hexadecimal") from None
    signers = int.from_bytes(raw, "big").bit_count()
    return {"graffiti": body.graffiti, "sync_signers": signers, "sync_committee": 8 * len(raw)}


def finality(look: Look) -> Iterator[Row]:
    """`finality`."""
    for key, found in look.read(answers.Finality, "finality"):
        yield {
            "observer": key.observer,
            "head_epoch": _head_epoch(look, key.observer),
            "justified_epoch": found.data.current_justified.epoch,
            "finalized_epoch": found.data.finalized.epoch,
            "finalized_root": found.data.finalized.root,
        }


def _head_epoch(look: Look, observer: str) -> int | None:
    slot = look.head_slot(observer)
    return None if slot is None else slot // slots_per_epoch(look.recording.chain_id)


def participation(look: Look) -> Iterator[Row]:
    """`participation`: of the epoch before the one that was asked for, which is over."""
    for key, found in look.read(answers.Inclusion, "inclusion"):
        told = found.data
        active = told.previous_epoch_active_gwei
        yield {
            "observer": key.observer,
            "epoch": key.number - 1 if key.number else None,
            "active_gwei": told.current_epoch_active_gwei if active is None else active,
            "attesting_gwei": told.previous_epoch_target_attesting_gwei,
        }


def slashings(look: Look) -> Iterator[Row]:
    """`slashings`, of blocks and of events."""
    for observer, source, proof in _proofs(look):
        if isinstance(proof, answers.ProposerSlashing):
            yield {"observer": observer, "source": source, **_proposer(proof, look.recording.name)}
        else:
            yield from ({"observer": observer, "source": source, **row} for row in _attesters(proof))


_Proof: TypeAlias = answers.ProposerSlashing | answers.AttesterSlashing


def _proofs(look: Look) -> Iterator[tuple[str, str, _Proof]]:
    for observer, block in look.blocks:
        proofs: tuple[_Proof, ...] = (*block.body.proposer_slashings, *block.body.attester_slashings)
        yield from ((observer, "block", proof) for proof in proofs)
    for observer, event in look.events:
        if isinstance(event, answers.ProposerSlashing | answers.AttesterSlashing):
            yield observer, "event", event


def _proposer(proof: answers.ProposerSlashing, where: str) -> Row:
    one, other = proof.signed_header_1.message, proof.signed_header_2.message
    return {
        "kind": "proposer",
        "validator_index": one.proposer_index,
        "slot": other.slot,
        "first_root": "0x" + root_of(one, where).hex(),
        "second_root": "0x" + root_of(other, where).hex(),
    }


def _attesters(proof: answers.AttesterSlashing) -> Iterator[Row]:
    one, other = proof.attestation_1, proof.attestation_2
    for index in sorted({*one.attesting_indices} & {*other.attesting_indices}):
        yield {
            "kind": "attester",
            "validator_index": index,
            "slot": other.data.slot,
            "first_root": one.data.target.root,
            "second_root": other.data.target.root,
        }


def exits(look: Look) -> Iterator[Row]:
    """`voluntary_exits`, of blocks and of events."""
    said = [(who, "block", signed) for who, block in look.blocks for signed in block.body.voluntary_exits]
    told = [(who, "event", event) for who, event in look.events if isinstance(event, answers.SignedExit)]
    for observer, source, signed in (*said, *told):
        leaves = signed.message
        yield {
            "observer": observer,
            "source": source,
            "validator_index": leaves.validator_index,
            "epoch": leaves.epoch,
        }


def duties(look: Look) -> Iterator[Row]:
    """`validator_duties`."""
    for key, found in look.read(answers.Duties, "duties"):
        for duty in found.data:
            yield {
                "observer": key.observer,
                "slot": duty.slot,
                "validator_index": duty.validator_index,
                "public_key": duty.pubkey,
            }


def own_validators(look: Look) -> Iterator[Row]:
    """`own_validators`: states, then liveness."""
    for key, found in look.read(answers.Validators, "validators"):
        epoch = _head_epoch(look, key.observer)
        for entry in found.data:
            yield {
                "observer": key.observer,
                "validator_index": entry.index,
                "public_key": entry.validator.pubkey,
                "epoch": epoch,
                "status": entry.status[:LONGEST_TEXT],
                "balance_gwei": entry.balance,
                "is_slashed": entry.validator.slashed,
            }
    for key, seen in look.read(answers.Liveness, "liveness"):
        for each in seen.data:
            yield {
                "observer": key.observer,
                "validator_index": each.index,
                "epoch": key.number,
                "is_live": each.is_live,
            }


def reorgs(look: Look) -> Iterator[Row]:
    """`reorgs`."""
    for observer, event in look.events:
        if isinstance(event, events.Reorg):
            yield {
                "observer": observer,
                "slot": event.slot,
                "depth": event.depth,
                "old_head_root": event.old_head_block,
                "new_head_root": event.new_head_block,
            }


def status(look: Look) -> Iterator[Row]:
    """`node_status` of beacon nodes: one row an observer."""
    told: dict[str, Row] = {}
    for key, found in look.read(node_answers.Syncing, "syncing"):
        told.setdefault(key.observer, {}).update(_syncing(found.data))
    for key, counted in look.read(node_answers.PeerCount, "peer_count"):
        told.setdefault(key.observer, {})["peers"] = counted.data.connected
    for key, named in look.read(node_answers.Version, "version"):
        told.setdefault(key.observer, {})["client"] = named.data.version[:LONGEST_TEXT]
    roots = {(who, entry.header.message.slot): entry.root for who, entry in look.headers if entry.canonical}
    for observer, row in told.items():
        root = roots.get((observer, row.get("head_number", -1)))
        yield {"observer": observer, "layer": "consensus", **row, "head_hash": root}


def _syncing(state: node_answers.SyncState) -> Row:
    return {
        "head_number": state.head_slot,
        "target_number": state.head_slot + state.sync_distance,
        "is_syncing": state.is_syncing,
        "is_optimistic": state.is_optimistic,
        "is_execution_offline": state.el_offline,
    }


def peers(look: Look) -> Iterator[Row]:
    """`peers` of beacon nodes: those that are connected."""
    for key, found in look.read(node_answers.BeaconPeers, "peers"):
        for peer in found.data:
            if peer.state == CONNECTED:
                yield {
                    "observer": key.observer,
                    "layer": "consensus",
                    "peer": peer.peer_id[:LONGEST_TEXT],
                    "network": network_of(peer.last_seen_p2p_address),
                    "is_inbound": peer.direction == "inbound" if peer.direction else None,
                }


GIVEN: Mapping[str, tuple[frozenset[str], Callable[[Look], Iterable[Row]]]] = {
    "beacon_blocks": (frozenset({"headers", "header", "block"}), blocks),
    "finality": (frozenset({"finality"}), finality),
    "participation": (frozenset({"inclusion"}), participation),
    "slashings": (frozenset({"block", "events"}), slashings),
    "voluntary_exits": (frozenset({"block", "events"}), exits),
    "validator_duties": (frozenset({"duties"}), duties),
    "own_validators": (frozenset({"validators", "liveness"}), own_validators),
    "reorgs": (frozenset({"events"}), reorgs),
    "node_status": (frozenset({"syncing", "peer_count", "version"}), status),
    "peers": (frozenset({"peers"}), peers),
}
"""By dataset: the kinds of answer that give it, any of which will do, and its rows."""
