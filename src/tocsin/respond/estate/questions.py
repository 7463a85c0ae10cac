"""
What to ask a chain about an asset, as values; whoever has nodes answers them.

Questions come in rounds: some can be asked only once others are answered. Asked with what is told so far,
`questions` gives those that are left; when it gives none, `judging` has all it can get.
"""

from collections.abc import Iterator, Mapping
from typing import TypeAlias

from eth_hash.auto import keccak

from tocsin.model.lookups import Lookup, balance, call, call_from, code, storage
from tocsin.respond.estate import answers
from tocsin.respond.estate.estate import Asset, AssetKind, Containment, Estate

Told: TypeAlias = Mapping[str, str | None]
"""By the name of a question, what was answered; None where it was asked and nobody could answer."""

IMPLEMENTATION_SLOT = "0x360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc"
ADMIN_SLOT = "0xb53127684a568b3173ae13b9f8a6016e243e63b6e8ee1178d6a717850b5d6103"
BEACON_SLOT = "0xa3f0ad74e5423aebfd80d3ef4346578335a9a72aeaee59ff6cb3582b35133d50"
"""Where proxies keep whom they pass calls on to, who may change that, and whom they ask (EIP-1967)."""
GUARD_SLOT = "0x" + keccak(b"guard_manager.guard.address").hex()
"""Where a Safe keeps its guard (GuardManager.sol of the Safe contracts)."""
SINGLETON_SLOT = "0x0"
"""Where the proxy of a Safe keeps whose code it runs (SafeProxy.sol)."""
FIRST_MODULE = f"{1:064x}"
"""Where the list of a Safe's modules begins (ModuleManager.sol)."""
MOST_MODULES = 100

_SLOTS: Mapping[str, str] = {"implementation": IMPLEMENTATION_SLOT, "admin": ADMIN_SLOT, "beacon": BEACON_SLOT}
_CALLS: Mapping[AssetKind | None, Mapping[str, str]] = {
    None: {"owner": "owner()", "paused": "paused()"},
    AssetKind.SAFE: {"threshold": "getThreshold()", "signers": "getOwners()", "version": "VERSION()"},
    AssetKind.TOKEN: {"symbol": "symbol()", "decimals": "decimals()"},
    AssetKind.ORACLE: {
        "round": "latestRoundData()",
        "decimals": "decimals()",
        "description": "description()",
    },
}
"""Functions without arguments to call, by kind of asset; with None, of every contract."""


def selector(signature: str) -> str:
    """The data of a call of a function without arguments."""
    return "0x" + keccak(signature.encode())[:4].hex()


def questions(asset: Asset, estate: Estate, told: Told, block_number: int) -> Mapping[str, Lookup]:
    """What is to be asked about an asset on a chain after this block, beyond what is told already."""
    if asset.place is None:
        return {}
    chain_id, address = asset.place
    every = dict(_first(asset, address, chain_id, block_number))
    if (beacon := answers.slot_address(told.get("beacon"))) is not None:
        data = selector("implementation()")
        every["implementation_of_beacon"] = call(beacon, data, block_number=block_number, chain_id=chain_id)
    every |= dict(_trials(asset, estate, block_number))
    return {name: lookup for name, lookup in every.items() if name not in told}


def trial(way: Containment, number: int, caller: str) -> str:
    """The name of the question whether this caller could contain an asset in its way of this number."""
    return f"contain {number} {way.call} {caller}"


def callers(way: Containment, asset: Asset, estate: Estate) -> tuple[str, ...]:
    """The addresses from which a way of containment can be called on the asset's chain."""
    by = estate.assets.get(way.by)
    if by is not None:
        return (by.address,) if by.address is not None and by.chain_id == asset.chain_id else ()
    return tuple(dict.fromkeys(address for person in estate.members(way.by) for address in person.addresses))


def is_testable(way: Containment) -> bool:
    """Whether it is a call that can be tried without knowing its arguments."""
    return way.call.endswith("()")


def _first(asset: Asset, address: str, chain_id: int, block: int) -> Iterator[tuple[str, Lookup]]:
    yield "code", code(address, block_number=block, chain_id=chain_id)
    yield "balance", balance(address, block_number=block, chain_id=chain_id)
    if asset.kind is AssetKind.WALLET:
        return
    slots = {**_SLOTS, "guard": GUARD_SLOT, "singleton": SINGLETON_SLOT} if asset.kind is AssetKind.SAFE else _SLOTS
    for name, slot in slots.items():
        yield name, storage(address, slot, block_number=block, chain_id=chain_id)
    for name, function in {**_CALLS[None], **_CALLS.get(asset.kind, {})}.items():
        yield name, call(address, selector(function), block_number=block, chain_id=chain_id)
    if asset.kind is AssetKind.SAFE:
        data = selector("getModulesPaginated(address,uint256)") + FIRST_MODULE + f"{MOST_MODULES:064x}"
        yield "modules", call(address, data, block_number=block, chain_id=chain_id)


def _trials(asset: Asset, estate: Estate, block: int) -> Iterator[tuple[str, Lookup]]:
    """Each containment as if its caller called it now: whether the chain would let it."""
    for number, way in enumerate(asset.containment, 1):
        target = estate.assets.get(way.on, asset)
        if not is_testable(way) or target.place is None:
            continue
        chain_id, address = target.place
        for caller in callers(way, target, estate):
            data = selector(way.call)
            lookup = call_from(caller, address, data, block_number=block, chain_id=chain_id)
            yield trial(way, number, caller), lookup
