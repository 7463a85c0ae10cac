"""
Callbacks by which lenders and pools hand control to whoever called them, as data, from the published interfaces.

They are open on purpose: a flash loan is read off them, and being called back by one is no reentrancy.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from tocsin.chain.signatures import selector


@dataclass(frozen=True, slots=True)
class Callback:
    """
    What a lender calls on a borrower, and which words say what was lent.

    `lists` when those words are offsets of arrays. Without words, what the lender sent before the callback is the loan.
    """

    protocol: str
    token: int | None = None
    value: int = 0
    fee: int = 0
    lists: bool = False
    round_trip: bool = False
    """Also used for what is no loan: then the token must leave and come back."""


_PAIR = "(address,uint256,uint256,bytes)"

CALLBACKS: Mapping[bytes, Callback] = {
    selector(signature): callback
    for signature, callback in {
        **{
            name + _PAIR: Callback("uniswap_v2")
            for name in ("uniswapV2Call", "pancakeCall", "BiswapCall", "babyCall", "joeCall", "waultSwapCall", "hook")
        },
        "uniswapV3FlashCallback(uint256,uint256,bytes)": Callback("uniswap_v3"),
        "pancakeV3FlashCallback(uint256,uint256,bytes)": Callback("uniswap_v3"),
        "algebraFlashCallback(uint256,uint256,bytes)": Callback("uniswap_v3"),
        "executeOperation(address[],uint256[],uint256[],address,bytes)": Callback("aave", 0, 1, 2, lists=True),
        "executeOperation(address,uint256,uint256,address,bytes)": Callback("aave", 0, 1, 2),
        "executeOperation(address,uint256,uint256,bytes)": Callback("aave_v1", 0, 1, 2),
        "executeOperation(address,address,uint256,uint256,bytes)": Callback("saddle", 1, 2, 3),
        "onFlashLoan(address,address,uint256,uint256,bytes)": Callback("erc3156", 1, 2, 3),
        "onFlashLoan(bytes)": Callback("euler"),
        "onDeferredLiquidityCheck(bytes)": Callback("euler", round_trip=True),
        "receiveFlashLoan(address[],uint256[],uint256[],bytes)": Callback("balancer_v2", 0, 1, 2, lists=True),
        "callFunction(address,(address,uint256),bytes)": Callback("dydx"),
        "DPPFlashLoanCall" + _PAIR: Callback("dodo"),
        "DVMFlashLoanCall" + _PAIR: Callback("dodo"),
        "DSPFlashLoanCall" + _PAIR: Callback("dodo"),
        "onMorphoFlashLoan(uint256,bytes)": Callback("morpho"),
        "unlockCallback(bytes)": Callback("uniswap_v4", round_trip=True),
    }.items()
}
"""Of flash loans, by selector."""

EXCHANGES = tuple(
    selector(signature)
    for signature in (
        "uniswapV3SwapCallback(int256,int256,bytes)",
        "pancakeV3SwapCallback(int256,int256,bytes)",
        "algebraSwapCallback(int256,int256,bytes)",
        "uniswapV3MintCallback(uint256,uint256,bytes)",
        "pancakeV3MintCallback(uint256,uint256,bytes)",
        "algebraMintCallback(uint256,uint256,bytes)",
    )
)
"""Callbacks by which pools ask for the other token of an exchange: frequent, and no loan."""
