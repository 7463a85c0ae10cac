"""
Anchors: a transaction whose call data holds a checkpoint's size and root, so that a chain says that it existed.

tocsin holds no key of an account. It offers the transaction for somebody to sign, or asks a node that holds an unlocked
account to send it; what counts is what is read back from the chain.
"""

import asyncio
from collections.abc import Mapping
from typing import Any

from tocsin.app.desk import Desk
from tocsin.app.evidence.asking import Asks, put
from tocsin.chain import fitting
from tocsin.chain.rpc.json_rpc import Request
from tocsin.chain.testimony import Question
from tocsin.edge.store import log_checkpoints
from tocsin.edge.store.errors import named_errors
from tocsin.edge.store.log_checkpoints import Anchor, SealedCheckpoint
from tocsin.model.errors import EndpointRefused, InconsistentInput, NotFound

MARK = b"TOCSIN1:"
"""Begins the call data; the size follows in 8 bytes, and the root in 32."""
PAUSE_SECONDS, ATTEMPTS = 1.0, 30
"""How long a transaction that was sent is waited for."""


def call_data(sealed: SealedCheckpoint) -> str:
    """What stands in the transaction, 0x and 96 digits."""
    return "0x" + (MARK + sealed.size.to_bytes(8, "big") + bytes.fromhex(sealed.root)).hex()


def unsigned(sealed: SealedCheckpoint, chain_id: int, account: str) -> Mapping[str, Any]:
    """The transaction to sign: to the sender itself, of no value, so that nothing can be lost by it."""
    return {"chainId": hex(chain_id), "from": account, "to": account, "value": "0x0", "data": call_data(sealed)}


async def send(asks: Asks, sealed: SealedCheckpoint, chain_id: int, account: str) -> str:
    """Let a node that holds this account send it; the transaction's hash. `asks` must be one node alone."""
    request = Request("eth_sendTransaction", (dict(unsigned(sealed, chain_id, account)),))
    (answer,) = await put(asks, (Question("sent", (request,), fitting.hashed),))
    if not isinstance(answer.answer, str):
        said = "; ".join(why for _, why in answer.absent) or "no answer"
        raise EndpointRefused(f"the node did not send it: {said}. Sign it yourself: leave out --send")
    return answer.answer


async def read_back(desk: Desk, asks: Asks, chain_id: int, transaction: str, *, attempts: int = 1) -> Anchor:
    """
    Read an anchor from the chain and keep it; waits a while for a transaction that is still to be mined.

    Raises `NotFound` where the chain does not have it, `InconsistentInput` where it holds no checkpoint of ours.
    """
    for attempt in range(attempts):
        if attempt:
            await asyncio.sleep(PAUSE_SECONDS)
        question = Question(
            "sent", (Request("eth_getTransactionByHash", (transaction,)),), fitting.transaction(transaction)
        )
        (answer,) = await put(asks, (question,))
        if answer.answer is not None and answer.answer.get("blockNumber") is not None:
            return _kept(desk, chain_id, transaction, answer.answer)
    raise NotFound(f"chain {chain_id} has no transaction {transaction[:80]} in a block yet; try again later")


def _kept(desk: Desk, chain_id: int, transaction: str, found: Mapping[str, Any]) -> Anchor:
    with named_errors(), desk.store.engine.begin() as connection:
        mine = [each for each in log_checkpoints.every(connection) if call_data(each) == found.get("input")]
        if not mine:
            raise InconsistentInput(f"the call data of {transaction[:80]} holds no checkpoint of this journal")
        anchor = Anchor(
            size=mine[0].size,
            chain_id=chain_id,
            transaction_hash=transaction,
            block_number=int(found["blockNumber"], 16),
            block_hash=str(found["blockHash"]),
            anchored_at=desk.clock(),
        )
        log_checkpoints.add_anchor(connection, anchor)
    return anchor
