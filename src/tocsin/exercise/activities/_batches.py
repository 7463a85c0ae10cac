"""The contract through which many are paid at once."""

from tocsin.exercise.activities._shared import Contracting, deployed
from tocsin.exercise.play import Play

PAYER = "batch payer"


def payer(play: Play) -> Contracting:
    """BatchPayer."""
    return (yield from deployed(play, play.home.account("batch payer operator", 0), "BatchPayer"))
