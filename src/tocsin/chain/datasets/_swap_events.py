"""
The shapes of swap events, as data. Signatures are those of the protocols' published interfaces.

Orders that an aggregator sums up (TransformedERC20, BridgeFill) are left out: the pools below them tell of the same
exchange.
"""

from tocsin.chain.datasets._events import Event
from tocsin.chain.datasets._trades import Exchange, Trade, address, by_signs, number, of_pair, signed, told
from tocsin.chain.signatures import topic
from tocsin.tables.amounts import WORD_BYTES
from tocsin.tables.columns import NATIVE

ERC20_ASSET = bytes.fromhex("f47261b0")
"""First bytes of the asset data that 0x versions 2 and 3 give an ERC-20 token; the token's word follows."""


def _pair(pool: bytes, words: bytes) -> Trade | None:
    made = of_pair((number(words, 2), number(words, 3)), (number(words, 4), number(words, 5)))
    return made and _sorted("uniswap_v2", pool, words, made)


def _concentrated(pool: bytes, words: bytes) -> Trade | None:
    made = by_signs(signed(words, 2), signed(words, 3))
    return made and _sorted("uniswap_v3", pool, words, made)


def _sorted(protocol: str, pool: bytes, words: bytes, made: Exchange) -> Trade:
    return Trade(
        protocol, pool, pool, made.amount_in, made.amount_out,
        caller=address(words, 0), receiver=address(words, 1), zero_for_one=made.zero_for_one,
    )  # fmt: skip


def _managed(pool: bytes, words: bytes) -> Trade | None:
    """Uniswap V4 tells what the swapper gained: the signs are the other way round."""
    made = by_signs(-signed(words, 2), -signed(words, 3))
    if made is None:
        return None
    return Trade(
        "uniswap_v4", pool, words[:WORD_BYTES], made.amount_in, made.amount_out,
        caller=address(words, 1), zero_for_one=made.zero_for_one,
    )  # fmt: skip


def _curve(pool: bytes, words: bytes) -> Trade:
    return Trade("curve", pool, pool, number(words, 2), number(words, 4), caller=address(words, 0))


def _token_purchase(pool: bytes, words: bytes) -> Trade:
    caller = address(words, 0)
    return Trade("uniswap_v1", pool, pool, number(words, 1), number(words, 2), token_in=NATIVE, caller=caller)


def _eth_purchase(pool: bytes, words: bytes) -> Trade:
    caller = address(words, 0)
    return Trade("uniswap_v1", pool, pool, number(words, 1), number(words, 2), token_out=NATIVE, caller=caller)


def _fill_v2(pool: bytes, words: bytes) -> Trade | None:
    assets = _asset(words[3 * WORD_BYTES :], 7), _asset(words[3 * WORD_BYTES :], 6)
    return _filled(pool, assets, (number(words, 6), number(words, 5)), address(words, 3))


def _fill_v3(pool: bytes, words: bytes) -> Trade | None:
    assets = _asset(words[3 * WORD_BYTES :], 1), _asset(words[3 * WORD_BYTES :], 0)
    return _filled(pool, assets, (number(words, 10), number(words, 9)), address(words, 7))


def _filled(
    pool: bytes, assets: tuple[bytes | None, bytes | None], amounts: tuple[int, int], taker: bytes
) -> Trade | None:
    if None in assets:
        return None
    return Trade("0x", pool, pool, *amounts, *assets, payer=taker, receiver=taker)


def _asset(data: bytes, head: int) -> bytes | None:
    """The token of the asset data whose offset stands in word `head`."""
    return erc20_asset(data, number(data, head))


def erc20_asset(data: bytes, at: int) -> bytes | None:
    """The token of the asset data that stands, length first, at an offset; None for other kinds of asset."""
    start = at + WORD_BYTES
    asset = data[start : start + 4 + WORD_BYTES]
    return asset[-20:] if len(asset) == 4 + WORD_BYTES and asset.startswith(ERC20_ASSET) else None


