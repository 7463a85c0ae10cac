// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ERC1967Proxy} from "@openzeppelin/contracts/proxy/ERC1967/ERC1967Proxy.sol";

/// A proxy initialised by the transaction that creates it: sound.
contract UpgradeableProxy is ERC1967Proxy {
    constructor(address implementation, bytes memory initialisation)
        payable
        ERC1967Proxy(implementation, initialisation)
    {}
}

/// A proxy created without initialisation, as older deployment scripts do. The fault: until its deployer calls
/// `initialize`, anybody can, and becomes the owner.
contract LegacyProxy is ERC1967Proxy {
    constructor(address implementation) payable ERC1967Proxy(implementation, "") {}

    function _unsafeAllowUninitialized() internal pure override returns (bool) {
        return true;
    }
}
