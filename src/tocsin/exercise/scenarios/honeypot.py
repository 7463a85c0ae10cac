"""
A new token can be bought and not sold, except by its developer.

## Story
A token is launched with 50 ether of liquidity. Its owner may close selling for everybody else, and does so before the
first buyer comes; the reason that a failed sale gives is worded like a router's, to look like a passing fault.

## Steps
1. The developer closes selling.
2. Three people buy for 6 ether each. One of them tries to sell, and cannot.
3. The developer, who may, sells a tenth of what was kept back, and then the rest, for the buyers' ether.

## Honest twin
The owner of another token closes selling while a fault is mended, and opens it again; two people buy meanwhile, and
sell half of it afterwards.

## Containment
None by others on the chain; whoever simulates a sale before buying is warned.

## References
- Torres, Steichen and State, The Art of The Scam: Demystifying Honeypots in Ethereum Smart Contracts (2019).
"""

from tocsin.exercise.play import Play
from tocsin.exercise.scenario import Expected, Scenario
from tocsin.exercise.scenarios._launch import Launch, buy, launch, sale
from tocsin.exercise.scene.people import ETHER
from tocsin.exercise.taxonomy import Tag
from tocsin.exercise.truth import ETHER_TOKEN, Truth, loss, step, told
from tocsin.model.priority import Priority

BUYERS, SPENT = 3, 6 * ETHER


def prepare(play: Play) -> Launch:
    """The launch."""
    return launch(play, "Sweet Tooth", "SWEET", BUYERS)


def attack(play: Play, launched: Launch) -> Truth:
    """Close, let people buy, sell."""
    home, developer, token = play.home, launched.developer, launched.token
    closed = home.do(token.by(developer, "setSellingClosed", True))
    bought = [buy(play, launched, buyer, SPENT) for buyer in launched.buyers]
    held = home.read(token, "balanceOf", launched.buyers[0])
    home.mine(sale(play, launched, launched.buyers[0], held))
    kept = home.read(token, "balanceOf", developer)
    trial = home.do(sale(play, launched, developer, kept // 10))
    rest = home.do(sale(play, launched, developer, kept - kept // 10))
    lost = [loss(rest, ETHER_TOKEN, buyer, SPENT) for buyer in launched.buyers]
    return told(
        scenario.id,
        attackers=(developer, token),
        victims=launched.buyers,
        steps=(
            step("closes selling for everybody else", closed),
            *(step("somebody buys for 6 ether", each, [one], gone=[]) for each, one in zip(bought, lost, strict=True)),
            step("sells a tenth of what was kept back", trial),
            step("sells the rest for the buyers' ether", rest, gone=lost),
        ),
    )


def twin(play: Play, launched: Launch) -> None:
    """A pause for maintenance."""
    home, developer, token = play.home, launched.developer, launched.token
    home.do(token.by(developer, "setSellingClosed", True))
    buyers = launched.buyers[:2]
    for buyer in buyers:
        buy(play, launched, buyer, SPENT)
    home.do(token.by(developer, "setSellingClosed", False))
    for buyer in buyers:
        home.do(sale(play, launched, buyer, home.read(token, "balanceOf", buyer) // 2))


scenario = Scenario(
    id="honeypot",
    priority=Priority.P3,
    tags=(Tag.RESOURCE_DEVELOPMENT, Tag.DEFENSE_EVASION, Tag.FRAUD),
    expects=Expected(detectors=("honeypot",)),
    prepare=prepare,
    attack=attack,
    twin=twin,
)
