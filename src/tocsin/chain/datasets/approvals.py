"""
Rights given over tokens.

## What a row is
One allowance set, raised or revoked: by approve, permit, Permit2 or setApprovalForAll.

## Where it comes from
Logs where they are there; call data where they are not.

## Blind spots
A signature that was given but not yet used is not on chain. Permit2's permitTransferFrom leaves no approval event at
all.
"""

from tocsin.tables.columns import PLACE, address, amount, count, digest, index, text
from tocsin.tables.dataset import Dataset

dataset = Dataset(
    id="approvals",
    columns={
        **PLACE,
        "token_address": address("The token."),
        "owner_address": address("Who gives the right."),
        "spender_address": address("Who gets it."),
        "kind": text(
            "erc20, erc721, operator, permit, permit2",
            "What gave it. `operator` covers every item (setApprovalForAll).",
        ),
        **amount("value", "base units of the token", "How much may be taken; 0 revokes. For an operator 2^256-1 or 0."),
        "token_id": digest("The item of an ERC-721.", required=False),
        "expires_at": count("seconds since 1970", "When it ends, where it does.", required=False),
        "log_index": index("The log it was read from.", required=False),
        "call_index": index("The frame it was read from.", required=False),
    },
)
