"""
How things are called: the addresses and tokens of one chain, the functions it calls, the chain itself.

Well-known tokens go by their symbols. Others go by the symbol they claim, or by their address: anybody can deploy a
token that says it is USDC, and such a one is shown as `USDC?` with its address beside it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache

from tocsin.app.explain import Explanation
from tocsin.chain.signatures import selector
from tocsin.chain.token_claims import Claim
from tocsin.chain.tokens import Token, token
from tocsin.cli.render.claimed import claimed_symbol
from tocsin.cli.render.money import GROUPED, short, whole_units
from tocsin.cli.render.safe import safe
from tocsin.intel.reference import LABELS
from tocsin.tables.columns import NATIVE, ZERO

CHAINS: Mapping[int, str] = {
    1: "Ethereum",
    10: "Optimism",
    56: "BNB Smart Chain",
    100: "Gnosis",
    137: "Polygon",
    8453: "Base",
    42161: "Arbitrum One",
    43114: "Avalanche",
}

_FUNCTIONS = """
approve(address,uint256)
balanceOf(address)
allowance(address,address)
decimals()
symbol()
totalSupply()
owner()
transfer(address,uint256)
transferFrom(address,address,uint256)
safeTransferFrom(address,address,uint256)
safeTransferFrom(address,address,uint256,bytes)
setApprovalForAll(address,bool)
permit(address,address,uint256,uint256,uint8,bytes32,bytes32)
deposit()
withdraw(uint256)
deposit(uint256)
deposit(uint256,address)
redeem(uint256,address,address)
mint(address)
mint(uint256)
mint(address,uint256)
burn(address)
burn(uint256)
burn(address,uint256)
sync()
skim(address)
getReserves()
token0()
token1()
slot0()
swap(uint256,uint256,address,bytes)
swap(address,bool,int256,uint160,bytes)
flash(address,uint256,uint256,bytes)
uniswapV2Call(address,uint256,uint256,bytes)
pancakeCall(address,uint256,uint256,bytes)
uniswapV3SwapCallback(int256,int256,bytes)
pancakeV3SwapCallback(int256,int256,bytes)
uniswapV3FlashCallback(uint256,uint256,bytes)
swapExactTokensForTokens(uint256,uint256,address[],address,uint256)
swapTokensForExactTokens(uint256,uint256,address[],address,uint256)
swapExactETHForTokens(uint256,address[],address,uint256)
swapExactTokensForETH(uint256,uint256,address[],address,uint256)
swapExactTokensForTokensSupportingFeeOnTransferTokens(uint256,uint256,address[],address,uint256)
addLiquidity(address,address,uint256,uint256,uint256,uint256,address,uint256)
removeLiquidity(address,address,uint256,uint256,uint256,address,uint256)
exchange(int128,int128,uint256,uint256)
add_liquidity(uint256[2],uint256)
add_liquidity(uint256[3],uint256)
remove_liquidity_one_coin(uint256,int128,uint256)
get_virtual_price()
flashLoan(address,address,uint256,bytes)
flashLoan(address,address[],uint256[],bytes)
flashLoan(address,address[],uint256[],uint256[],address,bytes,uint16)
flashLoanSimple(address,address,uint256,bytes,uint16)
executeOperation(address[],uint256[],uint256[],address,bytes)
executeOperation(address,uint256,uint256,address,bytes)
receiveFlashLoan(address[],uint256[],uint256[],bytes)
onFlashLoan(address,address,uint256,uint256,bytes)
onERC721Received(address,address,uint256,bytes)
onERC1155Received(address,address,uint256,uint256,bytes)
tokensReceived(address,address,address,uint256,bytes,bytes)
supply(address,uint256,address,uint16)
deposit(address,uint256,address,uint16)
borrow(uint256)
borrow(address,uint256,uint256,uint16,address)
repay(address,uint256,uint256,address)
redeem(uint256)
redeemUnderlying(uint256)
liquidationCall(address,address,address,uint256,bool)
liquidateBorrow(address,uint256,address)
enterMarkets(address[])
getAssetPrice(address)
latestAnswer()
latestRoundData()
multicall(bytes[])
execute(bytes,bytes[],uint256)
upgradeTo(address)
upgradeToAndCall(address,bytes)
transferOwnership(address)
initialize(address)
"""
"""Functions common enough to be named in a call tree."""


@cache
def functions() -> Mapping[str, str]:
    """The names of well-known functions by selector."""
    return {"0x" + selector(line).hex(): line.partition("(")[0] for line in _FUNCTIONS.split("\n")[1:-1]}


def chain(chain_id: int) -> str:
    """The chain's name, where it has a well-known one."""
    return CHAINS.get(chain_id, f"chain {chain_id}")


