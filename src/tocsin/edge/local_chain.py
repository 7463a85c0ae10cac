"""
A chain of one's own on anvil: accounts from a seed, blocks made when something is sent, every time and fee given.

The same seed and the same calls make the same blocks, to the hash (reference: range, section 10): nothing is left to
the node that it would take from the clock, from randomness or from what it has seen before.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from tocsin.chain.artefact import Artefact, Log
from tocsin.chain.contract import Account, Authorisation, Contract, NameBook, Receipt, Transaction, address, plain
from tocsin.edge.anvil import Anvil
from tocsin.edge.signer import Keys
from tocsin.model.errors import CallReverted, EndpointRefused, ScenarioBroken

BLOCK_SECONDS = 12
ETHER = 10**18
BALANCE_WEI = 100 * ETHER
GWEI = 10**9
BASE_FEE_WEI = 10 * GWEI
"""The most that is paid per gas, tip aside."""
CALL_GAS, CREATION_GAS = 3_000_000, 15_000_000
"""Given rather than estimated: an estimate depends on the timestamp of the block before."""
FORGOTTEN_AT_ONCE = 10
"""Blocks; anvil has to hold the state of the one that becomes the last."""
BLOCK_GAS = 600_000_000
STEADY_BASE_FEE_WEI = 7
"""A base fee that stays as it is while blocks are less than half full: an eighth of it is less than one."""
ARGUMENTS = (
    *("--accounts", "0", "--no-mining"),
    *("--gas-limit", str(BLOCK_GAS), "--block-base-fee-per-gas", str(STEADY_BASE_FEE_WEI)),
)
"""What `edge.anvil.running` is to be given: no known keys, and no block that was not asked for."""


@dataclass(slots=True)
class SharedClock:
    """The time that several chains go by, so that what happens on one and then on the other is later there."""

    now: int
    """Seconds since 1970."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A transaction and what became of it."""

    transaction: Transaction
    receipt: Receipt


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A moment to go back to, once."""

    id: str
    height: int
    now: int
    base_fee: int
    """Of the next block, in wei per gas: anvil does not go back to it by itself."""
    names: Mapping[str, str]


def nothing(*_: object) -> None:
    """Nobody wants to know."""


class LocalChain:
    """One chain. Implements what the range acts on."""

    def __init__(self, node: Anvil, keys: Keys, clock: SharedClock) -> None:
        self._node = node
        self._keys = keys
        self._clock = clock
        self._names = NameBook()
        self._nonces: dict[str, int] = {}
        self._creations: dict[str, Receipt] = {}
        self._interfaces: dict[str, Artefact] = {}
        """Of everything deployed, by name: with them errors are put into words."""
        self._sent: list[tuple[str, Transaction]] = []
        self._head = self._block("latest")
        self.before_sealing: Callable[[], None] = nothing
        """Called when what comes into the next block is in the pool: who plays live lets time pass here."""
        self.after_sealing: Callable[[Sequence[Sent]], None] = nothing
        """Told what came into a block."""

    @property
    def node(self) -> Anvil:
        """The node."""
        return self._node

    @property
    def chain_id(self) -> int:
        """EIP-155 chain id."""
        return self._node.chain_id

    @property
    def names(self) -> NameBook:
        """What addresses are called."""
        return self._names

    def now(self) -> int:
        """Timestamp of the last block, seconds since 1970."""
        return int(self._head["timestamp"], 16)

    def height(self) -> int:
        """Number of the last block."""
        return int(self._head["number"], 16)

    def timestamp(self, number: int) -> int:
        """Of the block at this height."""
        return int(self._block(hex(number))["timestamp"], 16)

    def hashes(self, number: int) -> tuple[str, ...]:
        """Of the transactions in the block at this height."""
        return tuple(self._block(hex(number))["transactions"])

    def state_root(self) -> str:
        """Of the last block."""
        return str(self._head["stateRoot"])

    def account(self, name: str, wei: int = BALANCE_WEI) -> Account:
        """An account whose key follows from the seed and its name alone, with so much native coin."""
        return self._funded(self._keys.account(name), wei)

    def keyed(self, name: str, key: int) -> Account:
        """An account with a key of the caller's choice, without native coin."""
        return self._funded(self._keys.keyed(name, key), 0)

    def _funded(self, account: Account, wei: int) -> Account:
        self._names.note(account, account.name)
        if wei:
            self._node.request("anvil_setBalance", account.address, hex(wei))
        return account

    def deploy(self, by: Account, artefact: Artefact, *values: Any, value: int = 0, name: str = "") -> Contract:
        """Create a contract in a block of its own. Raises `CallReverted`."""
        code = artefact.creation(*(plain(each) for each in values))
        receipt = self.do(Transaction(sender=by, to=None, data=code, value=value, target=artefact))
        if receipt.created is None:
            raise ScenarioBroken(f"{artefact.name} was not created in {receipt.hash}")
        contract = Contract(receipt.created, artefact)
        self._creations[contract.address] = receipt
        self._interfaces[artefact.name] = artefact
        self._names.note(contract, name or artefact.name)
        return contract

    def creation(self, contract: Contract) -> Receipt:
        """The receipt of a contract that `deploy` created."""
        return self._creations[contract.address]

    def do(self, transaction: Transaction) -> Receipt:
        """Send it in a block of its own. Raises `CallReverted`, with the reason, where it reverts."""
        (receipt,) = self.mine(transaction)
        if not receipt.is_done:
            raise CallReverted(f"{self.said(transaction)} reverted: {self._reason(receipt, transaction)}")
        return receipt

    def mine(self, *transactions: Transaction) -> tuple[Receipt, ...]:
        """Send them in one block, in this order; they may revert. Without any the block is empty."""
        self.submit(*transactions)
        return self.seal()

    def submit(self, *transactions: Transaction) -> tuple[str, ...]:
        """Put them into the pool, in this order; the hashes."""
        return tuple(self._submit(sent, tip=(len(transactions) - n) * GWEI) for n, sent in enumerate(transactions))

    def _submit(self, sent: Transaction, tip: int) -> str:
        nonce = self._nonce(sent.sender.address)
        usual = CREATION_GAS if sent.to is None else CALL_GAS
        raw = self._keys.transaction(
            sent, chain_id=self.chain_id, nonce=nonce, gas=sent.gas or usual, tip=tip, base_fee=BASE_FEE_WEI
        )
        hash_ = str(self._node.request("eth_sendRawTransaction", raw))
        self._nonces[sent.sender.address] = nonce + 1
        self._sent.append((hash_, sent))
        return hash_

    def seal(self) -> tuple[Receipt, ...]:
        """Make a block of what is in the pool; the receipts in the order in which it was submitted."""
        self.before_sealing()
        self._clock.now = max(self._clock.now + 1, self.now() + BLOCK_SECONDS)
        self._node.request("evm_setNextBlockTimestamp", self._clock.now)
        self._node.request("evm_mine")
        sent, self._sent = self._sent, []
        self._head = self._block("latest")
        made = self._node.request("eth_getBlockReceipts", self._head["number"])
        receipts = {one["transactionHash"]: one for one in made}
        if left := [transaction for hash_, transaction in sent if hash_ not in receipts]:
            raise ScenarioBroken(f"{self.said(left[0])} was not taken into block {self.height()}")
        if any(transaction.authorisations for _, transaction in sent):
            self._nonces.clear()  # whoever signed an authorisation has used a nonce without sending
        done = tuple(Sent(transaction, self._receipt(receipts[hash_])) for hash_, transaction in sent)
        self.after_sealing(done)
        return tuple(each.receipt for each in done)

    def refused(self, transaction: Transaction) -> str:
        """Why it would revert now. Raises `ScenarioBroken` where it would not."""
        call = {"from": transaction.sender.address, "to": transaction.to, "data": _hexadecimal(transaction.data)}
        try:
            self._node.request("eth_call", {**call, "value": hex(transaction.value)}, "latest")
        except CallReverted as error:
            return self._worded(error.returned, transaction.target)
        raise ScenarioBroken(f"{self.said(transaction)} was to be refused, and would go through")

    def read(self, contract: Contract, function: str, *values: Any) -> Any:
        """What a view function returns now. Raises `CallReverted`."""
        call = {"to": contract.address, "data": _hexadecimal(contract.encode(function, *values))}
        try:
            answer = self._node.request("eth_call", call, "latest")
        except CallReverted as error:
            reason = contract.artefact.reason(error.returned)
            raise CallReverted(f"{contract.artefact.name}.{function} reverted: {reason}", error.returned) from error
        return contract.artefact.decode(function, bytes.fromhex(answer.removeprefix("0x")))

    def balance(self, of: Account | Contract | str) -> int:
        """Wei."""
        return int(self._node.request("eth_getBalance", address(of), "latest"), 16)

    def storage(self, of: Contract | str, slot: int) -> bytes:
        """The 32 bytes in a storage slot now."""
        found = str(self._node.request("eth_getStorageAt", address(of), hex(slot), "latest"))
        return bytes.fromhex(found.removeprefix("0x").rjust(64, "0"))

    def put_code(self, address: str, code: bytes, name: str) -> None:
        """Place code at an address: for contracts whose address is fixed everywhere."""
        self._node.request("anvil_setCode", address.lower(), _hexadecimal(code))
        self._names.note(address, name)

    def pass_time(self, seconds: int) -> None:
        """What comes next comes so much later, on every chain that goes by the same clock."""
        self._clock.now += seconds

    def sign(self, account: Account, digest: bytes) -> bytes:
        """65 bytes r, s, v over a 32-byte digest."""
        return self._keys.digest(account, digest)

    def sign_message(self, account: Account, message: bytes) -> bytes:
        """The same over a personal message (EIP-191)."""
        return self._keys.message(account, message)

    def sign_typed(self, account: Account, message: Mapping[str, Any]) -> bytes:
        """The same over typed data (EIP-712)."""
        return self._keys.typed(account, message)

    def authorise(self, account: Account, code: Contract | str) -> Authorisation:
        """A signed authorisation that lets this code act as the account (EIP-7702)."""
        nonce = self._nonce(account.address)
        return self._keys.authorisation(account, address(code), chain_id=self.chain_id, nonce=nonce)

    def snapshot(self) -> Snapshot:
        """Remember everything; `restore` with what this returns goes back, once."""
        fee = int(self._node.request("anvil_nodeInfo")["environment"]["baseFee"], 16)
        taken = str(self._node.request("evm_snapshot"))
        return Snapshot(taken, self.height(), self._clock.now, fee, self._names.as_mapping())

    def restore(self, snapshot: Snapshot) -> None:
        """Go back to a snapshot. Raises `ScenarioBroken` when it is used up."""
        self._forget(snapshot.height)
        if not self._node.request("evm_revert", snapshot.id):
            raise ScenarioBroken(f"snapshot {snapshot.id} of chain {self.chain_id} is gone")
        self._node.request("anvil_dropAllTransactions")
        self._node.request("anvil_setNextBlockBaseFeePerGas", hex(snapshot.base_fee))
        self._nonces.clear()
        self._sent.clear()
        self._clock.now = snapshot.now
        self._names.names = dict(snapshot.names)
        self._head = self._block("latest")

    def _forget(self, height: int) -> None:
        """
        Let the node drop the blocks above with their states.

        Going back to a snapshot leaves those states in anvil's queue of 500; when they leave it, those of equal blocks
        that were made again since would go with them. What the queue no longer holds cannot be dropped, and need not.
        """
        with suppress(EndpointRefused):
            while (depth := int(self._block("latest")["number"], 16) - height) > 0:
                self._node.request("anvil_rollback", min(depth, FORGOTTEN_AT_ONCE))

    def _nonce(self, account: str) -> int:
        if account not in self._nonces:
            self._nonces[account] = int(self._node.request("eth_getTransactionCount", account, "latest"), 16)
        return self._nonces[account]

    def _block(self, which: str) -> dict[str, Any]:
        return dict(self._node.request("eth_getBlockByNumber", which, False))

    def _receipt(self, found: Mapping[str, Any]) -> Receipt:
        return Receipt(
            chain_id=self.chain_id,
            hash=found["transactionHash"],
            block_number=int(found["blockNumber"], 16),
            index=int(found["transactionIndex"], 16),
            is_done=found["status"] == "0x1",
            gas_used=int(found["gasUsed"], 16),
            created=found.get("contractAddress"),
            logs=tuple(_log(each) for each in found["logs"]),
        )

    def _reason(self, receipt: Receipt, transaction: Transaction) -> str:
        frame = self._node.request("debug_traceTransaction", receipt.hash, {"tracer": "callTracer"})
        returned = bytes.fromhex(str(frame.get("output", "0x")).removeprefix("0x"))
        return (
            f"{self._worded(returned, transaction.target)} ({frame.get('error', 'no error')}, {receipt.gas_used:,} gas)"
        )

    def _worded(self, returned: bytes, target: Artefact | None) -> str:
        """Why something reverted; the error may be that of any contract that was called on the way."""
        interfaces = (*([target] if target else ()), *self._interfaces.values())
        reasons = [interface.reason(returned) for interface in interfaces]
        return next((each for each in reasons if not each.startswith("0x")), _hexadecimal(returned))

    def said(self, transaction: Transaction) -> str:
        """A transaction in a few words: who does what with whom."""
        target, sender = transaction.target, transaction.sender.name
        if transaction.to is None:
            return f"{sender} creates {target.name if target else 'a contract'}"
        to = self._names.names.get(transaction.to, transaction.to)
        if not transaction.data:
            return f"{sender} pays {to}"
        called = target.called(transaction.data) if target else ""
        return f"{sender} calls {called or transaction.data[:4].hex()} of {to}"


def _log(found: Mapping[str, Any]) -> Log:
    topics: Sequence[str] = found["topics"]
    return Log(
        address=found["address"],
        topics=tuple(bytes.fromhex(each.removeprefix("0x")) for each in topics),
        data=bytes.fromhex(found["data"].removeprefix("0x")),
    )


def _hexadecimal(data: bytes) -> str:
    return "0x" + data.hex()
