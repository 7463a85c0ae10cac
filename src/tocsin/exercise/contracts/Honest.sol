// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {IERC4626} from "@openzeppelin/contracts/interfaces/IERC4626.sol";
import {IERC1155} from "@openzeppelin/contracts/token/ERC1155/IERC1155.sol";
import {ERC1155Holder} from "@openzeppelin/contracts/token/ERC1155/utils/ERC1155Holder.sol";
import {ERC721Holder} from "@openzeppelin/contracts/token/ERC721/utils/ERC721Holder.sol";
import {Address} from "@openzeppelin/contracts/utils/Address.sol";
import {FlashBorrower, IAave, IPair, IPool, IVault, PairTrader} from "./Protocols.sol";
import {ITokensReceiver} from "./Tokens.sol";

/// Honest use that looks like attacks: large profits, flash loans, re-entry and batches that harm nobody.

/// Flash-borrows, buys where a token is cheap, sells where it is dear, repays, and keeps the difference.
contract HonestFlashArbitrage is PairTrader, FlashBorrower {
    using SafeERC20 for IERC20;

    struct Route {
        address cheap;
        bool isCheapV3;
        address dear;
        bool isDearV3;
    }

    /// The price limits of Uniswap V3 that bind nothing.
    uint160 private constant LOWEST_PRICE = 4295128740;
    uint160 private constant HIGHEST_PRICE = 1461446703485210103287273052203988822378723970341;

    address private immutable owner = msg.sender;
    address private trading;

    event Profit(address indexed token, uint256 amount);

    error OnlyOwner();
    error OnlyPool();
    error NoProfit();

    constructor(IVault vault_) FlashBorrower(vault_) {}

    /// Buys with `loan` of `token` at `cheap` and sells at `dear`: each a Uniswap V2 pair, or a V3 pool if so marked.
    function run(IERC20 token, uint256 loan, address cheap, bool isCheapV3, address dear, bool isDearV3) external {
        require(msg.sender == owner, OnlyOwner());
        uint256 before = token.balanceOf(address(this));
        _borrow(token, loan, abi.encode(Route(cheap, isCheapV3, dear, isDearV3)));
        uint256 after_ = token.balanceOf(address(this));
        require(after_ > before, NoProfit());
        emit Profit(address(token), after_ - before);
        token.safeTransfer(owner, after_);
    }

    function uniswapV3SwapCallback(int256 amount0, int256 amount1, bytes calldata data) external {
        require(msg.sender == trading, OnlyPool());
        IERC20 token = abi.decode(data, (IERC20));
        token.safeTransfer(msg.sender, uint256(amount0 > 0 ? amount0 : amount1));
    }

    function _withLoan(IERC20 token, uint256 amount, bytes calldata data) internal override {
        Route memory route = abi.decode(data, (Route));
        IERC20 bought = _other(IPair(route.cheap), token);
        _trade(route.cheap, route.isCheapV3, token, amount);
        _trade(route.dear, route.isDearV3, bought, bought.balanceOf(address(this)));
    }

    function _trade(address market, bool isV3, IERC20 token, uint256 amount) private {
        if (isV3) {
            _sellV3(IPool(market), token, amount);
        } else {
            _sell(IPair(market), token, amount);
        }
    }

    function _sellV3(IPool pool, IERC20 token, uint256 amount) private {
        bool isFirst = pool.token0() == address(token);
        trading = address(pool);
        pool.swap(address(this), isFirst, int256(amount), isFirst ? LOWEST_PRICE : HIGHEST_PRICE, abi.encode(token));
        trading = address(0);
    }

    /// Pairs of V2 and pools of V3 name their tokens alike.
    function _other(IPair market, IERC20 token) private view returns (IERC20) {
        address first = market.token0();
        return IERC20(first == address(token) ? market.token1() : first);
    }
}

/// Pays back its caller's Aave debt with a flash loan, and the loan with the collateral that this sets free.
contract HonestRefinance is PairTrader, FlashBorrower {
    using SafeERC20 for IERC20;

    struct Position {
        address account;
        IERC20 collateral;
        IERC20 receipt;
        uint256 released;
        IPair pair;
    }

    uint256 private constant VARIABLE_RATE = 2;

    IAave private immutable aave;

    event Refinanced(address indexed account, address indexed debt, uint256 repaid, uint256 released);

    constructor(IVault vault_, IAave aave_) FlashBorrower(vault_) {
        aave = aave_;
    }

    /// Repays `repaid` of the caller's `debt`, takes `released` of the collateral by its receipt token (the aToken,
    /// which the caller must have approved), sells it on `pair` for the debt token, and gives the caller what is left.
    function run(IERC20 debt, uint256 repaid, IERC20 collateral, IERC20 receipt, uint256 released, IPair pair)
        external
    {
        Position memory position = Position(msg.sender, collateral, receipt, released, pair);
        _borrow(debt, repaid, abi.encode(position));
        debt.safeTransfer(msg.sender, debt.balanceOf(address(this)));
        emit Refinanced(msg.sender, address(debt), repaid, released);
    }

    function _withLoan(IERC20 debt, uint256 amount, bytes calldata data) internal override {
        Position memory position = abi.decode(data, (Position));
        debt.forceApprove(address(aave), amount);
        aave.repay(address(debt), amount, VARIABLE_RATE, position.account);
        position.receipt.safeTransferFrom(position.account, address(this), position.released);
        uint256 withdrawn = aave.withdraw(address(position.collateral), position.released, address(this));
        _sell(position.pair, position.collateral, withdrawn);
    }
}

