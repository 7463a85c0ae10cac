// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {IAave, IPair, PairTrader} from "./Protocols.sol";

/// Aave V3, as its flash loans are called.
interface IAaveLoans is IAave {
    function flashLoanSimple(
        address receiver,
        address asset,
        uint256 amount,
        bytes calldata parameters,
        uint16 referral
    ) external;
}

/// Replaces what its caller has pledged in Aave by another token, with a flash loan of Aave's own.
contract CollateralSwap is PairTrader {
    using SafeERC20 for IERC20;

    struct Position {
        address account;
        IERC20 given;
        IERC20 receipt;
        uint256 amount;
        IPair pair;
    }

    IAaveLoans private immutable aave;

    event Swapped(address indexed account, address indexed given, address indexed taken, uint256 amount);

    error OnlyAave();

    constructor(IAaveLoans aave_) {
        aave = aave_;
    }

    /// Borrows `loan` of `taken` and pledges it for the caller; takes `amount` of `given` out by its receipt token (the
    /// aToken, which the caller must have approved), sells it on `pair`, repays, and gives the caller what is left.
    function run(IERC20 taken, uint256 loan, IERC20 given, IERC20 receipt, uint256 amount, IPair pair) external {
        Position memory position = Position(msg.sender, given, receipt, amount, pair);
        aave.flashLoanSimple(address(this), address(taken), loan, abi.encode(position), 0);
        emit Swapped(msg.sender, address(given), address(taken), amount);
    }

    /// What Aave calls with the loan; it takes loan and premium itself afterwards.
    function executeOperation(address asset, uint256 amount, uint256 premium, address initiator, bytes calldata data)
        external
        returns (bool)
    {
        require(msg.sender == address(aave) && initiator == address(this), OnlyAave());
        Position memory position = abi.decode(data, (Position));
        IERC20 taken = IERC20(asset);
        taken.forceApprove(address(aave), amount);
        aave.supply(asset, amount, position.account, 0);
        position.receipt.safeTransferFrom(position.account, address(this), position.amount);
        uint256 withdrawn = aave.withdraw(address(position.given), position.amount, address(this));
        uint256 bought = _sell(position.pair, position.given, withdrawn);
        taken.safeTransfer(position.account, bought - amount - premium);
        taken.forceApprove(address(aave), amount + premium);
        return true;
    }
}
