"""Frames of one transaction as values, and what a frame means: a payment, a token's hook, a door, an entry."""

from collections.abc import Iterable, Iterator
from operator import itemgetter
from typing import Any, NamedTuple

from tocsin.chain.abi import ADDRESS_BYTES, SELECTOR_BYTES
from tocsin.chain.signatures import selector
from tocsin.tables.amounts import WORD_BYTES

READ = (
    "call_index",
    "subtree_end",
    "call_type",
    "from_address",
    "to_address",
    "value_f64",
    "selector",
    "input",
    "output",
    "reverted",
)
"""The columns of `calls` that frames are made from."""


def _selectors(*signatures: str) -> frozenset[bytes]:
    return frozenset(map(selector, signatures))


_HEAD_BYTES = SELECTOR_BYTES + 2 * WORD_BYTES
_ANSWER_BYTES = 2 * WORD_BYTES

HOOKS = {
    selector(signature): signature.partition("(")[0]
    for signature in (
        "tokensReceived(address,address,address,uint256,bytes,bytes)",
        "tokensToSend(address,address,address,uint256,bytes,bytes)",
        "onTokenTransfer(address,uint256,bytes)",
        "tokenFallback(address,uint256,bytes)",
        "onERC721Received(address,address,uint256,bytes)",
        "onERC1155Received(address,address,uint256,uint256,bytes)",
        "onERC1155BatchReceived(address,address,uint256[],uint256[],bytes)",
        "onTransferReceived(address,address,uint256,bytes)",
    )
}
"""Hooks by which a token tells its receiver or its sender."""


FROM_WHOM = _selectors(
    "transferFrom(address,address,uint256)",
    "safeTransferFrom(address,address,uint256)",
    "safeTransferFrom(address,address,uint256,bytes)",
    "safeTransferFrom(address,address,uint256,uint256,bytes)",
)
"""Calls that name giver and receiver."""
_TO_WHOM = _selectors("transfer(address,uint256)", "safeTransfer(address,uint256)")
_MINTS = _selectors("mint(address,uint256)", "mint(address,uint256,uint256,bytes)")
_GIVES = _TO_WHOM | _MINTS
"""Calls by which the caller gives to whom the first argument says."""

TOKEN_CALLS = (
    FROM_WHOM
    | _TO_WHOM
    | _selectors(
        "approve(address,uint256)",
        "setApprovalForAll(address,bool)",
        "balanceOf(address)",
        "allowance(address,address)",
        "totalSupply()",
    )
)
"""What anybody does with any token: to move one in its own hook is no attack."""

SHARED_CALLS = TOKEN_CALLS | _MINTS | _selectors("deposit()", "withdraw(uint256)", "burn(uint256)")
"""Calls of what everybody uses: to lean on these makes no two contracts siblings."""


class Frame(NamedTuple):
    """One frame of a transaction, in the order of execution."""

    position: int
    end: int
    kind: str
    caller: bytes
    callee: bytes
    value: float
    selector: bytes
    data: bytes
    """The call data, or as much of it as holds two arguments."""
    output: bytes
    """What it returned, or as much of it as holds two words."""

    @property
    def state(self) -> bytes:
        """Whose state the frame works on."""
        return self.caller if self.kind in ("delegatecall", "callcode") else self.callee


def ordered(rows: Iterable[tuple[Any, ...]]) -> Iterator[Frame]:
    """
    The frames of one transaction in the order of execution, from rows of `READ`.

    Those that reverted or have no callee are left out.
    """
    taken = [row for row in rows if not row[-1] and row[4] is not None]
    taken.sort(key=_position)
    for position, end, kind, caller, callee, value, called, data, output, _ in taken:
        head, answer = (data or b"")[:_HEAD_BYTES], (output or b"")[:_ANSWER_BYTES]
        yield Frame(position, end, kind, caller, callee, value, called or b"", head, answer)


_position = itemgetter(0)


def is_entry(frame: Frame, members: frozenset[bytes]) -> bool:
    """Whether a member calls somebody else's contract."""
    return frame.kind == "call" and frame.caller in members and frame.callee not in members


def is_door(frame: Frame, members: frozenset[bytes]) -> bool:
    """Whether somebody else hands control to a member."""
    return frame.kind == "call" and frame.caller not in members and frame.callee in members


def gives(frame: Frame, members: frozenset[bytes]) -> bool:
    """Whether the caller gives something away; a call to a member without data has no other purpose than to pay."""
    if frame.kind != "call" or frame.caller in members:
        return False
    if frame.selector in FROM_WHOM:
        return argument(frame, 0) == frame.caller
    pays = frame.callee in members and (frame.value > 0 or not frame.selector or frame.selector in HOOKS)
    return pays or frame.selector in _GIVES


def receiver(frame: Frame) -> bytes:
    """Who is given something by a frame that gives."""
    if frame.selector in FROM_WHOM:
        return argument(frame, 1)
    return argument(frame, 0) if frame.selector in _GIVES else frame.callee


def argument(frame: Frame, number: int) -> bytes:
    """The address in this argument, if the call data reaches that far."""
    end = SELECTOR_BYTES + (number + 1) * WORD_BYTES
    return frame.data[end - ADDRESS_BYTES : end]
