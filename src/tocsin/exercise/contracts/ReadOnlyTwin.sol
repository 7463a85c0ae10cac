// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {FlashBorrower, IVault, IWrappedEther} from "./Protocols.sol";
import {ShareLender, SharePool} from "./Shares.sol";

/// The honest twin of read-only re-entrancy: a leveraged position in pool shares, opened with a flash loan.
contract LeveragedShares is FlashBorrower {
    using SafeERC20 for IERC20;

    address private immutable owner = msg.sender;
    SharePool private immutable pool;
    ShareLender private immutable lender;
    IWrappedEther private immutable wrappedEther;
    uint256 private pledge;

    /// The price of a share as it stands while the pool pays: for the books only.
    event Paid(uint256 amount, uint256 pricePerShare);

    error OnlyOwner();

    constructor(IVault vault_, IWrappedEther wrappedEther_, SharePool pool_, ShareLender lender_)
        FlashBorrower(vault_)
    {
        wrappedEther = wrappedEther_;
        pool = pool_;
        lender = lender_;
    }

    receive() external payable {
        if (msg.sender == address(pool)) {
            emit Paid(msg.value, pool.pricePerShare());
        }
    }

    /// Buys shares with `loan` wrapped ether and the caller's `own`, gives back all shares but `pledge_`, pledges those
    /// once the pool has paid, and borrows against them, at the price they have then, what the loan still needs.
    function run(uint256 loan, uint256 own, uint256 pledge_) external {
        require(msg.sender == owner, OnlyOwner());
        pledge = pledge_;
        IERC20(wrappedEther).safeTransferFrom(msg.sender, address(this), own);
        _borrow(wrappedEther, loan, "");
        IERC20(wrappedEther).safeTransfer(owner, wrappedEther.balanceOf(address(this)));
    }

    function _withLoan(IERC20, uint256 amount, bytes calldata) internal override {
        wrappedEther.withdraw(wrappedEther.balanceOf(address(this)));
        uint256 shares = pool.deposit{value: address(this).balance}();
        pool.withdraw(shares - pledge);
        wrappedEther.deposit{value: address(this).balance}();
        IERC20(address(pool)).forceApprove(address(lender), pledge);
        lender.supply(pledge);
        lender.borrow(amount - wrappedEther.balanceOf(address(this)));
    }
}
