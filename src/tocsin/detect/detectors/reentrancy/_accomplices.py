"""
Contracts that act with the actors of a transaction although the sender neither calls nor creates them.

An attacker's second contract, deployed earlier, is no member of the actor cluster. By what it does it can be told: a
member calls it, it calls somebody else's contract, and is called back by that contract, and acts, while it is still at
work. So do vaults and their strategies; therefore it is certain only of those that trust a member with their tokens.
"""

from collections import Counter
from collections.abc import Iterable

from tocsin.detect.detectors._frames import FROM_WHOM, TOKEN_CALLS, Frame, argument, is_entry


def accomplices(tree: Iterable[Frame], members: frozenset[bytes], by_design: frozenset[bytes]) -> frozenset[bytes]:
    """The contracts that a member calls and that act when they are called back, not `by_design`, from below."""
    stack: list[Frame] = []
    asked: Counter[bytes] = Counter()
    called_back: Counter[bytes] = Counter()
    found = set()
    for frame in tree:
        while stack and stack[-1].end <= frame.position:
            gone = stack.pop()
            asked[gone.callee] -= _is_asked(gone, members)
            called_back[gone.callee] -= _is_called_back(gone, members, by_design)
        if frame.kind == "call" and asked[frame.caller] > 0 and called_back[frame.caller] > 0:
            found.add(frame.caller)
        asked[frame.callee] += _is_asked(frame, members)
        called_back[frame.callee] += _is_called_back(frame, members, by_design)
        stack.append(frame)
    return frozenset(found)


def trusting(tree: Iterable[Frame], candidates: frozenset[bytes], members: frozenset[bytes]) -> frozenset[bytes]:
    """Those of the candidates that let a member take their tokens: nobody lets a stranger."""
    return frozenset(
        argument(frame, 0)
        for frame in tree
        if frame.selector in FROM_WHOM and frame.caller in members and argument(frame, 0) in candidates
    )


def _is_asked(frame: Frame, members: frozenset[bytes]) -> bool:
    return is_entry(frame, members) and bool(frame.selector) and frame.selector not in TOKEN_CALLS


def _is_called_back(frame: Frame, members: frozenset[bytes], by_design: frozenset[bytes]) -> bool:
    return (
        frame.kind == "call"
        and frame.caller not in members
        and frame.callee not in members
        and frame.caller != frame.callee
        and frame.selector not in by_design
    )
