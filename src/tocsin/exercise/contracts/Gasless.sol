// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {IPair, PairTrader} from "./Protocols.sol";

/// What owners of tokens use without ether of their own: they sign, and somebody else sends what they have signed.

/// Pays by EIP-2612 permits. The payer signs the permit, which says nothing of the payee: payers trust the router.
contract PermitRouter {
    using SafeERC20 for IERC20;

    struct Signature {
        uint8 v;
        bytes32 r;
        bytes32 s;
    }

    event Paid(address indexed from, address indexed to, address indexed token, uint256 amount);

    function pay(IERC20 token, address from, address to, uint256 amount, uint256 deadline, Signature calldata signed)
        external
    {
        IERC20Permit(address(token)).permit(from, address(this), amount, deadline, signed.v, signed.r, signed.s);
        token.safeTransferFrom(from, to, amount);
        emit Paid(from, to, address(token), amount);
    }
}

/// Permit2, as far as it is called here.
interface ISignatureTransfer {
    struct Permitted {
        IERC20 token;
        uint256 amount;
    }

    struct Permit {
        Permitted permitted;
        uint256 nonce;
        uint256 deadline;
    }

    struct Details {
        address to;
        uint256 requestedAmount;
    }

    function permitTransferFrom(
        Permit calldata permit,
        Details calldata details,
        address owner,
        bytes calldata signature
    ) external;
}

/// Swaps what owners have signed for on Uniswap V2; what is bought goes to the owner who signed.
contract SignedSwapper is PairTrader {
    using SafeERC20 for IERC20;

    ISignatureTransfer private immutable permit2;

    event Swapped(address indexed owner, address indexed sold, address indexed bought, uint256 amount);

    constructor(ISignatureTransfer permit2_) {
        permit2 = permit2_;
    }

    function swap(ISignatureTransfer.Permit calldata permit, address owner, bytes calldata signature, IPair pair)
        external
    {
        IERC20 sold = permit.permitted.token;
        uint256 amount = permit.permitted.amount;
        permit2.permitTransferFrom(permit, ISignatureTransfer.Details(address(this), amount), owner, signature);
        uint256 bought = _sell(pair, sold, amount);
        IERC20 other = IERC20(pair.token0() == address(sold) ? pair.token1() : pair.token0());
        other.safeTransfer(owner, bought);
        emit Swapped(owner, address(sold), address(other), bought);
    }
}
