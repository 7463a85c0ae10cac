"""Call trees that examples of reentrancy are written with."""

from tocsin.chain.signatures import selector
from tocsin.detect.detectors._example_rows import answered, call
from tocsin.tables.literal import words

RUN = selector("run()")
BALANCE = selector("balanceOf(address)")
_WITHDRAW, _MOVE = selector("withdraw(uint256)"), selector("transfer(address,uint256)")
_SWAP = selector("swap(uint256,uint256,address,bytes)")
_CALLBACK = selector("uniswapV2Call(address,uint256,uint256,bytes)")
_BORROW, _ALLOWED = selector("borrow(uint256)"), selector("borrowAllowed(address,address,uint256)")
_RECEIVED = selector("tokensReceived(address,address,address,uint256,bytes,bytes)")
_PULL, _MINT, _DEPOSIT = (
    selector("transferFrom(address,address,uint256)"),
    selector("mint(address,uint256)"),
    selector("deposit(uint256)"),
)
_SWAP_ITEMS, _NAME_BUYER = selector("closeSwap(uint256)"), selector("nameBuyer(uint256,address)")
_SAFE_PULL, _ITEM = (
    selector("safeTransferFrom(address,address,uint256,bytes)"),
    selector("onERC721Received(address,address,uint256,bytes)"),
)
_COLLECT, _HARVEST = selector("collect(address)"), selector("harvest()")

PAID_TWICE = [
    call(0, 0, 5, "mallory", "thief", RUN),
    call(1, 1, 5, "thief", "bank", _WITHDRAW),
    call(2, 2, 5, "bank", "thief", value=10),
    call(3, 3, 5, "thief", "bank", _WITHDRAW),
    call(4, 4, 5, "bank", "thief", value=10),
]
SISTER_MARKET = [
    call(0, 0, 9, "mallory", "thief", RUN),
    call(1, 1, 9, "thief", "market", _BORROW),
    call(2, 2, 3, "market", "controller", _ALLOWED),
    call(2, 3, 9, "market", "token", _MOVE),
    call(3, 4, 9, "token", "thief", _RECEIVED),
    call(4, 5, 9, "thief", "sister", _BORROW),
    call(5, 6, 7, "sister", "controller", _ALLOWED),
    call(5, 7, 8, "sister", "thief", value=10),
]
MOVED_WHILE_PAID = [
    call(0, 0, 8, "mallory", "thief", RUN),
    call(1, 1, 5, "thief", "first name", RUN),
    call(2, 2, 5, "first name", "bank", _WITHDRAW),
    call(3, 3, 5, "bank", "first name", value=10),
    call(4, 4, 5, "first name", "bank", _MOVE + words("second name", 10)),
    call(1, 5, 8, "thief", "second name", RUN),
    call(2, 6, 8, "second name", "bank", _WITHDRAW),
    call(3, 7, 8, "bank", "second name", value=10),
]
SAVED_WHILE_PAID = [
    {**row, "input": _MOVE + words("savings", 1)} if row["selector"] == _MOVE else row for row in MOVED_WHILE_PAID
]
BUYER_NAMED_LATE = [
    call(0, 0, 7, "mallory", "thief", RUN),
    call(1, 1, 7, "thief", "exchange", _SWAP_ITEMS + words(7)),
    call(2, 2, 5, "exchange", "art", _SAFE_PULL + words("exchange", "thief", 3)),
    call(3, 3, 5, "art", "thief", _ITEM),
    call(4, 4, 5, "thief", "exchange", _NAME_BUYER + words(7, "customer")),
    call(2, 5, 6, "exchange", "coin", _PULL + words("customer", "thief", 100)),
    call(1, 6, 7, "thief", "mallory"),
]
COUNTED_TWICE = answered(
    [
        call(0, 0, 11, "mallory", "thief", RUN),
        call(1, 1, 10, "thief", "second contract", RUN),
        call(2, 2, 10, "second contract", "rewards", _COLLECT + words("second contract")),
        call(3, 3, 4, "rewards", "coin", BALANCE + words("reserve"), kind="staticcall"),
        call(3, 4, 9, "rewards", "second contract", _HARVEST),
        call(4, 5, 9, "second contract", "reserve", _DEPOSIT + words(100)),
        call(5, 6, 7, "reserve", "coin", _PULL + words("second contract", "reserve", 100)),
        call(5, 7, 8, "reserve", "share", _MINT + words("second contract", 100)),
        call(3, 9, 10, "rewards", "coin", BALANCE + words("reserve"), kind="staticcall"),
        call(1, 10, 11, "thief", "coin", _PULL + words("second contract", "thief", 1)),
    ],
    at_3=(500, 0),
    at_9=(600, 0),
)
NOTHING_TWICE = [
    call(0, 0, 4, "mallory", "thief", RUN),
    call(1, 1, 4, "thief", "bank", _WITHDRAW),
    call(2, 2, 4, "bank", "thief", value=10),
    call(3, 3, 4, "thief", "bank", RUN),
]
POOL_IN_POOL = [
    call(0, 0, 7, "trader", "bot", RUN),
    call(1, 1, 7, "bot", "pool", _SWAP),
    call(2, 2, 3, "pool", "token", _MOVE),
    call(2, 3, 7, "pool", "bot", _CALLBACK),
    call(3, 4, 6, "bot", "other pool", _SWAP),
    call(4, 5, 6, "other pool", "token", _MOVE),
    call(3, 6, 7, "bot", "token", _MOVE),
]
ROUTER_PAID = [
    call(0, 0, 4, "trader", "router", RUN),
    call(1, 1, 3, "router", "wrapped", _WITHDRAW),
    call(2, 2, 3, "wrapped", "router", value=10),
    call(1, 3, 4, "router", "trader", value=10),
]
