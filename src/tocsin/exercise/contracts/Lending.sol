// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Guarded} from "./Guarded.sol";
import {IPair} from "./Protocols.sol";

/// A lending market of one collateral and one debt token, without interest. Sound as far as its price is.
abstract contract LendingMarket is Guarded {
    using SafeERC20 for IERC20;

    uint256 public constant BORROW_PERCENT = 75;
    uint256 public constant LIQUIDATION_PERCENT = 80;
    uint256 public constant BONUS_PERCENT = 5;

    IERC20 public immutable collateral;
    IERC20 public immutable debt;
    mapping(address account => uint256) public lentBy;
    mapping(address account => uint256) public collateralOf;
    mapping(address account => uint256) public debtOf;

    event Lend(address indexed account, uint256 amount);
    event Redeem(address indexed account, uint256 amount);
    event Supply(address indexed account, uint256 amount);
    event Withdraw(address indexed account, uint256 amount);
    event Borrow(address indexed account, uint256 amount, uint256 price);
    event Repay(address indexed account, uint256 amount);
    event Liquidate(
        address indexed liquidator, address indexed borrower, uint256 repaid, uint256 seized, uint256 price
    );

    error Undercollateralised();
    error Healthy();

    constructor(IERC20 collateral_, IERC20 debt_, address admin) Guarded(admin) {
        collateral = collateral_;
        debt = debt_;
    }

    /// Gives the market debt tokens to lend out.
    function lend(uint256 amount) external whenNotPaused {
        lentBy[msg.sender] += amount;
        debt.safeTransferFrom(msg.sender, address(this), amount);
        emit Lend(msg.sender, amount);
    }

    /// Takes back what was lent, as far as it is not lent out.
    function redeem(uint256 amount) external whenNotPaused {
        lentBy[msg.sender] -= amount;
        debt.safeTransfer(msg.sender, amount);
        emit Redeem(msg.sender, amount);
    }

    function supply(uint256 amount) external whenNotPaused {
        collateralOf[msg.sender] += amount;
        collateral.safeTransferFrom(msg.sender, address(this), amount);
        emit Supply(msg.sender, amount);
    }

    function withdraw(uint256 amount) external whenNotPaused {
        collateralOf[msg.sender] -= amount;
        require(debtOf[msg.sender] <= _worth(msg.sender, price()) * BORROW_PERCENT / 100, Undercollateralised());
        collateral.safeTransfer(msg.sender, amount);
        emit Withdraw(msg.sender, amount);
    }

    function borrow(uint256 amount) external whenNotPaused {
        uint256 current = price();
        debtOf[msg.sender] += amount;
        require(debtOf[msg.sender] <= _worth(msg.sender, current) * BORROW_PERCENT / 100, Undercollateralised());
        debt.safeTransfer(msg.sender, amount);
        emit Borrow(msg.sender, amount, current);
    }

    function repay(uint256 amount) external {
        debtOf[msg.sender] -= amount;
        debt.safeTransferFrom(msg.sender, address(this), amount);
        emit Repay(msg.sender, amount);
    }

    /// Repays `amount` of an unhealthy borrower's debt for collateral of that worth and the bonus.
    function liquidate(address borrower, uint256 amount) external whenNotPaused {
        uint256 current = price();
        require(debtOf[borrower] > _worth(borrower, current) * LIQUIDATION_PERCENT / 100, Healthy());
        uint256 seized = amount * 1e18 * (100 + BONUS_PERCENT) / (current * 100);
        debtOf[borrower] -= amount;
        collateralOf[borrower] -= seized;
        debt.safeTransferFrom(msg.sender, address(this), amount);
        collateral.safeTransfer(msg.sender, seized);
        emit Liquidate(msg.sender, borrower, amount, seized, current);
    }

    /// Units of the debt token for 10**18 units of the collateral.
    function price() public view virtual returns (uint256);

    function _worth(address account, uint256 current) private view returns (uint256) {
        return collateralOf[account] * current / 1e18;
    }
}

/// The fault: the price is what a Uniswap V2 pair holds at this moment, which one swap in the same transaction moves.
contract SpotLending is LendingMarket {
    IPair public immutable pair;

    constructor(IERC20 collateral_, IERC20 debt_, IPair pair_, address admin)
        LendingMarket(collateral_, debt_, admin)
    {
        pair = pair_;
    }

    function price() public view override returns (uint256) {
        (uint112 reserve0, uint112 reserve1,) = pair.getReserves();
        bool isFirst = pair.token0() == address(collateral);
        return isFirst ? uint256(reserve1) * 1e18 / reserve0 : uint256(reserve0) * 1e18 / reserve1;
    }
}

