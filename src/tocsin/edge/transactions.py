"""Where a transaction stands, asked of one node."""

from typing import Annotated

import msgspec

from tocsin.chain.codecs.hexadecimal import quantities
from tocsin.chain.rpc.json_rpc import Request
from tocsin.edge.rpc.endpoint import Endpoint
from tocsin.edge.rpc.limits import Limits
from tocsin.model.errors import DataMissing, MalformedInput, RemoteError

METHOD = "eth_getTransactionByHash"

_Hash = Annotated[str, msgspec.Meta(pattern="^0x[0-9a-fA-F]{64}$")]
_Quantity = Annotated[str, msgspec.Meta(pattern="^0x[0-9a-fA-F]{1,16}$")]


class _Found(msgspec.Struct, rename="camel"):
    hash: _Hash
    block_number: _Quantity | None = None


async def block_of(url: str, transaction_hash: str) -> int:
    """
    The height of the block that holds a transaction.

    Raises `DataMissing` when the node does not know it or it is in no block yet, else `RemoteError` and `InputError`.
    """
    endpoint = Endpoint(url, None, Limits())
    try:
        (outcome,) = await endpoint.ask([Request(METHOD, (transaction_hash,))])
    finally:
        await endpoint.close()
    if isinstance(outcome, RemoteError):
        raise outcome
    return _height(outcome, transaction_hash, endpoint.name)


def _height(answer: bytes, transaction_hash: str, name: str) -> int:
    try:
        found = msgspec.json.decode(answer, type=_Found | None)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise MalformedInput(f"{name}: {METHOD}: {error}") from error
    if found is None:
        raise DataMissing(f"{name}: knows no transaction {transaction_hash}")
    if found.hash.lower() != transaction_hash:
        raise MalformedInput(f"{name}: {METHOD}: asked for {transaction_hash}, got {found.hash}")
    (height,) = quantities([found.block_number], f"{name}: {METHOD}")
    if height is None:
        raise DataMissing(f"{name}: {transaction_hash} is in no block yet")
    return height
