"""ethereum-etl on the same bytes: JSON to its block, transaction, receipt, log, transfer and trace dictionaries."""

import json
import sys

import measuring
from ethereumetl.mappers.block_mapper import EthBlockMapper
from ethereumetl.mappers.receipt_mapper import EthReceiptMapper
from ethereumetl.mappers.token_transfer_mapper import EthTokenTransferMapper
from ethereumetl.mappers.trace_mapper import EthTraceMapper
from ethereumetl.service.token_transfer_extractor import EthTokenTransferExtractor

BLOCKS, RECEIPTS, TRACES = EthBlockMapper(), EthReceiptMapper(), EthTraceMapper()
TRANSFERS, EXTRACTOR = EthTokenTransferMapper(), EthTokenTransferExtractor()


def decode(raw: bytes) -> int:
    """Decode one recording into the rows the tool exports; return the number of transactions."""
    answers = json.loads(raw)
    block = BLOCKS.json_dict_to_block(answers["eth_getBlockByNumber"])
    rows = [BLOCKS.block_to_dict(block)]
    rows += [BLOCKS.transaction_mapper.transaction_to_dict(transaction) for transaction in block.transactions]
    for answer in answers["eth_getBlockReceipts"]:
        receipt = RECEIPTS.json_dict_to_receipt(answer)
        rows.append(RECEIPTS.receipt_to_dict(receipt))
        for log in receipt.logs:
            rows.append(RECEIPTS.receipt_log_mapper.receipt_log_to_dict(log))
            transfer = EXTRACTOR.extract_transfer_from_log(log)
            if transfer is not None:
                rows.append(TRANSFERS.token_transfer_to_dict(transfer))
    rows += [TRACES.trace_to_dict(TRACES.json_dict_to_trace(answer)) for answer in answers["trace_block"]]
    return len(block.transactions)


def main() -> None:
    """Measure."""
    raws = measuring.recordings(sys.argv[1])
    transactions = sum(decode(raw) for raw in raws)
    seconds = measuring.best(lambda: [decode(raw) for raw in raws], int(sys.argv[2]))
    measuring.report({"decode": seconds}, transactions)


if __name__ == "__main__":
    main()
