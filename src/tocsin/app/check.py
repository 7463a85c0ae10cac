"""Whether this installation can watch: settings, store, endpoints, and what the store says of the watching's health."""

from collections.abc import AsyncIterator, Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from tocsin.app.asked import asked
from tocsin.app.checked import Check, State
from tocsin.app.chosen import detectors_of, with_rules
from tocsin.app.known import of_settings
from tocsin.app.settings import ChainSettings, Settings
from tocsin.app.wanted import extra
from tocsin.app.watching.network import beacons
from tocsin.chain import codecs
from tocsin.chain.beacon import requests
from tocsin.chain.catalogue import datasets, derived
from tocsin.chain.header import Header
from tocsin.chain.recording import Recording
from tocsin.chain.rpc import methods
from tocsin.detect.detector import Detector
from tocsin.detect.known import KNOWN
from tocsin.edge.beacon import BeaconNode
from tocsin.edge.channels import to_file
from tocsin.edge.rpc.endpoint import Endpoint, Status, WrongChain
from tocsin.edge.rpc.limits import Limits
from tocsin.edge.rpc.urls import shown
from tocsin.edge.store import gaps, health, outbox
from tocsin.edge.store.opening import Store
from tocsin.edge.store.store import position
from tocsin.edge.store.values import Position
from tocsin.intel.reference import Beside
from tocsin.model.errors import EndpointRefused, InputError, RemoteError


def check_settings(settings: Settings) -> Iterator[Check]:
    """What the settings ask for. Raises `UserError` and `InputError`."""
    known, every = of_settings(settings), with_rules(settings)
    if settings.known.files:
        detail = ", ".join(f"{len(known[name]):,} {name.replace('_', ' ')}" for name in known)
        yield Check(area="settings", name="known", state=State.OK, detail=detail)
    for chain in settings.chains:
        chosen = detectors_of(chain, every)
        detail = f"chain id {chain.chain_id}, {len(chain.endpoints)} endpoints, {len(chosen)} detectors"
        yield Check(area="settings", name=chain.name, state=State.OK, detail=detail)
    if not settings.chains:
        detail = "no [[chain]]: nothing is watched, `tocsin serve` responds only; add name, chain_id and endpoints"
        yield Check(area="settings", name="chains", state=State.WARNING, detail=detail)
    if settings.outbox.file:
        to_file(Path(settings.outbox.file))
        yield Check(area="settings", name="outbox", state=State.OK, detail=f"file {settings.outbox.file}")


def check_store(store: Store) -> Iterator[Check]:
    """That the store is there, and what waits in it. Raises `StoreError`."""
    yield Check(area="store", name=store.engine.dialect.name, state=State.OK, detail="open, its tables are up to date")
    waiting = outbox.pending(store.engine)
    state = State.WARNING if waiting else State.OK
    yield Check(area="store", name="outbox", state=state, detail=f"{waiting} notices to tell")
    alerts = health.open_alerts(store.engine)
    for alert in alerts:
        detail = f"{alert.detail} (times: {alert.times})"
        yield Check(area="health", name=alert.key, state=State.WARNING, detail=detail)
    if not alerts:
        yield Check(area="health", name="alerts", state=State.OK, detail="none is open")


async def check_chain(chain: ChainSettings, every: Mapping[str, Detector], store: Store) -> AsyncIterator[Check]:
    """
    That a chain's endpoints answer, what they can give, and how far its blocks are done.

    `every` are the detectors and rules to choose from. Raises `StoreError` and `SettingError`.
    """
    heads: list[int] = []
    given: set[str] = set()
    chosen = detectors_of(chain, every)
    wanted = methods.ORDINARY | extra(chosen.values())
    for url in (secret.reveal for secret in chain.endpoints):
        endpoint = Endpoint(url, chain.chain_id, Limits())
        try:
            head = await _ready(endpoint)
            gives = methods.given(await endpoint.capable(wanted))
        except (RemoteError, InputError) as error:
            yield Check(area=chain.name, name=shown(url), state=State.FAILED, detail=str(error))
        else:
            heads.append(head.number)
            given |= gives
            yield _endpoint(chain, endpoint.status(), head, gives)
        finally:
            await endpoint.close()
    if heads:
        yield _detectors(chain, chosen, given)
    for beacon in beacons([secret.reveal for secret in chain.beacon_urls], chain.validators):
        yield await _beacon(chain, beacon.node)
    yield _progress(chain, store, max(heads, default=None))


async def _ready(endpoint: Endpoint) -> Header:
    await endpoint.prepare()
    return await endpoint.newest()