interface IBank {
    function deposit() external payable;

    function withdraw() external;
}

/// Re-enters whoever calls its hooks, and harms nobody: it saves a tenth of each token it is given, puts half of the
/// ether a bank pays it back into the bank, and moves a flash loan through a vault.
contract HookReceiver is ITokensReceiver, ERC1155Holder, ERC721Holder, FlashBorrower {
    using SafeERC20 for IERC20;

    address private immutable owner = msg.sender;
    address public immutable savings;
    IBank private bank;
    IERC4626 private store;

    error OnlyOwner();

    modifier onlyOwner() {
        require(msg.sender == owner, OnlyOwner());
        _;
    }

    constructor(IVault vault_, address savings_) FlashBorrower(vault_) {
        savings = savings_;
    }

    receive() external payable {
        if (msg.sender == address(bank)) {
            bank.deposit{value: msg.value / 2}();
        }
    }

    /// Deposits the ether sent along and withdraws it; while it is paid, half of it is deposited again.
    function useBank(IBank bank_) external payable onlyOwner {
        bank = bank_;
        bank.deposit{value: msg.value}();
        bank.withdraw();
        Address.sendValue(payable(owner), address(this).balance);
    }

    /// Flash-borrows a vault's asset, deposits and redeems it, and repays.
    function useLoan(IERC4626 store_, uint256 loan) external onlyOwner {
        store = store_;
        _borrow(IERC20(store_.asset()), loan, "");
    }

    /// Takes tokens out again.
    function take(IERC20 token) external onlyOwner {
        token.safeTransfer(owner, token.balanceOf(address(this)));
    }

    function tokensReceived(address from, address to, uint256 amount) external {
        if (to == address(this) && from != address(0)) {
            IERC20(msg.sender).safeTransfer(savings, amount / 10);
        }
    }

    function onERC1155Received(address operator, address from, uint256 id, uint256 amount, bytes memory data)
        public
        override
        returns (bytes4)
    {
        IERC1155(msg.sender).safeTransferFrom(address(this), savings, id, amount / 10, "");
        return super.onERC1155Received(operator, from, id, amount, data);
    }

    function _withLoan(IERC20 token, uint256 amount, bytes calldata) internal override {
        IERC20[] memory tokens = new IERC20[](1);
        tokens[0] = token;
        vault.getInternalBalance(address(this), tokens);
        token.forceApprove(address(store), amount);
        store.redeem(store.deposit(amount, address(this)), address(this), address(this));
    }
}

/// Pays many at once: salaries, refunds, airdrops.
contract BatchPayer {
    using SafeERC20 for IERC20;

    event Paid(address indexed from, address indexed token, uint256 receivers, uint256 total);

    error LengthsDiffer();
    error NotDivisible();

    /// Pays from the caller's tokens, which must be approved.
    function pay(IERC20 token, address[] calldata to, uint256[] calldata amounts) external {
        require(to.length == amounts.length, LengthsDiffer());
        uint256 total;
        for (uint256 i; i < to.length; i++) {
            token.safeTransferFrom(msg.sender, to[i], amounts[i]);
            total += amounts[i];
        }
        emit Paid(msg.sender, address(token), to.length, total);
    }

    /// Pays the ether sent along in equal parts; it must be divisible.
    function payEther(address payable[] calldata to) external payable {
        uint256 part = msg.value / to.length;
        require(part * to.length == msg.value, NotDivisible());
        for (uint256 i; i < to.length; i++) {
            Address.sendValue(to[i], part);
        }
        emit Paid(msg.sender, address(0), to.length, msg.value);
    }
}

/// What an account delegates its code to (EIP-7702) to make several calls at once. Only the account itself can use it.
contract HonestDelegate is ERC1155Holder, ERC721Holder {
    error OnlyItself();
    error LengthsDiffer();

    receive() external payable {}

    function execute(address[] calldata to, uint256[] calldata values, bytes[] calldata data) external payable {
        require(msg.sender == address(this), OnlyItself());
        require(to.length == values.length && to.length == data.length, LengthsDiffer());
        for (uint256 i; i < to.length; i++) {
            (bool success, bytes memory returned) = to[i].call{value: values[i]}(data[i]);
            Address.verifyCallResult(success, returned);
        }
    }
}
