// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

/// Tokens locked for one who knows the preimage of a hash, until a time; after it they go back.
contract HashTimeLock {
    using SafeERC20 for IERC20;

    struct Lock {
        address from;
        address to;
        IERC20 token;
        uint256 amount;
        bytes32 hash;
        uint256 until;
        bool settled;
    }

    mapping(bytes32 id => Lock) public locks;

    event Locked(
        bytes32 indexed id,
        address indexed from,
        address indexed to,
        address token,
        uint256 amount,
        bytes32 hash,
        uint256 until
    );
    event Claimed(bytes32 indexed id, bytes32 preimage);
    event Refunded(bytes32 indexed id);

    error AlreadyLocked();
    error NotLocked();
    error WrongPreimage();
    error TooLate();
    error TooEarly();

    /// Locks the sender's tokens for `to`; `hash` is the SHA-256 of a 32-byte preimage, `until` a time in seconds.
    function lock(address to, IERC20 token, uint256 amount, bytes32 hash, uint256 until) external returns (bytes32 id) {
        id = idOf(msg.sender, to, token, amount, hash, until);
        require(locks[id].from == address(0), AlreadyLocked());
        require(block.timestamp < until, TooLate());
        locks[id] = Lock(msg.sender, to, token, amount, hash, until, false);
        token.safeTransferFrom(msg.sender, address(this), amount);
        emit Locked(id, msg.sender, to, address(token), amount, hash, until);
    }

    /// Pays the receiver, whoever calls, against the preimage, which everybody can read from then on.
    function claim(bytes32 id, bytes32 preimage) external {
        Lock storage held = _settle(id);
        require(block.timestamp < held.until, TooLate());
        require(sha256(abi.encode(preimage)) == held.hash, WrongPreimage());
        held.token.safeTransfer(held.to, held.amount);
        emit Claimed(id, preimage);
    }

    /// Pays the sender back, whoever calls, from `until` on.
    function refund(bytes32 id) external {
        Lock storage held = _settle(id);
        require(block.timestamp >= held.until, TooEarly());
        held.token.safeTransfer(held.from, held.amount);
        emit Refunded(id);
    }

    function idOf(address from, address to, IERC20 token, uint256 amount, bytes32 hash, uint256 until)
        public
        pure
        returns (bytes32)
    {
        return keccak256(abi.encode(from, to, token, amount, hash, until));
    }

    function _settle(bytes32 id) private returns (Lock storage held) {
        held = locks[id];
        require(held.from != address(0) && !held.settled, NotLocked());
        held.settled = true;
    }
}
