"""A contract on a local node whose every call is a finding: it logs that ownership was handed over."""

from dataclasses import dataclass

from mining import mined
from tocsin.chain.signatures import topic
from tocsin.edge.anvil import Anvil

HANDED_OVER = topic("OwnershipTransferred(address,address)")
RUNTIME = bytes.fromhex("602035" + "600035" + "7f" + HANDED_OVER.hex() + "6000" + "6000" + "a3" + "00")
"""LOG3 of nothing, with the event's topic and the two words of the call data; then STOP."""
CREATION = bytes.fromhex(f"60{len(RUNTIME):02x}600c60003960{len(RUNTIME):02x}6000f3") + RUNTIME
"""Copies the runtime code, which begins at byte 12, into memory and returns it."""


@dataclass
class Ownable:
    """The contract, and who called it last."""

    node: Anvil
    sender: str
    address: str
    handed_over: int = 0

    @classmethod
    def deployed(cls, node: Anvil) -> "Ownable":
        """A new one, in a block of its own."""
        receipt = mined(node, data="0x" + CREATION.hex())
        return cls(node, receipt["from"], receipt["contractAddress"])

    def hand_over(self, times: int) -> None:
        """Log so many changes of owner, each in a block of its own, each to another owner."""
        for _ in range(times):
            self.handed_over += 1
            words = (0xFEED0000 + self.handed_over - 1, 0xFEED0000 + self.handed_over)
            data = "0x" + b"".join(word.to_bytes(32, "big") for word in words).hex()
            mined(self.node, sender=self.sender, to=self.address, data=data)

    def truth(self) -> set[tuple[int, str, str]]:
        """Height, block hash and transaction of every change that is in the chain now."""
        asked = {"fromBlock": "0x0", "toBlock": "latest", "address": self.address}
        logs = self.node.request("eth_getLogs", asked)
        return {(int(log["blockNumber"], 16), log["blockHash"], log["transactionHash"]) for log in logs}