EVENTS: dict[bytes, Event[Trade]] = {
    topic(signature): event
    for signature, event in {
        "Swap(address,uint256,uint256,uint256,uint256,address)": Event(2, 4, _pair),
        "Swap(address,address,uint256,uint256,uint256,uint256)": Event(2, 4, _pair),
        "Swap(address,address,int256,int256,uint160,uint128,int24)": Event(2, 5, _concentrated),
        "Swap(address,address,int256,int256,uint160,uint128,int24,uint128,uint128)": Event(2, 7, _concentrated),
        "Swap(address,address,int256,int256,uint160,uint128,int24,uint24,uint24)": Event(2, 7, _concentrated),
        "Swap(bytes32,address,int128,int128,uint160,uint128,int24,uint24)": Event(2, 6, _managed),
        "TokenExchange(address,int128,uint256,int128,uint256)": Event(1, 4, _curve),
        "TokenExchange(address,uint256,uint256,uint256,uint256)": Event(1, 4, _curve),
        "TokenExchange(address,uint256,uint256,uint256,uint256,uint256,uint256)": Event(1, 6, _curve),
        "TokenExchangeUnderlying(address,int128,uint256,int128,uint256)": Event(1, 4, _curve),
        "TokenPurchase(address,uint256,uint256)": Event(3, 0, _token_purchase),
        "EthPurchase(address,uint256,uint256)": Event(3, 0, _eth_purchase),
        "LOG_SWAP(address,address,address,uint256,uint256)":
            Event(3, 2, told("balancer_v1", tokens=(1, 2), amounts=(3, 4), parties=(0, 0))),
        "Swap(bytes32,address,address,uint256,uint256)":
            Event(3, 2, told("balancer_v2", tokens=(1, 2), amounts=(3, 4), pool_id=0)),
        "Swap(address,address,address,uint256,uint256,uint256,uint256)":
            Event(3, 4, told("balancer_v3", tokens=(1, 2), amounts=(3, 4), pool=0)),
        "Conversion(address,address,address,uint256,uint256,int256)":
            Event(3, 3, told("bancor", tokens=(0, 1), amounts=(3, 4), parties=(2, 2))),
        "TokensTraded(bytes32,address,address,uint256,uint256,uint256,uint256,uint256,address)":
            Event(3, 6, told("bancor", tokens=(1, 2), amounts=(3, 4), parties=(8, 8))),
        "TokensTraded(address,address,address,uint256,uint256,uint128,bool)":
            Event(3, 4, told("carbon", tokens=(1, 2), amounts=(3, 4), parties=(0, 0))),
        "DODOSwap(address,address,uint256,uint256,address,address)":
            Event(0, 6, told("dodo", tokens=(0, 1), amounts=(2, 3), parties=(4, 5))),
        "LimitOrderFilled(bytes32,address,address,address,address,address,uint128,uint128,uint128,uint256,bytes32)":
            Event(0, 11, told("0x", tokens=(5, 4), amounts=(6, 7), parties=(2, 2))),
        "RfqOrderFilled(bytes32,address,address,address,address,uint128,uint128,bytes32)":
            Event(0, 8, told("0x", tokens=(4, 3), amounts=(5, 6), parties=(2, 2))),
        "OtcOrderFilled(bytes32,address,address,address,address,uint128,uint128)":
            Event(0, 7, told("0x", tokens=(4, 3), amounts=(6, 5), parties=(2, 2))),
        "Fill(address,address,address,address,uint256,uint256,uint256,uint256,bytes32,bytes,bytes)":
            Event(3, 8, _fill_v2),
        "Fill(address,address,bytes,bytes,bytes,bytes,bytes32,address,address,uint256,uint256,uint256,uint256,uint256)":
            Event(3, 11, _fill_v3),
    }.items()
}  # fmt: skip
"""By topic0."""
