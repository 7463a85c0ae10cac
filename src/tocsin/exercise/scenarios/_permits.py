"""What owners sign off the chain so that others may move their tokens. No scenario itself."""

from collections.abc import Mapping
from typing import Any

from tocsin.chain.contract import Account, Contract
from tocsin.exercise.play import Play
from tocsin.exercise.scene.permit2 import ADDRESS as PERMIT2

HOUR_SECONDS = 3_600
_STRUCTURES: Mapping[str, tuple[tuple[str, str], ...]] = {
    "Permit": (
        ("owner", "address"),
        ("spender", "address"),
        ("value", "uint256"),
        ("nonce", "uint256"),
        ("deadline", "uint256"),
    ),
    "PermitTransferFrom": (
        ("permitted", "TokenPermissions"),
        ("spender", "address"),
        ("nonce", "uint256"),
        ("deadline", "uint256"),
    ),
    "TokenPermissions": (("token", "address"), ("amount", "uint256")),
}
"""EIP-2612, and Uniswap's Permit2 (ISignatureTransfer)."""
_DOMAIN_TYPES = {"name": "string", "version": "string", "chainId": "uint256", "verifyingContract": "address"}


def permit(play: Play, owner: Account, spender: Contract, amount: int) -> tuple[int, int, bytes, bytes]:
    """An EIP-2612 permit over USDR that the owner signs: deadline, v, r, s."""
    usdr, deadline = play.scene.tokens.usdr, play.home.now() + HOUR_SECONDS
    domain = {
        "name": play.home.read(usdr, "name"),
        "version": "1",
        "chainId": play.home.chain_id,
        "verifyingContract": usdr.address,
    }
    message = {
        "owner": owner.address,
        "spender": spender.address,
        "value": amount,
        "nonce": play.home.read(usdr, "nonces", owner),
        "deadline": deadline,
    }
    signed = play.home.sign_typed(owner, _typed("Permit", domain, message))
    return deadline, signed[64], signed[:32], signed[32:64]


def permit2(
    play: Play, owner: Account, spender: Account | Contract, token: Contract, amount: int, nonce: int
) -> tuple[tuple[tuple[str, int], int, int], bytes]:
    """A Permit2 transfer that the owner signs for this spender: the permit as it is passed, and the signature."""
    deadline = play.home.now() + HOUR_SECONDS
    domain = {"name": "Permit2", "chainId": play.home.chain_id, "verifyingContract": PERMIT2}
    message = {
        "permitted": {"token": token.address, "amount": amount},
        "spender": spender.address,
        "nonce": nonce,
        "deadline": deadline,
    }
    signed = play.home.sign_typed(owner, _typed("PermitTransferFrom", domain, message, "TokenPermissions"))
    return ((token.address, amount), nonce, deadline), signed


def _typed(kind: str, domain: Mapping[str, Any], message: Mapping[str, Any], *more: str) -> dict[str, Any]:
    structures = {name: _members(_STRUCTURES[name]) for name in (kind, *more)}
    of_domain = _members(tuple((name, _DOMAIN_TYPES[name]) for name in domain))
    return {
        "types": {"EIP712Domain": of_domain, **structures},
        "primaryType": kind,
        "domain": domain,
        "message": message,
    }


def _members(members: tuple[tuple[str, str], ...]) -> list[dict[str, str]]:
    return [{"name": name, "type": kind} for name, kind in members]
