"""web3.py on the same bytes: its result formatters for blocks, receipts and traces, and Transfer events decoded."""

import json
import sys

import measuring
from web3 import Web3
from web3._utils.method_formatters import block_result_formatter, receipt_formatter, trace_list_result_formatter

TRANSFER = {
    "type": "event",
    "name": "Transfer",
    "anonymous": False,
    "inputs": [
        {"name": "from", "type": "address", "indexed": True},
        {"name": "to", "type": "address", "indexed": True},
        {"name": "value", "type": "uint256", "indexed": False},
    ],
}
TOPIC0 = Web3.keccak(text="Transfer(address,address,uint256)")
EVENT = Web3().eth.contract(abi=[TRANSFER]).events.Transfer()


def decode(raw: bytes) -> int:
    """Decode one recording into the values web3.py gives its users; return the number of transactions."""
    answers = json.loads(raw)
    block = block_result_formatter(answers["eth_getBlockByNumber"])
    for answer in answers["eth_getBlockReceipts"]:
        for log in receipt_formatter(answer)["logs"]:
            if log["topics"] and log["topics"][0] == TOPIC0 and len(log["topics"]) == 3:
                EVENT.process_log(log)
    trace_list_result_formatter(answers["trace_block"])
    return len(block["transactions"])


def main() -> None:
    """Measure."""
    raws = measuring.recordings(sys.argv[1])
    transactions = sum(decode(raw) for raw in raws)
    seconds = measuring.best(lambda: [decode(raw) for raw in raws], int(sys.argv[2]))
    measuring.report({"decode": seconds}, transactions)


if __name__ == "__main__":
    main()
