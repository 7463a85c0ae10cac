"""Contracts of the estate on a real node whose ownership goes to fresh accounts: each is found, and is critical."""

import threading
import time
from dataclasses import dataclass, field
from typing import Any

from tocsin.chain.signatures import topic
from tocsin.edge.anvil import Anvil
from tocsin.model.errors import TocsinError

HANDED_OVER = topic("OwnershipTransferred(address,address)")
RUNTIME = bytes.fromhex("602035" + "600035" + "7f" + HANDED_OVER.hex() + "6000" + "6000" + "a3" + "00")
"""LOG3 of nothing, with the event's topic and the two words of the call data; then STOP."""
CREATION = bytes.fromhex(f"60{len(RUNTIME):02x}600c60003960{len(RUNTIME):02x}6000f3") + RUNTIME
"""Copies the runtime code, which begins at byte 12, into memory and returns it."""
A_DAY_OF_BLOCKS = 7_300
"""So many blocks later the contracts are established."""
RECEIPT_ATTEMPTS, RECEIPT_SECONDS = 1_000, 0.01


@dataclass
class Takeovers:
    """The contracts, and how often control of them went to somebody new."""

    node: Anvil
    contracts: list[str] = field(default_factory=list)
    sender: str = ""
    done: int = 0

    def deploy(self, count: int) -> int:
        """So many contracts, established since; the block from which to watch."""
        self.sender = self.node.request("eth_accounts")[0]
        self.contracts += [str(self._mined(data="0x" + CREATION.hex())["contractAddress"]) for _ in range(count)]
        self.node.request("anvil_mine", hex(A_DAY_OF_BLOCKS), hex(12))
        return int(self.node.request("eth_blockNumber"), 16) + 1

    def take_over(self) -> None:
        """The next contract gets a new owner, in a block of its own."""
        self.done += 1
        words = (0xFEED0000 + self.done - 1, 0xFEED0000 + self.done)
        data = "0x" + b"".join(word.to_bytes(32, "big") for word in words).hex()
        self._mined(to=self.contracts[self.done % len(self.contracts)], data=data)

    def go_on(self, stop: threading.Event, seconds: float) -> None:
        """One every so often, until told to stop."""
        while not stop.wait(seconds):
            self.take_over()

    def _mined(self, **transaction: str) -> dict[str, Any]:
        sent = self.node.request("eth_sendTransaction", {"from": self.sender, **transaction})
        for _ in range(RECEIPT_ATTEMPTS):
            if receipt := self.node.request("eth_getTransactionReceipt", sent):
                return dict(receipt)
            time.sleep(RECEIPT_SECONDS)
        raise TocsinError(f"{sent} was not mined")
