// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Address} from "@openzeppelin/contracts/utils/Address.sol";
import {ReentrancyGuard} from "@openzeppelin/contracts/utils/ReentrancyGuard.sol";
import {Guarded} from "./Guarded.sol";

/// Ether kept for its depositors.
abstract contract Bank is Guarded {
    mapping(address account => uint256) public balances;

    event Deposit(address indexed account, uint256 amount);
    event Withdraw(address indexed account, uint256 amount);

    error NothingToWithdraw();

    constructor(address admin) Guarded(admin) {}

    function deposit() external payable whenNotPaused {
        balances[msg.sender] += msg.value;
        emit Deposit(msg.sender, msg.value);
    }

    function _balance() internal view returns (uint256 amount) {
        amount = balances[msg.sender];
        require(amount > 0, NothingToWithdraw());
    }
}

/// The fault: `withdraw` pays before it zeroes the balance, so a receiver that calls it again is paid again.
contract VulnerableBank is Bank {
    constructor(address admin) Bank(admin) {}

    function withdraw() external whenNotPaused {
        uint256 amount = _balance();
        Address.sendValue(payable(msg.sender), amount);
        balances[msg.sender] = 0;
        emit Withdraw(msg.sender, amount);
    }
}

/// The fault: `withdraw` pays before it zeroes the balance and is guarded against itself only; while it pays,
/// `transfer` still moves the balance that is being paid out to another account.
contract CrossBank is Bank, ReentrancyGuard {
    event Moved(address indexed from, address indexed to, uint256 amount);

    constructor(address admin) Bank(admin) {}

    function withdraw() external whenNotPaused nonReentrant {
        uint256 amount = _balance();
        Address.sendValue(payable(msg.sender), amount);
        balances[msg.sender] = 0;
        emit Withdraw(msg.sender, amount);
    }

    function transfer(address to, uint256 amount) external whenNotPaused {
        balances[msg.sender] -= amount;
        balances[to] += amount;
        emit Moved(msg.sender, to, amount);
    }
}

/// Sound: the balance is zeroed before it is paid, and `withdraw` is guarded. A receiver may deposit while it is paid.
contract GuardedBank is Bank, ReentrancyGuard {
    constructor(address admin) Bank(admin) {}

    function withdraw() external whenNotPaused nonReentrant {
        uint256 amount = _balance();
        balances[msg.sender] = 0;
        emit Withdraw(msg.sender, amount);
        Address.sendValue(payable(msg.sender), amount);
    }
}
