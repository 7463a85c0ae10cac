// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {Address} from "@openzeppelin/contracts/utils/Address.sol";
import {ReentrancyGuard} from "@openzeppelin/contracts/utils/ReentrancyGuard.sol";
import {Guarded} from "./Guarded.sol";
import {LendingMarket} from "./Lending.sol";

/// Shares in a pool of ether. The fault: `withdraw` burns shares, pays, and only then lowers `totalEther`. No function
/// that changes the pool can be re-entered, but `pricePerShare` can be read by the receiver, and is far too high then.
contract SharePool is ERC20, Guarded, ReentrancyGuard {
    uint256 public totalEther;

    event Deposit(address indexed account, uint256 amount, uint256 shares);
    event Withdraw(address indexed account, uint256 amount, uint256 shares);
    event Reward(address indexed from, uint256 amount);

    constructor(address admin) ERC20("Range Ether Share", "rES") Guarded(admin) {}

    function deposit() external payable whenNotPaused nonReentrant returns (uint256 shares) {
        shares = msg.value * 1e18 / pricePerShare();
        totalEther += msg.value;
        _mint(msg.sender, shares);
        emit Deposit(msg.sender, msg.value, shares);
    }

    function withdraw(uint256 shares) external whenNotPaused nonReentrant returns (uint256 amount) {
        amount = shares * pricePerShare() / 1e18;
        _burn(msg.sender, shares);
        Address.sendValue(payable(msg.sender), amount);
        totalEther -= amount;
        emit Withdraw(msg.sender, amount, shares);
    }

    /// Ether for all who hold shares: the honest way in which the price rises.
    function reward() external payable whenNotPaused nonReentrant {
        totalEther += msg.value;
        emit Reward(msg.sender, msg.value);
    }

    /// Wei for 10**18 shares.
    function pricePerShare() public view returns (uint256) {
        return totalSupply() == 0 ? 1e18 : totalEther * 1e18 / totalSupply();
    }
}

/// Lends wrapped ether against shares of a pool. The fault: it believes the pool's `pricePerShare` at any moment.
contract ShareLender is LendingMarket {
    SharePool public immutable pool;

    constructor(SharePool pool_, IERC20 wrappedEther, address admin)
        LendingMarket(IERC20(address(pool_)), wrappedEther, admin)
    {
        pool = pool_;
    }

    function price() public view override returns (uint256) {
        return pool.pricePerShare();
    }
}
