// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {SpotLending} from "./Lending.sol";
import {IPair, PairTrader} from "./Protocols.sol";

/// Opens a leveraged position with a Uniswap V2 flash swap: purchase, pledge, a loan that the pledge bears, repayment.
contract FlashSwapLeverage is PairTrader {
    using SafeERC20 for IERC20;

    address private immutable owner = msg.sender;
    SpotLending private immutable market;
    IERC20 private immutable collateral;
    IERC20 private immutable debt;
    IPair private immutable lender;

    error OnlyOwner();
    error OnlyLender();

    /// `lender_` is another pair than the one that the market reads.
    constructor(IPair lender_, SpotLending market_) {
        lender = lender_;
        market = market_;
        collateral = market_.collateral();
        debt = market_.debt();
    }

    /// Puts `own` of the owner's debt tokens to the loan, and pledges what both buy.
    function open(uint256 own, uint256 loan) external {
        require(msg.sender == owner, OnlyOwner());
        debt.safeTransferFrom(owner, address(this), own);
        bool isFirst = lender.token0() == address(debt);
        lender.swap(isFirst ? loan : 0, isFirst ? 0 : loan, address(this), abi.encode(own, loan));
    }

    function uniswapV2Call(address, uint256, uint256, bytes calldata data) external {
        require(msg.sender == address(lender), OnlyLender());
        (uint256 own, uint256 loan) = abi.decode(data, (uint256, uint256));
        uint256 pledge = _sell(market.pair(), debt, own + loan);
        collateral.forceApprove(address(market), pledge);
        market.supply(pledge);
        uint256 due = loan * 1000 / 997 + 1;
        market.borrow(due);
        debt.safeTransfer(address(lender), due);
    }
}
