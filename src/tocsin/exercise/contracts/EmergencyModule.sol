// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

interface ISafe {
    function isOwner(address account) external view returns (bool);

    function execTransactionFromModuleReturnData(address to, uint256 value, bytes calldata data, uint8 operation)
        external
        returns (bool success, bytes memory returned);
}

/// A module of a Safe: one bot, or any one owner, may at once make the Safe call what the Safe has allow-listed, and
/// nothing else. With `pause()` listed and `unpause()` not, a stolen bot key can stop things, never move or restart.
contract EmergencyModule {
    uint8 private constant CALL = 0;

    ISafe public immutable safe;
    mapping(address target => mapping(bytes4 selector => bool)) public isAllowed;
    mapping(address account => bool) public isBot;

    event Allowed(address indexed target, bytes4 indexed selector, bool allowed);
    event BotSet(address indexed account, bool allowed);
    event Fired(address indexed by, address indexed target, bytes4 indexed selector);

    error OnlySafe();
    error MayNotFire(address account);
    error NotAllowed(address target, bytes4 selector);

    modifier onlySafe() {
        require(msg.sender == address(safe), OnlySafe());
        _;
    }

    constructor(ISafe safe_) {
        safe = safe_;
    }

    function allow(address target, bytes4 selector, bool allowed) external onlySafe {
        isAllowed[target][selector] = allowed;
        emit Allowed(target, selector, allowed);
    }

    function setBot(address account, bool allowed) external onlySafe {
        isBot[account] = allowed;
        emit BotSet(account, allowed);
    }

    /// Calls `target` from the Safe with `data`; reverts as the target does.
    function fire(address target, bytes calldata data) external {
        bytes4 selector = bytes4(data);
        require(isBot[msg.sender] || safe.isOwner(msg.sender), MayNotFire(msg.sender));
        require(isAllowed[target][selector], NotAllowed(target, selector));
        emit Fired(msg.sender, target, selector);
        (bool success, bytes memory returned) = safe.execTransactionFromModuleReturnData(target, 0, data, CALL);
        if (!success) {
            assembly ("memory-safe") {
                revert(add(returned, 32), mload(returned))
            }
        }
    }
}
