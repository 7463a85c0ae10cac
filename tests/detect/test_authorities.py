"""Who signed an EIP-7702 authorisation, against what eth-account signs."""

from typing import Any

import pytest
from eth_account import Account
from hypothesis import given
from hypothesis import strategies as st

from tocsin.detect.detectors.phishing._authorities import CURVE_ORDER, authority

KEY = b"\x01" * 32
LIMIT = 2**64 - 1


def signed(chain_id: int, nonce: int, delegate: bytes) -> dict[str, Any]:
    entry = Account.sign_authorization({"chainId": chain_id, "address": f"0x{delegate.hex()}", "nonce": nonce}, KEY)
    return {
        "r": entry.r.to_bytes(32, "big"),
        "s": entry.s.to_bytes(32, "big"),
        "y_parity": entry.y_parity,
        "delegate_address": delegate,
        "authorised_chain_id": chain_id,
        "nonce": nonce,
    }


@given(st.integers(0, LIMIT), st.integers(0, LIMIT), st.binary(min_size=20, max_size=20))
def test_the_signer_is_recovered(chain_id: int, nonce: int, delegate: bytes) -> None:
    assert authority(signed(chain_id, nonce, delegate)) == bytes.fromhex(Account.from_key(KEY).address[2:])


def test_the_other_half_of_the_curve_is_refused_as_the_chain_refuses_it() -> None:
    row = signed(1, 0, b"\xab" * 20)
    other = (CURVE_ORDER - int.from_bytes(row["s"], "big")).to_bytes(32, "big")

    assert authority({**row, "s": other, "y_parity": 1 - row["y_parity"]}) is None


@pytest.mark.parametrize(
    "change", [{"r": bytes(32)}, {"r": b"\xff" * 32}, {"s": bytes(32)}, {"r": b""}, {"s": None}, {"y_parity": 7}]
)
def test_what_is_no_signature_is_nobodys(change: dict[str, Any]) -> None:
    assert authority({**signed(1, 0, b"\xab" * 20), **change}) is None
