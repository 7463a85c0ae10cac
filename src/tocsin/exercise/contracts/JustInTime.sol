// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

/// Uniswap V3, as providers of liquidity use it without the position manager.
interface ILiquidityPool {
    function token0() external view returns (IERC20);

    function token1() external view returns (IERC20);

    function mint(address recipient, int24 lower, int24 upper, uint128 amount, bytes calldata data)
        external
        returns (uint256, uint256);

    function burn(int24 lower, int24 upper, uint128 amount) external returns (uint256, uint256);

    function collect(address recipient, int24 lower, int24 upper, uint128 amount0, uint128 amount1)
        external
        returns (uint128, uint128);
}

/// Puts its owner's tokens around the price just before somebody's swap, and takes them out with the fee just after.
contract JustInTimeProvider {
    using SafeERC20 for IERC20;

    address private immutable owner = msg.sender;
    ILiquidityPool private immutable pool;

    error OnlyOwner();
    error OnlyPool();

    modifier onlyOwner() {
        require(msg.sender == owner, OnlyOwner());
        _;
    }

    constructor(ILiquidityPool pool_) {
        pool = pool_;
    }

    /// The owner's tokens must be approved.
    function open(int24 lower, int24 upper, uint128 liquidity) external onlyOwner {
        pool.mint(address(this), lower, upper, liquidity, "");
    }

    function close(int24 lower, int24 upper, uint128 liquidity) external onlyOwner {
        pool.burn(lower, upper, liquidity);
        pool.collect(owner, lower, upper, type(uint128).max, type(uint128).max);
    }

    function uniswapV3MintCallback(uint256 amount0, uint256 amount1, bytes calldata) external {
        require(msg.sender == address(pool), OnlyPool());
        pool.token0().safeTransferFrom(owner, msg.sender, amount0);
        pool.token1().safeTransferFrom(owner, msg.sender, amount1);
    }
}
