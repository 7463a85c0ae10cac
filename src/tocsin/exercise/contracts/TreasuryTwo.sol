// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Address} from "@openzeppelin/contracts/utils/Address.sol";
import {Treasury} from "./Treasury.sol";

/// A real new version of the treasury: its owner can also pay several tokens with one transaction.
contract TreasuryTwo is Treasury {
    using SafeERC20 for IERC20;

    /// Pays `amounts[i]` of `tokens[i]`, or of ether for token 0, to one account.
    function payAll(IERC20[] calldata tokens, uint256[] calldata amounts, address payable to) external onlyOwner {
        require(!paused, EnforcedPause());
        for (uint256 i; i < tokens.length; i++) {
            if (address(tokens[i]) == address(0)) {
                Address.sendValue(to, amounts[i]);
            } else {
                tokens[i].safeTransfer(to, amounts[i]);
            }
            emit Paid(address(tokens[i]), to, amounts[i]);
        }
    }
}
