// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Address} from "@openzeppelin/contracts/utils/Address.sol";

/// Governance with an emergency commit. The fault: votes are tokens staked at this moment, so votes borrowed for one
/// transaction carry a proposal that is a day old.
contract NaiveGovernance {
    using SafeERC20 for IERC20;

    struct Proposal {
        address proposer;
        address target;
        bytes data;
        uint256 proposedAt;
        uint256 votes;
        bool executed;
    }

    uint256 public constant EMERGENCY_DELAY = 1 days;

    IERC20 public immutable token;
    address public immutable guardian;
    bool public frozen;
    Proposal[] public proposals;
    mapping(uint256 id => mapping(address account => uint256)) public staked;

    event Proposed(uint256 indexed id, address indexed proposer, address indexed target, bytes data);
    event Voted(uint256 indexed id, address indexed account, uint256 weight);
    event Unstaked(uint256 indexed id, address indexed account, uint256 weight);
    event Executed(uint256 indexed id);
    event Frozen(address indexed by);
    event Unfrozen(address indexed by);

    error OnlyGuardian();
    error IsFrozen();
    error TooEarly();
    error AlreadyExecuted();
    error NoSupermajority();

    modifier onlyGuardian() {
        require(msg.sender == guardian, OnlyGuardian());
        _;
    }

    constructor(IERC20 token_, address guardian_) {
        token = token_;
        guardian = guardian_;
    }

    function freeze() external onlyGuardian {
        frozen = true;
        emit Frozen(msg.sender);
    }

    function unfreeze() external onlyGuardian {
        frozen = false;
        emit Unfrozen(msg.sender);
    }

    function propose(address target, bytes calldata data) external returns (uint256 id) {
        id = proposals.length;
        proposals.push(Proposal(msg.sender, target, data, block.timestamp, 0, false));
        emit Proposed(id, msg.sender, target, data);
    }

    /// Stakes tokens for a proposal.
    function vote(uint256 id, uint256 weight) external {
        staked[id][msg.sender] += weight;
        proposals[id].votes += weight;
        token.safeTransferFrom(msg.sender, address(this), weight);
        emit Voted(id, msg.sender, weight);
    }

    /// Takes the stake and, while the proposal is open, its votes back.
    function unstake(uint256 id) external {
        uint256 weight = staked[id][msg.sender];
        staked[id][msg.sender] = 0;
        proposals[id].votes -= weight;
        token.safeTransfer(msg.sender, weight);
        emit Unstaked(id, msg.sender, weight);
    }

    /// Carries out a proposal that is a day old and has two thirds of all tokens staked for it.
    function emergencyCommit(uint256 id) external {
        Proposal storage proposal = proposals[id];
        require(!frozen, IsFrozen());
        require(!proposal.executed, AlreadyExecuted());
        require(block.timestamp >= proposal.proposedAt + EMERGENCY_DELAY, TooEarly());
        require(proposal.votes * 3 >= token.totalSupply() * 2, NoSupermajority());
        proposal.executed = true;
        emit Executed(id);
        Address.functionCall(proposal.target, proposal.data);
    }
}

/// A treasury that pays what governance decides.
contract GovernedTreasury {
    using SafeERC20 for IERC20;

    address public immutable governance;

    event Paid(address indexed token, address indexed to, uint256 amount);

    error OnlyGovernance();

    constructor(address governance_) {
        governance = governance_;
    }

    function pay(IERC20 token, address to, uint256 amount) external {
        require(msg.sender == governance, OnlyGovernance());
        token.safeTransfer(to, amount);
        emit Paid(address(token), to, amount);
    }
}
