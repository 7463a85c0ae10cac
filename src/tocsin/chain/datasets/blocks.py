"""
Block headers.

## What a row is
One block: its hash, its parent, its time and its limits.

## Where it comes from
`eth_getBlockByNumber` or `eth_getBlockByHash`; cryo's `blocks`. A recording of traces only yields what its reduced
header has.

## Blind spots
The header is taken at the node's word: the hash is not recomputed. Reduced headers leave most columns null.
"""

from tocsin.tables.columns import PLACE, address, count, digest, octets
from tocsin.tables.dataset import Dataset

dataset = Dataset(
    id="blocks",
    columns={
        "chain_id": PLACE["chain_id"],
        "block_number": count("block height", "The block."),
        "block_hash": digest("The block's hash.", required=False),
        "parent_hash": digest("The parent's hash.", required=False),
        "timestamp": count("seconds since 1970", "When the block was made.", required=False),
        "author": address("Who is paid for the block (miner, fee recipient).", required=False),
        "gas_limit": count("gas", "The block's gas limit.", required=False),
        "gas_used": count("gas", "Gas used by all transactions.", required=False),
        "base_fee_per_gas": count("wei per gas", "EIP-1559 base fee.", required=False),
        "blob_gas_used": count("gas", "EIP-4844 blob gas used.", required=False),
        "excess_blob_gas": count("gas", "EIP-4844 running excess.", required=False),
        "size": count("bytes", "Encoded size.", required=False),
        "transactions_count": count("transactions", "How many transactions the block holds.", required=False),
        "extra_data": octets("What the author wrote into the block: untrusted.", required=False),
        "state_root": digest("Root of the state after the block.", required=False),
    },
)
