// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

/// The parts of the deployed protocols that the range's own contracts call.

/// Uniswap V2.
interface IPair {
    function token0() external view returns (address);

    function token1() external view returns (address);

    function getReserves() external view returns (uint112 reserve0, uint112 reserve1, uint32 timestamp);

    function swap(uint256 amount0Out, uint256 amount1Out, address to, bytes calldata data) external;
}

/// Uniswap V3.
interface IPool {
    function token0() external view returns (address);

    function token1() external view returns (address);

    function swap(address to, bool zeroForOne, int256 amount, uint160 priceLimit, bytes calldata data)
        external
        returns (int256 amount0, int256 amount1);
}

/// Balancer V2.
interface IVault {
    function flashLoan(address recipient, IERC20[] calldata tokens, uint256[] calldata amounts, bytes calldata data)
        external;

    function getInternalBalance(address account, IERC20[] calldata tokens) external view returns (uint256[] memory);
}

/// Aave V3; of the interest rate modes only the variable one (2) is left.
interface IAave {
    function supply(address asset, uint256 amount, address onBehalfOf, uint16 referral) external;

    function borrow(address asset, uint256 amount, uint256 rateMode, uint16 referral, address onBehalfOf) external;

    function repay(address asset, uint256 amount, uint256 rateMode, address onBehalfOf) external returns (uint256);

    function withdraw(address asset, uint256 amount, address to) external returns (uint256);
}

interface IWrappedEther is IERC20 {
    function deposit() external payable;

    function withdraw(uint256 amount) external;
}

/// Sells tokens on a Uniswap V2 pair without a router.
abstract contract PairTrader {
    using SafeERC20 for IERC20;

    function _sell(IPair pair, IERC20 token, uint256 amount) internal returns (uint256 bought) {
        bool isFirst = pair.token0() == address(token);
        (uint112 reserve0, uint112 reserve1,) = pair.getReserves();
        (uint256 reserveIn, uint256 reserveOut) = isFirst ? (reserve0, reserve1) : (reserve1, reserve0);
        uint256 afterFee = amount * 997;
        bought = afterFee * reserveOut / (reserveIn * 1000 + afterFee);
        token.safeTransfer(address(pair), amount);
        pair.swap(isFirst ? 0 : bought, isFirst ? bought : 0, address(this), "");
    }
}

/// Borrows one token from the Balancer vault for the length of `_withLoan`, and pays it back.
abstract contract FlashBorrower {
    using SafeERC20 for IERC20;

    IVault public immutable vault;

    error OnlyVault();

    constructor(IVault vault_) {
        vault = vault_;
    }

    function receiveFlashLoan(
        IERC20[] calldata tokens,
        uint256[] calldata amounts,
        uint256[] calldata fees,
        bytes calldata data
    ) external {
        require(msg.sender == address(vault), OnlyVault());
        _withLoan(tokens[0], amounts[0], data);
        tokens[0].safeTransfer(address(vault), amounts[0] + fees[0]);
    }

    function _borrow(IERC20 token, uint256 amount, bytes memory data) internal {
        IERC20[] memory tokens = new IERC20[](1);
        uint256[] memory amounts = new uint256[](1);
        tokens[0] = token;
        amounts[0] = amount;
        vault.flashLoan(address(this), tokens, amounts, data);
    }

    /// Must leave the loan and its fee in this contract.
    function _withLoan(IERC20 token, uint256 amount, bytes calldata data) internal virtual;
}
