// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {FlashBorrower, IAave, IPair, IVault, PairTrader} from "./Protocols.sol";

/// Opens a leveraged position in one transaction: flash loan, purchase, pledge, a loan that the pledge bears, repayment.
contract Leverage is PairTrader, FlashBorrower {
    using SafeERC20 for IERC20;

    address private immutable owner;
    IPair private immutable pair;
    IAave private immutable aave;
    IERC20 private immutable collateral;
    IERC20 private immutable debt;

    constructor(IVault vault_, IPair pair_, IAave aave_, IERC20 collateral_, IERC20 debt_) FlashBorrower(vault_) {
        owner = msg.sender;
        pair = pair_;
        aave = aave_;
        collateral = collateral_;
        debt = debt_;
    }

    /// Puts `own` of the owner's debt tokens to the loan, and buys collateral for both.
    function open(uint256 own, uint256 loan) external {
        require(msg.sender == owner, "only the owner");
        debt.safeTransferFrom(owner, address(this), own);
        _borrow(debt, loan, abi.encode(own));
    }

    function _withLoan(IERC20, uint256 amount, bytes calldata data) internal override {
        uint256 bought = _sell(pair, debt, amount + abi.decode(data, (uint256)));
        collateral.forceApprove(address(aave), bought);
        aave.supply(address(collateral), bought, address(this), 0);
        aave.borrow(address(debt), amount, 2, 0, address(this));
    }
}
