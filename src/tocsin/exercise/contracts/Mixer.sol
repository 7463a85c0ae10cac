// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Address} from "@openzeppelin/contracts/utils/Address.sol";

/// A pool of equal ether deposits, with the calls, amounts and events of a fixed-denomination mixer. In place of a
/// zero-knowledge proof a withdrawal shows nullifier and secret, so the link to the deposit is public in its call data.
contract Mixer {
    uint256 public immutable denomination;
    uint32 public nextIndex;
    mapping(bytes32 commitment => bool) public isDeposited;
    mapping(bytes32 nullifierHash => bool) public isSpent;

    event Deposit(bytes32 indexed commitment, uint32 leafIndex, uint256 timestamp);
    event Withdrawal(address to, bytes32 nullifierHash, address indexed relayer, uint256 fee);

    error WrongAmount();
    error AlreadyDeposited();
    error NotDeposited();
    error AlreadySpent();
    error FeeTooHigh();

    constructor(uint256 denomination_) {
        denomination = denomination_;
    }

    function deposit(bytes32 commitment) external payable {
        require(msg.value == denomination, WrongAmount());
        require(!isDeposited[commitment], AlreadyDeposited());
        isDeposited[commitment] = true;
        emit Deposit(commitment, nextIndex++, block.timestamp);
    }

    /// Pays `to` the denomination less `fee`, which goes to `relayer`, who may be the one that sends this.
    function withdraw(bytes32 nullifier, bytes32 secret, address payable to, address payable relayer, uint256 fee)
        external
    {
        bytes32 nullifierHash = keccak256(abi.encode(nullifier));
        require(isDeposited[commitmentOf(nullifier, secret)], NotDeposited());
        require(!isSpent[nullifierHash], AlreadySpent());
        require(fee <= denomination, FeeTooHigh());
        isSpent[nullifierHash] = true;
        Address.sendValue(to, denomination - fee);
        if (fee > 0) {
            Address.sendValue(relayer, fee);
        }
        emit Withdrawal(to, nullifierHash, relayer, fee);
    }

    function commitmentOf(bytes32 nullifier, bytes32 secret) public pure returns (bytes32) {
        return keccak256(abi.encode(nullifier, secret));
    }
}
