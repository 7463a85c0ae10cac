"""
Two people swap tokens by hash time locks, without trusting each other.

## What it does
One locks WETH for the other for two days; the other locks USDR under the same hash for one day; the first claims the
USDR and so shows the secret, with which the other claims the WETH.

## What it looks like
A swap between chains. The order of the deadlines is right: whoever shows the secret has the shorter one to mind.
"""

from hashlib import sha256

from tocsin.chain.contract import Account, Contract
from tocsin.exercise.activities._shared import allowed, some_of
from tocsin.exercise.activity import Activity, Doing, Wait
from tocsin.exercise.play import Play
from tocsin.exercise.scene.balancer import DAY_SECONDS
from tocsin.exercise.scene.people import ETHER
from tocsin.exercise.scene.tokens import DOLLAR

SECRET_BYTES = 32


def run(play: Play) -> Doing:
    """Lock, lock, claim, claim."""
    tokens, locks = play.scene.tokens, play.scene.services.hash_locks
    first, second = play.random.sample(play.scene.people.users, 2)
    secret = play.random.randbytes(SECRET_BYTES)
    weth = some_of(play, tokens.weth, first, ETHER)
    usdr = some_of(play, tokens.usdr, second, 3_000 * DOLLAR)
    gives = (first, second, tokens.weth, weth, sha256(secret).digest(), play.home.now() + 2 * DAY_SECONDS)
    takes = (second, first, tokens.usdr, usdr, sha256(secret).digest(), play.home.now() + DAY_SECONDS)
    yield from _locked(play, locks, gives)
    yield from _locked(play, locks, takes)
    yield Wait(blocks=2)
    yield locks.by(first, "claim", play.home.read(locks, "idOf", *takes), secret)
    yield locks.by(second, "claim", play.home.read(locks, "idOf", *gives), secret)


def _locked(play: Play, locks: Contract, what: tuple[Account, Account, Contract, int, bytes, int]) -> Doing:
    owner, to, token, amount, *rest = what
    yield from allowed(play, token, owner, locks, amount)
    yield locks.by(owner, "lock", to, token, amount, *rest)


activity = Activity(id="swap-by-hash-locks", run=run, rate=1)
