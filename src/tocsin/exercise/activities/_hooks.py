"""The contract whose hooks re-enter whoever calls them, and harm nobody."""

from tocsin.exercise.activities._shared import Contracting, deployed
from tocsin.exercise.play import Play

HOOKS = "hooks"
OPERATOR = "hook operator"


def receiver(play: Play) -> Contracting:
    """HookReceiver; the third user gets its savings."""
    operator, savings = play.home.account(OPERATOR, 0), play.scene.people.users[2]
    return (yield from deployed(play, operator, "HookReceiver", play.scene.balancer.vault, savings))
