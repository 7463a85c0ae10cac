"""The shapes of lending events and calls, as data. Signatures are those of the protocols' published interfaces."""

from dataclasses import dataclass

from tocsin.chain.signatures import selector, topic


@dataclass(frozen=True, slots=True)
class Shape:
    """Where a log or a call says who, what and how much."""

    protocol: str
    kind: str
    account: str | int
    """A column (`topic2`, `from_address`) or the number of a word of the data."""
    token: str | int | None
    value: int
    """The number of the word that holds the amount."""
    words: int
    """How many words the data must hold."""
    topics: int = 0
    """How many topics the log must have."""


EVENTS = {
    topic(signature): shape
    for signature, shape in {
        "Supply(address,address,address,uint256,uint16)": Shape("aave", "supply", "topic2", "topic1", 1, 2, 4),
        "Deposit(address,address,address,uint256,uint16)": Shape("aave", "supply", "topic2", "topic1", 1, 2, 4),
        "Withdraw(address,address,address,uint256)": Shape("aave", "withdraw", "topic2", "topic1", 0, 1, 4),
        "Borrow(address,address,address,uint256,uint8,uint256,uint16)":
            Shape("aave", "borrow", "topic2", "topic1", 1, 4, 4),
        "Borrow(address,address,address,uint256,uint256,uint256,uint16)":
            Shape("aave", "borrow", "topic2", "topic1", 1, 4, 4),
        "Repay(address,address,address,uint256,bool)": Shape("aave", "repay", "topic2", "topic1", 0, 2, 4),
        "Repay(address,address,address,uint256)": Shape("aave", "repay", "topic2", "topic1", 0, 1, 4),
        "Deposit(address,address,uint256,uint16,uint256)": Shape("aave", "supply", "topic2", "topic1", 0, 2, 4),
        "RedeemUnderlying(address,address,uint256,uint256)": Shape("aave", "withdraw", "topic2", "topic1", 0, 2, 3),
        "Borrow(address,address,uint256,uint256,uint256,uint256,uint256,uint16,uint256)":
            Shape("aave", "borrow", "topic2", "topic1", 0, 6, 4),
        "Repay(address,address,address,uint256,uint256,uint256,uint256)":
            Shape("aave", "repay", "topic2", "topic1", 0, 4, 4),
        "Mint(address,uint256,uint256)": Shape("compound_v2", "supply", 0, None, 1, 3, 1),
        "Redeem(address,uint256,uint256)": Shape("compound_v2", "withdraw", 0, None, 1, 3, 1),
        "Borrow(address,uint256,uint256,uint256)": Shape("compound_v2", "borrow", 0, None, 1, 4, 1),
        "RepayBorrow(address,address,uint256,uint256,uint256)": Shape("compound_v2", "repay", 1, None, 2, 5, 1),
        "Deposit(address,address,uint256,uint256)": Shape("erc4626", "supply", "topic2", None, 0, 2, 3),
        "Withdraw(address,address,address,uint256,uint256)": Shape("erc4626", "withdraw", "topic3", None, 0, 2, 4),
    }.items()
}  # fmt: skip
"""By topic0. Token is null where the log does not say: the asset is state of the market or the vault."""

CALLS = {
    selector(signature): shape
    for signature, shape in {
        "supply(address,uint256,address,uint16)": Shape("aave", "supply", 2, 0, 1, 4),
        "deposit(address,uint256,address,uint16)": Shape("aave", "supply", 2, 0, 1, 4),
        "withdraw(address,uint256,address)": Shape("aave", "withdraw", "from_address", 0, 1, 3),
        "borrow(address,uint256,uint256,uint16,address)": Shape("aave", "borrow", 4, 0, 1, 5),
        "repay(address,uint256,uint256,address)": Shape("aave", "repay", 3, 0, 1, 4),
        "deposit(address,uint256,uint16)": Shape("aave", "supply", "from_address", 0, 1, 3),
        "borrow(address,uint256,uint256,uint16)": Shape("aave", "borrow", "from_address", 0, 1, 4),
        "mint(uint256)": Shape("compound_v2", "supply", "from_address", None, 0, 1),
        "redeemUnderlying(uint256)": Shape("compound_v2", "withdraw", "from_address", None, 0, 1),
        "borrow(uint256)": Shape("compound_v2", "borrow", "from_address", None, 0, 1),
        "repayBorrow(uint256)": Shape("compound_v2", "repay", "from_address", None, 0, 1),
        "deposit(uint256,address)": Shape("erc4626", "supply", 1, None, 0, 2),
        "withdraw(uint256,address,address)": Shape("erc4626", "withdraw", 2, None, 0, 3),
    }.items()
}
"""By selector."""
