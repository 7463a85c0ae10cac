"""
The developer of a new token waits for buyers, closes selling, and takes the liquidity out.

## Story
A token is launched with 50 ether of liquidity, all of it the developer's, none of it locked. Four people buy. The
token's contract lets its owner close selling and mint, which nobody has read.

## Steps
1. Four people buy for 8 ether each.
2. The developer closes selling.
3. The developer mints a thousand times the supply to himself.
4. The developer takes all the liquidity out, the buyers' ether with it.
5. The ether goes to another account.

## Honest twin
Another token is launched the same way. Four people buy, one sells again; the owner mints a thousandth for rewards and
takes a tenth of the liquidity out.

## Containment
None by others on the chain. As long as selling is open the buyers can sell, and until the liquidity is taken a front
end can warn.

## References
- https://ethereum.org/en/security/ (scams with new tokens)
"""

from tocsin.chain.contract import pay
from tocsin.exercise.play import Play
from tocsin.exercise.scenario import Expected, Scenario
from tocsin.exercise.scenarios._launch import Launch, buy, launch, sale, withdrawal
from tocsin.exercise.scene.people import ETHER
from tocsin.exercise.taxonomy import Tag
from tocsin.exercise.truth import ETHER_TOKEN, Truth, loss, step, told
from tocsin.model.priority import Priority

BUYERS, SPENT = 4, 8 * ETHER
MINTED, REWARDS = 10**9 * ETHER, 1_000 * ETHER
KEPT = ETHER
"""What stays with the developer for fees."""


def prepare(play: Play) -> Launch:
    """The launch."""
    return launch(play, "Moon Garden", "MOONG", BUYERS)


def attack(play: Play, launched: Launch) -> Truth:
    """Let people buy, close, mint, take."""
    home, developer, token = play.home, launched.developer, launched.token
    bought = [buy(play, launched, buyer, SPENT) for buyer in launched.buyers]
    closed = home.do(token.by(developer, "setSellingClosed", True))
    minted = home.do(token.by(developer, "rebase", developer, MINTED))
    taken = home.do(withdrawal(play, launched, 100))
    second = home.account("developer's second account", 0)
    moved = home.do(pay(developer, second, home.balance(developer) - KEPT))
    lost = [loss(taken, ETHER_TOKEN, buyer, SPENT) for buyer in launched.buyers]
    return told(
        scenario.id,
        attackers=(developer, token, second),
        victims=launched.buyers,
        steps=(
            *(step("somebody buys for 8 ether", each, [one], gone=[]) for each, one in zip(bought, lost, strict=True)),
            step("closes selling", closed),
            step("mints a thousand times the supply to himself", minted),
            step("takes all the liquidity out", taken, gone=lost),
            step("moves the ether to another account", moved),
        ),
        knowable=closed,
    )


def twin(play: Play, launched: Launch) -> None:
    """A launch whose owner stays."""
    home, developer, token = play.home, launched.developer, launched.token
    for buyer in launched.buyers:
        buy(play, launched, buyer, SPENT)
    seller = launched.buyers[0]
    home.do(sale(play, launched, seller, home.read(token, "balanceOf", seller) // 2))
    home.do(token.by(developer, "rebase", developer, REWARDS))
    home.do(withdrawal(play, launched, 10))


scenario = Scenario(
    id="rug-pull",
    priority=Priority.P3,
    tags=(Tag.RESOURCE_DEVELOPMENT, Tag.EXECUTION, Tag.FRAUD),
    expects=Expected(detectors=("rug-pull",)),
    prepare=prepare,
    attack=attack,
    twin=twin,
)
