"""
Somebody who wants to be private uses the mixer.

## What it does
A user deposits ten ether in the mixer; many blocks later a relayer withdraws them, for a fee, to an address nobody has
seen.

## What it looks like
Laundering, but for where the money comes from.
"""

from tocsin.exercise.activities._shared import fresh
from tocsin.exercise.activity import Activity, Doing, Wait
from tocsin.exercise.play import Play
from tocsin.exercise.scene.people import ETHER
from tocsin.exercise.scene.services import DENOMINATION

WORD_BYTES = 32
FEE = ETHER // 20


def run(play: Play) -> Doing:
    """Deposit, wait, withdraw."""
    mixer, people = play.scene.services.mixer, play.scene.people
    note = (play.random.randbytes(WORD_BYTES), play.random.randbytes(WORD_BYTES))
    commitment = play.home.read(mixer, "commitmentOf", *note)
    yield mixer.by(play.random.choice(people.users), "deposit", commitment, value=DENOMINATION)
    yield Wait(blocks=play.random.randrange(5, 20))
    to = fresh(play, "private")
    yield mixer.by(people.relayer, "withdraw", *note, to, people.relayer, FEE)


activity = Activity(id="mix-for-privacy", run=run, rate=0.7)
