"""What a chain says of an asset, held against what the estate says of it."""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from eth_hash.auto import keccak

from tocsin.respond.estate import answers
from tocsin.respond.estate.addresses import checksummed, is_address
from tocsin.respond.estate.estate import HOWS, Asset, AssetKind, Containment, Estate
from tocsin.respond.estate.questions import Told, callers, is_testable, trial

Value: TypeAlias = str | int | tuple[str, ...]


class Outcome(StrEnum):
    """How the chain and the estate agree."""

    SAME = "same"
    NOTE = "note"
    """The estate does not say it, and might."""
    DIFFERS = "differs"
    UNANSWERED = "unanswered"
    """Nobody could say: it may be as it should, or not."""

    @property
    def is_wrong(self) -> bool:
        """Whether somebody must look."""
        return self in (Outcome.DIFFERS, Outcome.UNANSWERED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """One thing about an asset that was looked at."""

    asset: str
    what: str
    """A field of `expects`, or `code`, `kind`, `answer`, `contain`, `node`."""
    outcome: Outcome
    says: str
    expected: str = ""
    found: str = ""


def judge(asset: Asset, estate: Estate, told: Told, *, block_time: int) -> tuple[Verdict, ...]:
    """What the chain says of an asset on a chain, whose questions are all told, after a block of this time."""
    code = answers.raw(told.get("code"))
    if code is None:
        return (_verdict(asset, "code", Outcome.UNANSWERED, "no node says what code is there"),)
    if asset.kind is AssetKind.WALLET:
        return (_of_wallet(asset, code), *_ways(asset, estate, told))
    if not code:
        says = "no code is at this address: it was never there, it was destroyed, or this is another chain's address"
        return (_verdict(asset, "code", Outcome.DIFFERS, says, "code", "none"),)
    there = _verdict(asset, "code", Outcome.SAME, f"{len(code):,} bytes of code")
    facts = (found for name in _FACTS for found in _compared(asset, estate, name, told))
    return (there, *facts, *_oracle(asset, told, block_time), *_pause(asset, told), *_ways(asset, estate, told))


def _compared(asset: Asset, estate: Estate, name: str, told: Told) -> Iterator[Verdict]:
    expected, found = asset.expected.given.get(name), _FACTS[name](asset, told)
    if expected is None:
        if found is not None and _is_worth_saying(name, asset, found):
            says = f"is {_worded(found, estate)}, which the estate does not say"
            yield _verdict(asset, name, Outcome.NOTE, says, found=_shown(found))
        return
    said = {"expected": _shown(expected), "found": "" if found is None else _shown(found)}
    if found is None:
        yield Verdict(asset=asset.id, what=name, outcome=Outcome.UNANSWERED, says=_NOT_TOLD, **said)
    elif _comparable(found) == _comparable(expected):
        yield Verdict(asset=asset.id, what=name, outcome=Outcome.SAME, says=f"is {_worded(found, estate)}", **said)
    else:
        says = _difference(expected, found, estate)
        yield Verdict(asset=asset.id, what=name, outcome=Outcome.DIFFERS, says=says, **said)


_NOT_TOLD = "the contract does not say, or not in the usual form"


def _difference(expected: Value, found: Value, estate: Estate) -> str:
    if isinstance(expected, tuple) and isinstance(found, tuple):
        more, less = sorted(set(found) - set(expected)), sorted(set(expected) - set(found))
        parts = [f"{_worded(tuple(each), estate)} {word}" for each, word in ((more, "more"), (less, "missing")) if each]
        return "; ".join(parts)
    return f"is {_worded(found, estate)}, not {_worded(expected, estate)}"


def _is_worth_saying(name: str, asset: Asset, found: Value) -> bool:
    """Whether what the estate leaves out decides who controls the asset."""
    return name in _CONTROLLING and found not in ((), answers.ZERO) and (name, asset.kind) not in _ORDINARY


_CONTROLLING = ("implementation", "beacon", "admin", "owner", "threshold", "signers", "modules", "guard")
_ORDINARY = {("implementation", AssetKind.SAFE)}
"""Every Safe is a proxy of the Safe code."""


def _of_wallet(asset: Asset, code: bytes) -> Verdict:
    expected = asset.expected.implementation
    if code.startswith(answers.DELEGATED):
        acts = "0x" + code[3:23].hex()
        outcome = Outcome.SAME if acts == expected else Outcome.DIFFERS
        says = f"an account for which the code at {checksummed(acts)} acts (EIP-7702)"
        return _verdict(asset, "kind", outcome, says, expected or "no code", acts)
    if code:
        says = "a contract, not an account with a key; list it as [[contract]] or [[safe]]"
        return _verdict(asset, "kind", Outcome.DIFFERS, says, "no code", f"{len(code):,} bytes of code")
    if expected:
        says = f"an account without code, for which {checksummed(expected)} should act (EIP-7702)"
        return _verdict(asset, "kind", Outcome.DIFFERS, says, expected, "no code")
    return _verdict(asset, "kind", Outcome.SAME, "an account with a key, without code")


def _oracle(asset: Asset, told: Told, block_time: int) -> Iterator[Verdict]:
    if asset.kind is not AssetKind.ORACLE:
        return
    if (words := answers.words(told.get("round"), _ROUND_WORDS)) is None:
        says = "does not answer latestRoundData(), so that nobody sees how old its price is"
        yield _verdict(asset, "answer", Outcome.UNANSWERED, says)
        return
    price, seconds = answers.signed(words[1]), block_time - int.from_bytes(words[3], "big")
    most = asset.expected.most_seconds_old
    if price <= 0:
        yield _verdict(asset, "answer", Outcome.DIFFERS, f"answers {price}, which is no price", found=str(price))
    elif most is not None and seconds > most:
        says = f"its newest answer is {seconds:,} seconds old; at most {most:,}"
        yield _verdict(asset, "answer", Outcome.DIFFERS, says, str(most), str(seconds))
    else:
        yield _verdict(asset, "answer", Outcome.SAME, f"answers {price}, {seconds:,} seconds old", found=str(price))


_ROUND_WORDS = 5
"""Round, answer, started at, updated at, answered in round (Chainlink's AggregatorV3Interface)."""


def _pause(asset: Asset, told: Told) -> Iterator[Verdict]:
    if _is_paused(told):
        yield _verdict(asset, "paused", Outcome.NOTE, "is paused now")


def _is_paused(told: Told) -> bool:
    return answers.number(told.get("paused")) == 1


def _ways(asset: Asset, estate: Estate, told: Told) -> Iterator[Verdict]:
    for number, way in enumerate(asset.containment, 1):
        if is_testable(way):
            yield _tried(asset, estate, told, number, way)


def _tried(asset: Asset, estate: Estate, told: Told, number: int, way: Containment) -> Verdict:
    """Whether the chain would let somebody contain the asset now."""
    target, who = estate.assets.get(way.on, asset), estate.name_of(way.by)
    able = [each for each in callers(way, target, estate) if told.get(trial(way, number, each)) is not None]
    act = f"{way.call} on {target.name}"
    if able:
        says = f"{who} can {HOWS[way.how]}: the chain would take {act} from {_worded(tuple(able), estate)}"
        return _verdict(asset, "contain", Outcome.SAME, says, way.call, ", ".join(able))
    if not callers(way, target, estate):
        says = f"{who} has no address on chain {target.chain_id}, so that it is not known whether {act} would work"
        return _verdict(asset, "contain", Outcome.NOTE, says, way.call)
    if _is_paused(told) and way.how == "pause":
        return _verdict(asset, "contain", Outcome.NOTE, f"could not try {act}: it is paused now", way.call)
    says = f"{who} cannot {HOWS[way.how]}: the chain would refuse {act} from there"
    return _verdict(asset, "contain", Outcome.DIFFERS, says, way.call, "refused")


def _implementation(asset: Asset, told: Told) -> Value | None:
    """Where the calls of a proxy end up, whichever way it keeps that."""
    own = answers.raw(told.get("code")) or b""
    kept = [told.get("implementation"), told.get("implementation_of_beacon")]
    kept += [told.get("singleton")] if asset.kind is AssetKind.SAFE else []
    return next(filter(None, map(answers.slot_address, kept)), None) or answers.minimal_proxy(own)


def _slot(name: str) -> "Callable[[Asset, Told], Value | None]":
    return lambda _asset, told: answers.slot_address(told.get(name))


def _answered(name: str, read: "Callable[[str | None], Value | None]") -> "Callable[[Asset, Told], Value | None]":
    return lambda _asset, told: read(told.get(name))


def _code_hash(_asset: Asset, told: Told) -> Value | None:
    code = answers.raw(told.get("code"))
    return None if code is None else "0x" + keccak(code).hex()


_FACTS: "Mapping[str, Callable[[Asset, Told], Value | None]]" = {
    "code_hash": _code_hash,
    "implementation": _implementation,
    "beacon": _slot("beacon"),
    "admin": _slot("admin"),
    "owner": _answered("owner", answers.address),
    "threshold": _answered("threshold", answers.number),
    "signers": _answered("signers", answers.addresses),
    "modules": _answered("modules", answers.addresses),
    "guard": _answered("guard", answers.address),
    "symbol": _answered("symbol", answers.text),
    "decimals": _answered("decimals", answers.number),
    "description": _answered("description", answers.text),
}
"""What a chain says of an asset, by field of `expects`."""


def _comparable(value: Value) -> Value | frozenset[str]:
    return frozenset(value) if isinstance(value, tuple) else value


def _shown(value: Value) -> str:
    return ", ".join(sorted(value)) if isinstance(value, tuple) else str(value)


def _worded(value: Value, estate: Estate) -> str:
    if isinstance(value, tuple):
        return ", ".join(_named(each, estate) for each in sorted(value)) or "none"
    return _named(value, estate) if isinstance(value, str) and is_address(value) else repr(value).strip("'")


def _named(address: str, estate: Estate) -> str:
    """An address with whose it is, where the estate knows."""
    if address == answers.ZERO:
        return "nobody"
    names: Collection[str] = [asset.name for asset in estate.at(None, address)]
    if (person := estate.signer(address)) is not None:
        names = [*names, person.name]
    return checksummed(address) + (f" ({', '.join(names)})" if names else "")


def _verdict(asset: Asset, what: str, outcome: Outcome, says: str, expected: str = "", found: str = "") -> Verdict:
    return Verdict(asset=asset.id, what=what, outcome=outcome, says=says, expected=expected, found=found)
