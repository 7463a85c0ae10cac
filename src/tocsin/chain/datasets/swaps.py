"""
Exchanges of one token for another in a pool or an order.

## What a row is
One swap that took effect. `token_in` is what the trader pays, `token_out` what the trader receives.

## Where it comes from
Swap events with the transfers around them where logs are there; pool calls with the transfers under them where they
are not.

## Blind spots
Pools of unknown shape. A token that moves without transfers leaves a swap incomplete, and it is left out.
"""

from tocsin.tables.columns import PLACE, address, amount, index, octets, text
from tocsin.tables.dataset import Dataset

dataset = Dataset(
    id="swaps",
    columns={
        **PLACE,
        "protocol": text(
            "uniswap_v2, uniswap_v3, uniswap_v4, curve, balancer_v1, balancer_v2, bancor, 0x, ...",
            "The family the shape belongs to.",
        ),
        "pool_address": address("The contract the swap went through: pool, vault, order book."),
        "pool_id": octets("The pool inside a vault or a manager; else the pool's address."),
        "from_address": address("Who pays the token in."),
        "to_address": address("Who receives the token out."),
        "token_in_address": address("What the trader pays."),
        **amount("amount_in", "base units of the token in", "How much."),
        "token_out_address": address("What the trader receives."),
        **amount("amount_out", "base units of the token out", "How much."),
        "log_index": index("The log it was read from.", required=False),
        "call_index": index("The frame it was read from.", required=False),
    },
)
