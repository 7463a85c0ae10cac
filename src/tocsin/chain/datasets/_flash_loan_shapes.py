"""The shapes of flash-loan events, as data, from the published interfaces of the protocols."""

from dataclasses import dataclass

from tocsin.chain.signatures import topic


@dataclass(frozen=True, slots=True)
class Event:
    """Where a flash-loan event says who borrowed, what, how much, and for what fee."""

    protocol: str
    topics: int
    """How many topics the log must have: one hash may be two protocols' event."""
    words: int
    borrower: str | int
    """A topic, or the number of a word of the data."""
    token: str | int | None
    """Null where the event does not say: the transfers do."""
    values: tuple[int, ...]
    """The words of the principals: two for a pool that lends both of its tokens."""
    fees: tuple[int, ...] = ()


_EVENTS: tuple[tuple[str, Event], ...] = (
    ("FlashLoan(address,address,uint256,uint256,uint256,uint256)",
     Event("aave_v1", 3, 4, "topic1", "topic2", (0,), (1,))),
    ("FlashLoan(address,address,address,uint256,uint256,uint16)",
     Event("aave_v2", 4, 3, "topic1", "topic3", (0,), (1,))),
    ("FlashLoan(address,address,address,uint256,uint8,uint256,uint16)",
     Event("aave_v3", 4, 4, "topic1", "topic2", (1,), (3,))),
    ("FlashLoan(address,address,uint256,uint256)", Event("balancer_v2", 3, 2, "topic1", "topic2", (0,), (1,))),
    ("FlashLoan(address,address,uint256,uint256)", Event("maker", 2, 3, "topic1", 0, (1,), (2,))),
    ("VatDaiFlashLoan(address,uint256,uint256)", Event("maker", 2, 2, "topic1", None, (0,), (1,))),
    ("FlashLoan(address,address,uint256)", Event("morpho", 3, 1, "topic1", "topic2", (0,))),
    ("Flash(address,address,uint256,uint256,uint256,uint256)",
     Event("uniswap_v3", 3, 4, "topic2", None, (0, 1), (2, 3))),
    ("DODOFlashLoan(address,address,uint256,uint256)", Event("dodo", 1, 4, 1, None, (2, 3))),
    ("Flashloan(address,uint256,uint256,uint256)", Event("iron_bank", 2, 3, "topic1", None, (0,), (1,))),
)  # fmt: skip

EVENTS = {(topic(signature), event.topics): event for signature, event in _EVENTS}
"""By topic0 and number of topics."""

SWAP_V2 = topic("Swap(address,uint256,uint256,uint256,uint256,address)")
DYDX_WITHDRAW = topic("LogWithdraw(address,uint256,uint256,((bool,uint256),(bool,uint128)),address)")
DYDX_DEPOSIT = topic("LogDeposit(address,uint256,uint256,((bool,uint256),(bool,uint128)),address)")
EULER_BORROW = topic("Borrow(address,address,uint256)")
EULER_REPAY = topic("Repay(address,address,uint256)")
