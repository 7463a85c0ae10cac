"""
EIP-7702 authorisations, one row a signed delegation.

## What a row is
One entry of a type 4 transaction's authorisation list: an account that lends its name to a contract's code.

## Where it comes from
`authorizationList` of full transactions.

## Blind spots
The account that signed is not recovered here, and an entry whose nonce or chain does not fit has no effect on chain.
"""

from tocsin.tables.columns import PLACE, address, count, digest, index
from tocsin.tables.dataset import Dataset

dataset = Dataset(
    id="authorisations",
    columns={
        **PLACE,
        "authorisation_index": index("Position in the transaction's list."),
        "delegate_address": address("The contract whose code the account takes on; zero revokes."),
        "authorised_chain_id": count("EIP-155 chain id", "The chain it is signed for; 0 for every chain."),
        "nonce": count("transactions", "The account's nonce it is signed for."),
        "y_parity": count("0 or 1", "Signature part."),
        "r": digest("Signature part."),
        "s": digest("Signature part."),
    },
)
