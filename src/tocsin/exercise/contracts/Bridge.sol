// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import {Guarded} from "./Guarded.sol";

/// Messages from the other chain, each accepted once and only when enough validators have signed it.
abstract contract Attested is Guarded {
    uint256 public immutable otherChain;
    uint256 public needed;
    uint256 public nonce;
    mapping(address account => bool) public isValidator;
    mapping(bytes32 id => bool) public isAccepted;

    event ValidatorSet(address indexed account, bool allowed);
    event NeededSet(uint256 needed);

    error AlreadyAccepted(bytes32 id);
    error SignersOutOfOrder();
    error NotEnoughSignatures(uint256 valid, uint256 needed);

    constructor(uint256 otherChain_, address[] memory validators, uint256 needed_, address admin) Guarded(admin) {
        otherChain = otherChain_;
        _setNeeded(needed_);
        for (uint256 i; i < validators.length; i++) {
            _setValidator(validators[i], true);
        }
    }

    function setValidator(address account, bool allowed) external onlyRole(DEFAULT_ADMIN_ROLE) {
        _setValidator(account, allowed);
    }

    function setNeeded(uint256 needed_) external onlyRole(DEFAULT_ADMIN_ROLE) {
        _setNeeded(needed_);
    }

    /// Signatures are EIP-191 ("personal") ones of the 32-byte id, in ascending order of the signers' addresses.
    function _accept(bytes32 id, bytes[] calldata signatures) internal {
        require(!isAccepted[id], AlreadyAccepted(id));
        isAccepted[id] = true;
        uint256 valid = _countValid(MessageHashUtils.toEthSignedMessageHash(id), signatures);
        require(valid >= needed, NotEnoughSignatures(valid, needed));
    }

    function _countValid(bytes32 digest, bytes[] calldata signatures) private view returns (uint256 valid) {
        address last;
        for (uint256 i; i < signatures.length; i++) {
            address signer = ECDSA.recover(digest, signatures[i]);
            require(signer > last, SignersOutOfOrder());
            last = signer;
            valid += isValidator[signer] ? 1 : 0;
        }
    }

    function _setValidator(address account, bool allowed) private {
        isValidator[account] = allowed;
        emit ValidatorSet(account, allowed);
    }

    function _setNeeded(uint256 needed_) private {
        needed = needed_;
        emit NeededSet(needed_);
    }
}

/// The bridge where the token lives: locked here to be minted on the other chain, released when burnt there.
contract BridgeHome is Attested {
    using SafeERC20 for IERC20;

    IERC20 public immutable token;

    event Locked(uint256 indexed nonce, address indexed from, address indexed to, uint256 amount, uint256 toChain);
    event Released(bytes32 indexed id, uint256 indexed nonce, address indexed to, uint256 amount, uint256 fromChain);

    constructor(IERC20 token_, uint256 foreignChain, address[] memory validators, uint256 needed_, address admin)
        Attested(foreignChain, validators, needed_, admin)
    {
        token = token_;
    }

    function lock(address to, uint256 amount) external whenNotPaused {
        token.safeTransferFrom(msg.sender, address(this), amount);
        emit Locked(nonce++, msg.sender, to, amount, otherChain);
    }

    /// `burnNonce` is the nonce of the Burned event on the other chain.
    function release(uint256 burnNonce, address to, uint256 amount, bytes[] calldata signatures)
        external
        whenNotPaused
    {
        bytes32 id = releaseId(burnNonce, to, amount);
        _accept(id, signatures);
        token.safeTransfer(to, amount);
        emit Released(id, burnNonce, to, amount, otherChain);
    }

    /// What validators sign.
    function releaseId(uint256 burnNonce, address to, uint256 amount) public view returns (bytes32) {
        return keccak256(abi.encode("release", otherChain, block.chainid, burnNonce, to, amount));
    }
}

/// The bridge's token on the other chain: minted for what is locked at home, burnt to have it released.
contract BridgeForeign is ERC20, Attested {
    event Minted(bytes32 indexed id, uint256 indexed nonce, address indexed to, uint256 amount, uint256 fromChain);
    event Burned(uint256 indexed nonce, address indexed from, address indexed to, uint256 amount, uint256 toChain);

    constructor(uint256 homeChain, address[] memory validators, uint256 needed_, address admin)
        ERC20("Bridged Range Dollar", "bUSDR")
        Attested(homeChain, validators, needed_, admin)
    {}

    /// `lockNonce` is the nonce of the Locked event on the home chain.
    function mint(uint256 lockNonce, address to, uint256 amount, bytes[] calldata signatures) external whenNotPaused {
        bytes32 id = mintId(lockNonce, to, amount);
        _accept(id, signatures);
        _mint(to, amount);
        emit Minted(id, lockNonce, to, amount, otherChain);
    }

    function burn(address to, uint256 amount) external whenNotPaused {
        _burn(msg.sender, amount);
        emit Burned(nonce++, msg.sender, to, amount, otherChain);
    }

    /// What validators sign.
    function mintId(uint256 lockNonce, address to, uint256 amount) public view returns (bytes32) {
        return keccak256(abi.encode("mint", otherChain, block.chainid, lockNonce, to, amount));
    }

    function decimals() public pure override returns (uint8) {
        return 6;
    }
}
