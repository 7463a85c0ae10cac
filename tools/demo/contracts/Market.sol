// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.28;

/// A small economy to be attacked: a token, wrapped ether, a flash lender, and a lending market whose fault is real
/// and common: it asks a pool for the price of the moment.

interface IPair {
    function token0() external view returns (address);
    function getReserves() external view returns (uint112, uint112, uint32);
    function swap(uint256 out0, uint256 out1, address to, bytes calldata data) external;
}

interface IToken {
    function balanceOf(address account) external view returns (uint256);
    function transfer(address to, uint256 value) external returns (bool);
    function transferFrom(address from, address to, uint256 value) external returns (bool);
    function approve(address spender, uint256 value) external returns (bool);
}

contract Token is IToken {
    event Transfer(address indexed from, address indexed to, uint256 value);
    event Approval(address indexed owner, address indexed spender, uint256 value);

    string public name;
    string public symbol;
    uint8 public constant decimals = 18;
    uint256 public totalSupply;
    mapping(address => uint256) public balanceOf;
    mapping(address => mapping(address => uint256)) public allowance;

    constructor(string memory name_, string memory symbol_, uint256 supply) {
        name = name_;
        symbol = symbol_;
        _mint(msg.sender, supply);
    }

    function transfer(address to, uint256 value) external returns (bool) {
        _move(msg.sender, to, value);
        return true;
    }

    function transferFrom(address from, address to, uint256 value) external returns (bool) {
        allowance[from][msg.sender] -= value;
        _move(from, to, value);
        return true;
    }

    function approve(address spender, uint256 value) external returns (bool) {
        allowance[msg.sender][spender] = value;
        emit Approval(msg.sender, spender, value);
        return true;
    }

    function _mint(address to, uint256 value) internal {
        totalSupply += value;
        balanceOf[to] += value;
        emit Transfer(address(0), to, value);
    }

    function _move(address from, address to, uint256 value) private {
        balanceOf[from] -= value;
        balanceOf[to] += value;
        emit Transfer(from, to, value);
    }
}

contract WrappedEther is Token("Wrapped Ether", "WETH", 0) {
    event Deposit(address indexed account, uint256 value);
    event Withdrawal(address indexed account, uint256 value);

    receive() external payable {
        deposit();
    }

    function deposit() public payable {
        totalSupply += msg.value;
        balanceOf[msg.sender] += msg.value;
        emit Deposit(msg.sender, msg.value);
    }

    function withdraw(uint256 value) external {
        balanceOf[msg.sender] -= value;
        totalSupply -= value;
        emit Withdrawal(msg.sender, value);
        (bool paid,) = msg.sender.call{value: value}("");
        require(paid, "not paid");
    }
}

interface IFlashBorrower {
    function onFlashLoan(address initiator, address token, uint256 amount, uint256 fee, bytes calldata data)
        external
        returns (bytes32);
}

/// Lends within one transaction, as ERC-3156 has it.
contract FlashLender {
    bytes32 private constant AGREED = keccak256("ERC3156FlashBorrower.onFlashLoan");
    uint256 private constant FEE_BASIS_POINTS = 9;

    function flashLoan(IFlashBorrower borrower, IToken token, uint256 amount, bytes calldata data)
        external
        returns (bool)
    {
        uint256 fee = amount * FEE_BASIS_POINTS / 10_000;
        token.transfer(address(borrower), amount);
        require(borrower.onFlashLoan(msg.sender, address(token), amount, fee, data) == AGREED, "not agreed");
        token.transferFrom(address(borrower), address(this), amount + fee);
        return true;
    }
}

/// Lends ether against a token at the price of the moment: the fault.
contract LendingMarket {
    event Supply(address indexed reserve, address user, address indexed onBehalfOf, uint256 amount, uint16 indexed code);
    event Borrow(
        address indexed reserve,
        address user,
        address indexed onBehalfOf,
        uint256 amount,
        uint8 rateMode,
        uint256 rate,
        uint16 indexed code
    );

    IPair public immutable pair;
    IToken public immutable collateral;
    IToken public immutable ether_;
    uint256 private constant LOAN_TO_VALUE_PERCENT = 75;
    mapping(address => uint256) public supplied;
    mapping(address => uint256) public owed;

    constructor(IPair pair_, IToken collateral_, IToken ether__) {
        (pair, collateral, ether_) = (pair_, collateral_, ether__);
    }

    function supply(address asset, uint256 amount, address onBehalfOf, uint16 code) external {
        require(asset == address(collateral), "asset");
        collateral.transferFrom(msg.sender, address(this), amount);
        supplied[onBehalfOf] += amount;
        emit Supply(asset, msg.sender, onBehalfOf, amount, code);
    }

    function borrow(address asset, uint256 amount, uint256 rateMode, uint16 code, address onBehalfOf) external {
        require(asset == address(ether_) && onBehalfOf == msg.sender, "asset");
        owed[msg.sender] += amount;
        require(owed[msg.sender] * 100 <= value(supplied[msg.sender]) * LOAN_TO_VALUE_PERCENT, "collateral");
        ether_.transfer(msg.sender, amount);
        emit Borrow(asset, msg.sender, onBehalfOf, amount, uint8(rateMode), 0, code);
    }

    function value(uint256 amount) public view returns (uint256) {
        (uint112 reserve0, uint112 reserve1,) = pair.getReserves();
        return pair.token0() == address(collateral)
            ? amount * reserve1 / reserve0
            : amount * reserve0 / reserve1;
    }
}

/// Swaps honestly, for ordinary traffic and for the attacker alike.
library Trade {
    function give(IPair pair, IToken from, uint256 amount, address to) internal returns (uint256 out) {
        (uint112 reserve0, uint112 reserve1,) = pair.getReserves();
        bool first = pair.token0() == address(from);
        (uint256 reserveIn, uint256 reserveOut) = first ? (reserve0, reserve1) : (reserve1, reserve0);
        out = (amount * 997 * reserveOut) / (reserveIn * 1000 + amount * 997);
        from.transfer(address(pair), amount);
        pair.swap(first ? 0 : out, first ? out : 0, to, "");
    }
}

/// A router for everybody.
contract Router {
    function swap(IPair pair, IToken from, uint256 amount) external returns (uint256) {
        from.transferFrom(msg.sender, address(this), amount);
        return Trade.give(pair, from, amount, msg.sender);
    }
}
