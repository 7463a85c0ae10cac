"""
The owner of a collection hands it to an operator, who mints, and gets it back.

## What it does
The founder transfers the ownership of the NFT collection to the keeper's key, which mints three and transfers it back.

## What it looks like
Control over a contract moves to another key, which at once uses it to mint.
"""

from tocsin.exercise.activity import Activity, Doing, Wait
from tocsin.exercise.play import Play


def run(play: Play) -> Doing:
    """Hand over, mint, hand back."""
    rnft, people = play.scene.tokens.rnft, play.scene.people
    for holder in (people.keeper, people.founder):
        play.knowledge.announce(play.home, rnft, "CHG-1: another key mints for a while", becomes=holder)
    yield rnft.by(people.founder, "transferOwnership", people.keeper)
    yield Wait(blocks=play.random.randrange(1, 5))
    yield rnft.by(people.keeper, "mint", people.founder, 3)
    yield rnft.by(people.keeper, "transferOwnership", people.founder)


activity = Activity(id="hand-over-ownership", run=run, rate=0.6, alone="collection")
