"""
Keys that follow from a seed, and signatures with them. For the range alone: whoever knows the seed knows every key.

Nothing here is random: ECDSA signatures are deterministic (RFC 6979), so the same play gives the same bytes.
"""

import sys
from collections.abc import Mapping
from typing import Any

_RECURSION_LIMIT = sys.getrecursionlimit()

from eth_account import Account as Signer  # noqa: E402 - what it does to the limit is undone below
from eth_account.messages import SignableMessage, encode_defunct, encode_typed_data  # noqa: E402
from eth_account.signers.local import LocalAccount  # noqa: E402
from eth_hash.auto import keccak  # noqa: E402
from eth_typing import Hash32  # noqa: E402

from tocsin.chain.contract import Account, Authorisation, Transaction  # noqa: E402
from tocsin.model.errors import ScenarioBroken  # noqa: E402

sys.setrecursionlimit(_RECURSION_LIMIT)  # py_ecc, which comes along, raises it so far that the stack could overflow

PLAIN, DELEGATING = 2, 4
"""Transaction types: EIP-1559 and EIP-7702."""


class Keys:
    """The keys of one play."""

    def __init__(self, seed: str) -> None:
        self._seed = seed
        self._signers: dict[str, LocalAccount] = {}

    def account(self, name: str) -> Account:
        """The account of this name; the same for the same seed."""
        return self.keyed(name, int.from_bytes(keccak(f"{self._seed}/{name}".encode()), "big"))

    def keyed(self, name: str, key: int) -> Account:
        """The account that a private key controls."""
        signer: LocalAccount = Signer.from_key(key.to_bytes(32, "big"))
        account = Account(name, signer.address.lower())
        self._signers[account.address] = signer
        return account

    def transaction(self, sent: Transaction, *, chain_id: int, nonce: int, gas: int, tip: int, base_fee: int) -> str:
        """The signed transaction, as `eth_sendRawTransaction` takes it. `tip` and `base_fee`, the most, are in wei."""
        fields: dict[str, Any] = {
            "type": DELEGATING if sent.authorisations else PLAIN,
            "chainId": chain_id,
            "nonce": nonce,
            "gas": gas,
            "maxPriorityFeePerGas": tip,
            "maxFeePerGas": base_fee + tip,
            "value": sent.value,
            "data": sent.data,
        }
        if sent.to is not None:
            fields["to"] = bytes.fromhex(sent.to.removeprefix("0x"))
        if sent.authorisations:
            fields["authorizationList"] = [_sent(each) for each in sent.authorisations]
        return "0x" + bytes(self._signer(sent.sender).sign_transaction(fields).raw_transaction).hex()

    def digest(self, account: Account, digest: bytes) -> bytes:
        """65 bytes r, s, v over a digest of 32 bytes."""
        return bytes(self._signer(account).unsafe_sign_hash(Hash32(digest)).signature)

    def message(self, account: Account, message: bytes) -> bytes:
        """65 bytes r, s, v over a personal message (EIP-191)."""
        return self._signed(account, encode_defunct(message))

    def typed(self, account: Account, message: Mapping[str, Any]) -> bytes:
        """65 bytes r, s, v over typed data (EIP-712)."""
        return self._signed(account, encode_typed_data(full_message=dict(message)))

    def authorisation(self, account: Account, code: str, *, chain_id: int, nonce: int) -> Authorisation:
        """Permission for this code to act as the account (EIP-7702)."""
        fields = {"chainId": chain_id, "address": bytes.fromhex(code.removeprefix("0x")), "nonce": nonce}
        made: Any = self._signer(account).sign_authorization(fields)  # typed wrongly in eth-account 0.14
        return Authorisation(chain_id, code, nonce, made.y_parity, made.r, made.s)

    def _signed(self, account: Account, message: SignableMessage) -> bytes:
        return bytes(self._signer(account).sign_message(message).signature)

    def _signer(self, account: Account) -> LocalAccount:
        try:
            return self._signers[account.address]
        except KeyError:
            raise ScenarioBroken(
                f"there is no key for {account.name} ({account.address}); make it with `account`"
            ) from None


def _sent(authorisation: Authorisation) -> dict[str, Any]:
    return {
        "chainId": authorisation.chain_id,
        "address": bytes.fromhex(authorisation.address.removeprefix("0x")),
        "nonce": authorisation.nonce,
        "yParity": authorisation.y_parity,
        "r": authorisation.r,
        "s": authorisation.s,
    }
