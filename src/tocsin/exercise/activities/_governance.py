"""A proposal from first to last, as governance means it."""

from eth_hash.auto import keccak

from tocsin.chain.contract import Contract
from tocsin.exercise.activity import Doing, Wait
from tocsin.exercise.play import Play
from tocsin.exercise.scene.governance import DELAY_SECONDS, VOTING_BLOCKS

GOVERNOR = "governor"
"""One proposal at a time."""
FOR = 1
BEGIN_BLOCKS = 2
"""Until the votes count that are held now."""
ACTIONS = "(address[],uint256[],bytes[],bytes32)"


def decided(play: Play, target: Contract, data: bytes, says: str) -> Doing:
    """Propose a call, vote for it, wait, queue it, let the timelock's delay pass, execute it."""
    governor, users = play.scene.governance.governor, play.scene.people.users
    call = ([target], [0], [data])
    proposed = yield governor.by(users[0], "propose", *call, says)
    (event,) = governor.events("ProposalCreated", proposed)
    yield Wait(blocks=BEGIN_BLOCKS)
    for voter in (users[0], play.random.choice(users[1:])):
        yield governor.by(voter, "castVote", event["proposalId"], FOR)
    yield Wait(blocks=VOTING_BLOCKS)
    named = (*call, keccak(says.encode()))
    yield governor.by(users[0], "queue" + ACTIONS, *named)
    play.home.pass_time(DELAY_SECONDS + 1)
    yield governor.by(play.scene.people.keeper, "execute" + ACTIONS, *named)
