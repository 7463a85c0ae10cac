"""Bringing one block together from what several endpoints can give, each answer held against the block's hash."""

from dataclasses import dataclass, field

from tocsin.chain.header import Header
from tocsin.chain.rpc import methods, verify
from tocsin.chain.rpc.json_rpc import Outcome, Request
from tocsin.edge.rpc.endpoint import Endpoint
from tocsin.model.errors import EndpointUnavailable, InputError, MalformedInput, MethodUnknown, RemoteError


@dataclass(slots=True)
class Gathered:
    """What has been brought together of one block."""

    header: Header
    missing: frozenset[str]
    """Datasets that are wanted still."""
    block: verify.Block | None = None
    answers: dict[str, bytes] = field(default_factory=dict)
    sources: list[str] = field(default_factory=list)
    """Names of the endpoints that gave something."""


async def header_at(endpoint: Endpoint, number: int) -> Header | None:
    """The endpoint's block at a height now. Raises `RemoteError` and `InputError`."""
    await endpoint.prepare()
    (outcome,) = await endpoint.ask([Request(methods.BLOCK, (hex(number), False))])
    if isinstance(outcome, RemoteError):
        raise outcome
    found = verify.header(outcome, endpoint.name)
    if found is not None and found.number != number:
        raise MalformedInput(f"{endpoint.name}: gave block {found.number} for block {number}")
    return found


async def gather(endpoint: Endpoint, gathered: Gathered) -> None:
    """Take from this endpoint what is missing still. Raises what it failed with, after taking what was right."""
    if not gathered.missing and gathered.block is not None:
        return
    keys = methods.plan(await endpoint.capable(gathered.missing), gathered.missing).keys
    if gathered.block is None and methods.BLOCK not in keys:
        keys = (methods.BLOCK, *keys)
    outcomes = await endpoint.ask([methods.METHODS[key].asks(gathered.header) for key in keys])
    failures = [_take(endpoint, gathered, key, outcome) for key, outcome in zip(keys, outcomes, strict=True)]
    if failure := next((failure for failure in failures if failure is not None), None):
        raise failure


def _take(endpoint: Endpoint, gathered: Gathered, key: str, outcome: Outcome) -> RemoteError | InputError | None:
    """Keep an answer if it is about this very block; else say what is wrong with it."""
    try:
        _keep(endpoint, gathered, key, outcome)
    except MethodUnknown as error:
        endpoint.forget(key)
        return error
    except InputError as error:
        endpoint.failed(error)
        return error
    except RemoteError as error:
        return error
    return None


def _keep(endpoint: Endpoint, gathered: Gathered, key: str, outcome: Outcome) -> None:
    if isinstance(outcome, RemoteError):
        raise outcome
    if key == methods.BLOCK:
        gathered.block = verify.block(outcome, gathered.header, endpoint.name)
    elif gathered.block is None:
        raise EndpointUnavailable(f"{endpoint.name}: {key} came without the block it is of")
    else:
        verify.check(key, outcome, gathered.block, endpoint.name)
    gathered.answers[key] = outcome
    gathered.missing -= methods.given([key])
    if endpoint.name not in gathered.sources:
        gathered.sources.append(endpoint.name)