def _endpoint(chain: ChainSettings, status: Status, head: Header, given: Collection[str]) -> Check:
    lacks = sorted(methods.ORDINARY - set(given))
    detail = f"head {head.number}, {status.client_version or 'unknown client'}, gives {', '.join(sorted(given))}"
    return Check(
        area=chain.name,
        name=status.name,
        state=State.WARNING if lacks else State.OK,
        detail=f"{detail}; lacks {', '.join(lacks)}" if lacks else detail,
    )


async def _beacon(chain: ChainSettings, node: BeaconNode) -> Check:
    """That a beacon node answers, is of the same chain, and is in sync."""
    try:
        said = await node.chain_id()
        if said != chain.chain_id:
            raise WrongChain(f"is of chain {said}, not {chain.chain_id}; name a beacon node of that chain")
        detail, is_well = _in_words(await _status_of(node, said))
        state = State.OK if is_well else State.WARNING
    except (RemoteError, InputError) as error:
        detail, state = str(error), State.FAILED
    finally:
        await node.close()
    return Check(area=chain.name, name=node.name, state=state, detail=detail)


async def _status_of(node: BeaconNode, chain_id: int) -> Mapping[str, Any]:
    """Its row of `node_status`."""
    told = {each.key(): await node.ask(each) for each in requests.NODE}
    answers = {key: answer for key, answer in told.items() if answer is not None}
    tables = codecs.tables([Recording(chain_id=chain_id, name=node.name, answers=answers)]) if answers else {}
    if "node_status" not in tables:
        raise EndpointRefused(f"{node.name}: does not say how it is; is it a beacon node?")
    return tables["node_status"].row(0, named=True)


def _in_words(status: Mapping[str, Any]) -> tuple[str, bool]:
    """How a beacon node is, and whether that is well."""
    wrong = [says for name, says in _COMPLAINTS.items() if status[name]]
    if (status["target_number"] or 0) > (status["head_number"] or 0):
        wrong.append(f"{status['target_number'] - (status['head_number'] or 0)} slots behind")
    known = status["head_number"] is not None
    head = f"head at slot {status['head_number']}" if known else "does not say how far it is"
    peers = "" if status["peers"] is None else f", peers: {status['peers']}"
    told = "".join(f"; {each}" for each in wrong)
    return f"{head}, {status['client'] or 'unknown client'}{peers}{told}", known and not wrong


_COMPLAINTS: Mapping[str, str] = {
    "is_syncing": "is syncing",
    "is_optimistic": "follows blocks that its execution node has not checked",
    "is_execution_offline": "cannot reach its execution node",
}
"""By column of `node_status`."""


def _detectors(chain: ChainSettings, every: Mapping[str, Detector], given: Collection[str]) -> Check:
    """Which detectors would be blind on what the endpoints give together."""
    there = Beside(derived({name: datasets()[name].empty for name in given}), KNOWN)
    chosen = asked(there, every)
    blind = {name: lacking for name, detector in chosen.items() if (lacking := detector.lacking(there))}
    told = "; ".join(f"{name} lacks {', '.join(lacking)}" for name, lacking in sorted(blind.items()))
    less = {name: missing for name, one in chosen.items() if name not in blind and (missing := one.missing(there))}
    partly = "; ".join(f"{name} lacks {', '.join(missing)}" for name, missing in sorted(less.items()))
    detail = f"{len(chosen) - len(blind)} of {len(chosen)} can look" + (f". Blind: {told}" if told else "")
    detail += f". Seeing less: {partly}" if partly else ""
    return Check(area=chain.name, name="detectors", state=State.WARNING if blind else State.OK, detail=detail)


def _progress(chain: ChainSettings, store: Store, head: int | None) -> Check:
    where = position(store, chain.chain_id, 1)
    if where is None:
        return Check(area=chain.name, name="progress", state=State.OK, detail="not begun")
    undone = gaps.open_gaps(store.engine, chain.chain_id)
    told = "; ".join(f"{gap.first}-{gap.last} {gap.detector or 'all detectors'}: {gap.reason}" for gap in undone)
    detail = _reached(where, head) + (f". Gaps: {told}" if told else "")
    return Check(area=chain.name, name="progress", state=State.WARNING if undone else State.OK, detail=detail)


def _reached(where: Position, head: int | None) -> str:
    done = where.checkpoint.number
    so_far = f"done to block {done}" if done >= where.start else f"waits for its first block, {done + 1}"
    if head is None:
        return so_far
    return f"{so_far}, {head - done} behind the head" if head >= done else f"{so_far}; the head is {head}, below it"