NATIVE_ADDRESS = "0x" + NATIVE.hex()


@dataclass(frozen=True, slots=True)
class Names:
    """What addresses and tokens are called."""

    chain_id: int
    accounts: Mapping[str, str] = field(default_factory=dict)
    """Names by address."""
    claims: Mapping[str, Claim] = field(default_factory=dict)
    """By address, what tokens that are not well known say of themselves."""

    def name(self, address: str) -> str:
        """The name or symbol of an address, where it has one; else empty."""
        if address in self.accounts:
            return self.accounts[address]
        if known := self._known(address):
            return known.symbol
        # A claimed symbol never stands alone where the name of an account would: it may be "sender".
        return f"token {self.symbol(address)}" if self._claims_symbol(address) else ""

    def account(self, address: str | None) -> str:
        """An address by its name or symbol, else in short form."""
        return "nothing" if address is None else self.name(address) or short(address)

    def symbol(self, address: str) -> str:
        """A token by its symbol, else in short form."""
        if known := self._known(address):
            return known.symbol
        return claimed_symbol(address, self.claims, self.chain_id) if self._claims_symbol(address) else short(address)

    def money(self, address: str, amount: int, *, signed: bool = False) -> str:
        """An exact amount of a token: in units where its decimals are known, else in base units."""
        plus = "+" if signed and amount > 0 else ""
        decimals = self._decimals(address)
        if decimals is None:
            return f"{plus}{amount:{GROUPED}} base units of {self.symbol(address)}"
        units = "" if self._known(address) or self._claims_symbol(address) else "units of "
        return f"{plus}{whole_units(amount, decimals)} {units}{self.symbol(address)}"

    def native(self, amount: int) -> str:
        """An exact amount of the chain's own coin."""
        return self.money(NATIVE_ADDRESS, amount)

    def _known(self, address: str) -> Token | None:
        return token(self.chain_id, bytes.fromhex(address[2:]))

    def _claims_symbol(self, address: str) -> bool:
        return address in self.claims and bool(self.claims[address].symbol)

    def _decimals(self, address: str) -> int | None:
        known = self._known(address) or self.claims.get(address)
        return None if known is None else known.decimals


def of(explanation: Explanation, given: Names | None = None) -> Names:
    """What the addresses of a transaction are called, by their part in it and by the names that were `given`."""
    base = given or Names(explanation.place.chain_id)
    new = created(explanation)
    made = {address: f"new contract{f' {number}' if len(new) > 1 else ''}" for number, address in enumerate(new, 1)}
    to, sender = (explanation.transaction[name] for name in ("to_address", "from_address"))
    called = "called contract" if explanation.transaction["input"] not in (None, "0x") else "recipient"
    parts = {**made, to: called, sender: "sender", "0x" + ZERO.hex(): "nobody (0x0)"}
    claims = {**explanation.claims, **base.claims}
    own = {address: name for address, name in parts.items() if address and address not in claims}
    others = _labelled(explanation)
    both = {address: f"{name}, {others[address]}" for address, name in own.items() if address in others}
    return replace(base, accounts={**others, **own, **both, **base.accounts}, claims=claims)


def _labelled(explanation: Explanation) -> dict[str, str]:
    """What others call accounts, or what they say that these are; marked, because anybody may be called anything."""
    rows = explanation.known[LABELS].select("chain_id", "address", "kind", "name").iter_rows()
    found: dict[str, tuple[list[str], str]] = {}
    for chain, address, kind, name in rows:
        if chain in (None, explanation.place.chain_id):
            kinds, before = found.get(f"0x{address.hex()}", ([], ""))
            found[f"0x{address.hex()}"] = ([*kinds, kind], before or name)
    return {address: f"[{', '.join(kinds)}] {safe(name)}".rstrip() for address, (kinds, name) in found.items()}


def created(explanation: Explanation) -> list[str]:
    """The contracts the transaction created."""
    return [row["contract_address"] for row in explanation.sections["created_contracts"] or ()]
