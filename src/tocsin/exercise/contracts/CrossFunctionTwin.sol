// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Address} from "@openzeppelin/contracts/utils/Address.sol";
import {CrossBank} from "./Bank.sol";

/// The honest twin of an attack across two functions of a bank: while one is paid, another moves what is its own.

/// A customer of a CrossBank with a standing order: when it is paid, its partner saves a tenth as much.
contract StandingOrder {
    address payable private immutable owner = payable(msg.sender);
    CrossBank private immutable bank;
    address private immutable savings;
    StandingOrder private partner;

    error OnlyOwner();

    constructor(CrossBank bank_, address savings_) {
        bank = bank_;
        savings = savings_;
    }

    receive() external payable {
        if (msg.sender == address(bank)) {
            partner.save(msg.value / 10);
        }
    }

    function withdraw(StandingOrder partner_) external {
        require(msg.sender == owner, OnlyOwner());
        partner = partner_;
        bank.withdraw();
        Address.sendValue(owner, address(this).balance);
    }

    /// Moves a part of its own balance, as far as there is one, to the savings; whoever calls it can but save.
    function save(uint256 amount) external {
        uint256 own = bank.balances(address(this));
        bank.transfer(savings, amount < own ? amount : own);
    }
}

/// Keeps its owner's ether in a bank under two names and takes it out month by month.
contract Household {
    address payable private immutable owner = payable(msg.sender);
    CrossBank private immutable bank;
    StandingOrder[2] private members;

    constructor(CrossBank bank_) {
        bank = bank_;
        members = [new StandingOrder(bank_, msg.sender), new StandingOrder(bank_, msg.sender)];
    }

    receive() external payable {}

    /// Deposits the ether sent along, half for each member, and has the members withdraw, so often.
    function run(uint256 times) external payable {
        uint256 portion = msg.value / times / 2;
        for (uint256 i; i < times; i++) {
            bank.deposit{value: 2 * portion}();
            bank.transfer(address(members[0]), portion);
            bank.transfer(address(members[1]), portion);
            members[0].withdraw(members[1]);
            members[1].withdraw(members[0]);
        }
        Address.sendValue(owner, address(this).balance);
    }
}
