"""Who signed an EIP-7702 authorisation: recovered from the signature, as the chain does it."""

from collections.abc import Mapping
from typing import Any

from coincurve import PublicKey
from eth_hash.auto import keccak

from tocsin.chain.abi import ADDRESS_BYTES

MAGIC = b"\x05"
"""What stands before the signed list (EIP-7702)."""
CURVE_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
_SHORT_LIST, _SHORT_TEXT = 0xC0, 0x80


def authority(row: Mapping[str, Any]) -> bytes | None:
    """The account that signed a row of `authorisations`; None where the signature is none."""
    r, s = row["r"] or b"", row["s"] or b""
    if len(r) != 32 or len(s) != 32 or row["y_parity"] not in (0, 1) or int.from_bytes(s, "big") > CURVE_ORDER // 2:
        return None
    delegate = row["delegate_address"]
    signed = _list(_number(row["authorised_chain_id"]), _text(delegate), _number(row["nonce"]))
    try:
        key = PublicKey.from_signature_and_message(r + s + bytes((row["y_parity"],)), keccak(MAGIC + signed), None)
    except Exception:  # noqa: BLE001 - coincurve raises Exception itself for bytes that are no signature: they are nobody's
        return None
    return keccak(key.format(compressed=False)[1:])[-ADDRESS_BYTES:]


def _number(value: int) -> bytes:
    return _text(value.to_bytes((value.bit_length() + 7) // 8, "big"))


def _text(value: bytes) -> bytes:
    """Recursive-length encoding of fewer than 56 bytes."""
    return value if len(value) == 1 and value[0] < _SHORT_TEXT else bytes((_SHORT_TEXT + len(value),)) + value


def _list(*items: bytes) -> bytes:
    """The same of a list of so few: chain, address and nonce are 39 bytes at most."""
    whole = b"".join(items)
    return bytes((_SHORT_LIST + len(whole),)) + whole