interface IPriceFeed {
    function decimals() external view returns (uint8);

    function latestRoundData()
        external
        view
        returns (uint80 roundId, int256 answer, uint256 startedAt, uint256 updatedAt, uint80 answeredInRound);
}

/// A lending market priced by a feed that states units of account for one whole collateral token, the debt being one.
abstract contract FeedMarket is LendingMarket {
    IPriceFeed public immutable feed;
    uint256 private immutable multiplier;
    uint256 private immutable divisor;

    error NoPrice();

    constructor(IERC20 collateral_, IERC20 debt_, IPriceFeed feed_, address admin)
        LendingMarket(collateral_, debt_, admin)
    {
        feed = feed_;
        multiplier = 10 ** (18 + IERC20Metadata(address(debt_)).decimals());
        divisor = 10 ** (uint256(IERC20Metadata(address(collateral_)).decimals()) + feed_.decimals());
    }

    function _toPrice(int256 answer) internal view returns (uint256) {
        require(answer > 0, NoPrice());
        return uint256(answer) * multiplier / divisor;
    }
}

/// Sound: a price older than `maximumAge` seconds is refused.
contract FeedLending is FeedMarket {
    uint256 public immutable maximumAge;

    error StalePrice(uint256 updatedAt);

    constructor(IERC20 collateral_, IERC20 debt_, IPriceFeed feed_, uint256 maximumAge_, address admin)
        FeedMarket(collateral_, debt_, feed_, admin)
    {
        maximumAge = maximumAge_;
    }

    function price() public view override returns (uint256) {
        (, int256 answer,, uint256 updatedAt,) = feed.latestRoundData();
        require(block.timestamp <= updatedAt + maximumAge, StalePrice(updatedAt));
        return _toPrice(answer);
    }
}

/// The fault: it never looks at `updatedAt`, so a feed that has stopped goes on pricing, however far the market moves.
contract StaleLending is FeedMarket {
    constructor(IERC20 collateral_, IERC20 debt_, IPriceFeed feed_, address admin)
        FeedMarket(collateral_, debt_, feed_, admin)
    {}

    function price() public view override returns (uint256) {
        (, int256 answer,,,) = feed.latestRoundData();
        return _toPrice(answer);
    }
}

/// A price feed in Chainlink's shape, whose owner states the answer.
contract PriceFeed is IPriceFeed, Ownable {
    uint8 public immutable decimals;
    uint80 public latestRound;
    int256 public latestAnswer;
    uint256 public latestTimestamp;

    event AnswerUpdated(int256 indexed current, uint256 indexed roundId, uint256 updatedAt);

    constructor(uint8 decimals_, int256 answer, address owner_) Ownable(owner_) {
        decimals = decimals_;
        _set(answer);
    }

    function setAnswer(int256 answer) external onlyOwner {
        _set(answer);
    }

    function latestRoundData() external view returns (uint80, int256, uint256, uint256, uint80) {
        return (latestRound, latestAnswer, latestTimestamp, latestTimestamp, latestRound);
    }

    function _set(int256 answer) private {
        latestRound++;
        latestAnswer = answer;
        latestTimestamp = block.timestamp;
        emit AnswerUpdated(answer, latestRound, block.timestamp);
    }
}

/// A price feed in Chainlink's shape. The fault: its answer is what a Uniswap V2 pair holds at this moment.
contract SpotAggregator {
    uint8 public constant decimals = 8;

    IPair public immutable pair;
    bool public immutable isFirst;
    uint256 public immutable scale;

    /// The answer is the pair's other token for one unit of `base`, times `scale`.
    constructor(IPair pair_, address base, uint256 scale_) {
        pair = pair_;
        isFirst = pair_.token0() == base;
        scale = scale_;
    }

    function latestAnswer() external view returns (int256) {
        (uint112 reserve0, uint112 reserve1,) = pair.getReserves();
        return int256(isFirst ? uint256(reserve1) * scale / reserve0 : uint256(reserve0) * scale / reserve1);
    }
}
