"""The tokens of the scene."""

from dataclasses import dataclass

from tocsin.chain.contract import Contract
from tocsin.exercise.packages import WETH
from tocsin.exercise.scene.people import ETHER, People
from tocsin.exercise.stage import Library, Stage

MILLION = 10**6
DOLLAR = 10**6
"""One whole USDR, in base units."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """Contracts by symbol."""

    weth: Contract
    usdr: Contract
    """A dollar: six decimals, EIP-2612 permit, pause, blacklist, seizure."""
    dair: Contract
    """Another dollar, eighteen decimals, the same contract."""
    thin: Contract
    """A token with little liquidity."""
    rgov: Contract
    """Votes: held in checkpoints."""
    rnft: Contract
    hook: Contract
    """Calls whoever receives it, as ERC-777 does."""
    rmulti: Contract
    """ERC-1155."""


def deploy(home: Stage, library: Library, people: People) -> Tokens:
    """Deploy the tokens and mint what the founder hands out."""
    founder, stable = people.founder, library.own("RangeStable")

    def token(name: str, symbol: str, decimals: int) -> Contract:
        return home.deploy(founder, stable, name, symbol, decimals, founder, name=symbol)

    tokens = Tokens(
        weth=home.deploy(founder, library.published(WETH, "WETH9"), name="WETH"),
        usdr=token("USD Range", "USDR", 6),
        dair=token("DAI Range", "DAIR", 18),
        thin=token("Thin Token", "THIN", 18),
        rgov=home.deploy(founder, library.own("RangeVotes"), "Range Votes", "RGOV", founder, name="RGOV"),
        rnft=home.deploy(founder, library.own("RangeNft"), "Range Apes", "RNFT", founder, name="RNFT"),
        hook=home.deploy(founder, library.own("HookToken"), "Hook Token", "HOOK", founder, name="HOOK"),
        rmulti=home.deploy(founder, library.own("RangeMulti"), founder, name="RMULTI"),
    )
    _mint(home, tokens, people)
    _hand_out(home, tokens, people)
    return tokens


def _mint(home: Stage, tokens: Tokens, people: People) -> None:
    founder = people.founder
    amounts = (
        (tokens.usdr, 500 * MILLION * DOLLAR),
        (tokens.dair, 500 * MILLION * ETHER),
        (tokens.thin, 10 * MILLION * ETHER),
        (tokens.rgov, 10 * MILLION * ETHER),
        (tokens.hook, 10 * MILLION * ETHER),
    )
    for token, amount in amounts:
        home.do(token.by(founder, "mint", founder, amount))
    home.do(tokens.weth.by(founder, "deposit", value=100_000 * ETHER))
    home.do(tokens.rnft.by(founder, "mint", founder, 40))
    home.do(tokens.rmulti.by(founder, "mint", founder, 1, MILLION))


def _hand_out(home: Stage, tokens: Tokens, people: People) -> None:
    """What each user begins with."""
    amounts = (
        (tokens.usdr, 200_000 * DOLLAR),
        (tokens.dair, 50_000 * ETHER),
        (tokens.weth, 50 * ETHER),
        (tokens.thin, 5_000 * ETHER),
        (tokens.rgov, 1_000 * ETHER),
        (tokens.hook, 1_000 * ETHER),
    )
    for user in (*people.users, people.arbitrageur, people.keeper):
        home.mine(*(token.by(people.founder, "transfer", user, amount) for token, amount in amounts))
