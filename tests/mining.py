"""anvil answers a transaction before it has mined it: tests that go on from its block wait for it."""

import time
from typing import Any

from tocsin.edge.anvil import Anvil

ATTEMPTS = 1_000
SECONDS_BETWEEN = 0.01


def mined(node: Anvil, **transaction: str) -> dict[str, Any]:
    """Send a transaction from the first account, unless it says otherwise, and return its receipt once it has one."""
    sender = transaction.pop("sender", None) or node.request("eth_accounts")[0]
    hash_ = node.request("eth_sendTransaction", {"from": sender, **transaction})
    for _ in range(ATTEMPTS):
        if receipt := node.request("eth_getTransactionReceipt", hash_):
            assert receipt["status"] == "0x1"
            return dict(receipt)
        time.sleep(SECONDS_BETWEEN)
    raise AssertionError(f"{hash_} was not mined")
