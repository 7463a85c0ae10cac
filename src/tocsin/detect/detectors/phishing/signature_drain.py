"""
Somebody's signature, not a transaction of theirs, let another take all they had of a token.

## What it finds
A transaction in which tokens or native coin leave an account that did not send it and got nothing in it, by something
the account had signed off the chain and somebody else handed in:

* an EIP-2612 permit, or DAI's, then or up to ten blocks before;
* a Permit2 allowance, then or up to ten blocks before;
* one of Permit2's signed transfers, whoever calls Permit2, with a witness or without;
* an EIP-7702 authorisation: whose it is, is recovered from the signature.

high: at most a fifth is left of what was taken, and who took it is an account, or a contract younger than 30 days.
critical: it was worth a hundred thousand dollars, or others call the taker a phisher or worse. medium: nobody could say
what is left or what the taker is, or it was worth less than a hundred dollars, as far as is known: anybody can make a
token that says whatever he wants. Where more is left it is not told: those who are paid by signature, and relayers who
take a fee, do not take everything.

It also tells, as medium, of what was signed and not yet used: a Permit2 allowance over more than a year without limit,
or over three tokens and more, to such a taker; and code of a new contract that ten accounts took on within a day. high
where others call it a phisher.

## Why it matters
The victim sees no transaction of its own and, with Permit2, no approval either. Whoever signed once may have signed
more.

## Blind spots
A signature that was not handed in yet. EIP-3009 (`transferWithAuthorization`): whoever pays all they have through a
relayer looks the same. NFTs. Thieves whose contract is older than 30 days and unknown to the labels; those who leave
more than a fifth; those who return a worthless token. Permits without the call tree. Takings more than ten blocks after
the permit, or by a contract that is called through another one.

## Triage
Tell the victim to move what is left and to take back what it signed: with a permit, `approve` of nothing; with Permit2,
`lockdown`; with EIP-7702, a new authorisation for the zero address. Where the issuer can freeze, ask at once.

## References
- https://eips.ethereum.org/EIPS/eip-2612
- https://eips.ethereum.org/EIPS/eip-7702
- https://docs.uniswap.org/contracts/permit2/reference/signature-transfer
- PTXPhish (ISSTA 2024): permits and their takings in one transaction or the next.
"""

from collections.abc import Iterator

from tocsin.detect.accounts import Account, account, blocks_in, questions
from tocsin.detect.detector import MEMORY, Detector, Memory, Question, Read
from tocsin.detect.detectors._held import COIN, held
from tocsin.detect.detectors.phishing._drains import MOVES_READ, Drain, drains
from tocsin.detect.detectors.phishing._grants import Grant, grants
from tocsin.detect.detectors.phishing._signature_examples import EXAMPLES
from tocsin.detect.detectors.phishing._signed import (
    AUTHORISATIONS,
    FOUND,
    SIGNED,
    SIGNED_APPROVALS,
    SIGNED_CALLS,
    SIGNED_SELECTORS,
    prepare,
)
from tocsin.detect.labels import LABELS_READ
from tocsin.detect.worth import PRICES_READ, about
from tocsin.model.finding import Entity, Place, Severity, Sighting
from tocsin.model.lookups import Answers, Lookup, number
from tocsin.tables.dataset import Tables

WINDOW_BLOCKS = 7_200
"""A day of Ethereum blocks: within which accounts take on the same code (reference: detection, section 4.33)."""
YOUNG_SECONDS = 30 * 86_400
"""A contract that has been there for less is new (reference: detection, section 4.32)."""
TAKEN_PERCENT = 80
"""Of what there was of a token: so much taken is a drain (reference: detection, section 4.33)."""
DUST_WEI = 10**16
"""Native coin that may be left: a hundredth (reference: detection, section 4.35)."""
LARGE_DOLLARS, SMALL_DOLLARS = 100_000.0, 100.0
CONFIDENCE, CONFIDENCE_UNREAD, CONFIDENCE_GRANT = 0.85, 0.5, 0.5


def run(tables: Tables) -> Iterator[Question]:
    """A question for each account drained, and for each grant that nobody should give."""
    for drain in drains(tables[MEMORY], tables):
        about_spender = questions(drain.place, [drain.spender], YOUNG_SECONDS)
        left = (lookup for lookup in _left(drain) if lookup is not None)
        yield Question(lookups=(*left, *about_spender), candidate=drain)
    for grant in grants(tables[MEMORY], tables, WINDOW_BLOCKS):
        yield Question(lookups=questions(grant.place, [grant.spender], YOUNG_SECONDS), candidate=grant)


def _left(drain: Drain) -> tuple[Lookup | None, ...]:
    return tuple(held(drain.place, drain.victim, token) for token, _ in drain.taken)


def judge(candidate: Drain | Grant, answers: Answers) -> Sighting | None:
    """A sighting unless enough is left, or the taker is an established contract."""
    taker = account(candidate.place, candidate.spender, answers, YOUNG_SECONDS)
    if isinstance(candidate, Grant):
        return _granted(candidate, taker)
    left = [number(lookup, answers) for lookup in _left(candidate)]
    is_unread = None in left
    is_emptied = any(_is_nearly_all(*taken, rest) for taken, rest in zip(candidate.taken, left, strict=True))
    is_suspect = True if candidate.hostile else _is_suspect(candidate.place, taker)
    if is_suspect is False or not (is_emptied or is_unread):
        return None
    return _drained(candidate, _severity(candidate, is_sure=is_emptied and bool(is_suspect)))


def _is_nearly_all(token: str, taken: int, left: int | None) -> bool:
    if left is None:
        return False
    return 100 * taken >= TAKEN_PERCENT * (taken + left) or (token == COIN and left <= DUST_WEI)


def _is_suspect(place: Place, taker: Account) -> bool | None:
    """Whether it is an account or a new contract; None where nobody could say. On a young chain all are new."""
    if taker.is_contract is None or not taker.is_contract:
        return None if taker.is_contract is None else True
    is_short = place.block_number is not None and place.block_number < blocks_in(place.chain_id, YOUNG_SECONDS)
    return True if is_short else taker.is_young


def _severity(drain: Drain, *, is_sure: bool) -> Severity:
    is_small = (drain.dollars or 0.0) < SMALL_DOLLARS
    if not is_sure or (is_small and not drain.hostile):
        return Severity.MEDIUM
    return Severity.CRITICAL if drain.hostile or (drain.dollars or 0.0) >= LARGE_DOLLARS else Severity.HIGH


def _drained(drain: Drain, severity: Severity) -> Sighting:
    told = ", ".join(f"{amount} of {token}" for token, amount in drain.taken)
    worth = f", worth {about(drain.dollars)}," if drain.dollars is not None and drain.dollars >= 1 else ""
    said = f" Others know the taker for: {', '.join(drain.hostile)}." if drain.hostile else ""
    return Sighting(
        place=drain.place,
        severity=severity,
        confidence=CONFIDENCE if severity >= Severity.HIGH else CONFIDENCE_UNREAD,
        title=f"All that an account had was taken with its signature ({drain.by})",
        summary=f"{told}{worth} went from {drain.victim} to {drain.takers[0]}"
        f"{' and others' if len(drain.takers) > 1 else ''}. {drain.victim} sent no transaction and got nothing: it had "
        f"signed off the chain ({drain.by}) for {drain.spender}; {drain.sender} handed it in.{said}",
        entities=_entities(drain),
        values={
            "tokens": tuple(token for token, _ in drain.taken),
            "amounts": tuple(amount for _, amount in drain.taken),
            "signed_for": drain.by,
            "about_dollars": int(drain.dollars or 0),
        },
        key=drain.victim,
    )


def _entities(drain: Drain) -> tuple[Entity, ...]:
    """The spender is the attacker; who handed it in is one too where it took something itself."""
    attackers = dict.fromkeys((drain.spender, *(each for each in drain.takers if each == drain.sender)))
    receivers = (each for each in drain.takers if each not in attackers)
    return (
        *(Entity("attacker", each) for each in attackers),
        Entity("victim", drain.victim),
        *(Entity("receiver", each) for each in receivers),
    )


def _granted(grant: Grant, taker: Account) -> Sighting | None:
    if not grant.hostile and not _is_suspect(grant.place, taker):
        return None
    return Sighting(
        place=grant.place,
        severity=Severity.HIGH if grant.hostile else Severity.MEDIUM,
        confidence=CONFIDENCE_GRANT,
        title=grant.title,
        summary=f"{taker.described} {grant.says} Nothing was seen to be taken yet.",
        entities=(Entity("attacker", grant.spender), *(Entity("victim", owner) for owner in grant.owners)),
        values={"owners": grant.count, "kind": grant.kind},
        key=f"{grant.kind}:{grant.spender}:{grant.owners[0]}",
    )


detector = Detector(
    id="signature-drain",
    severity=Severity.CRITICAL,
    reads={
        "transactions": Read(columns=("from_address", "to_address")),
        "transfers": Read(columns=MOVES_READ),
        "approvals": Read(columns=SIGNED_APPROVALS),
        "calls": Read(columns=SIGNED_CALLS, selector=SIGNED_SELECTORS),
        "authorisations": Read(columns=AUTHORISATIONS),
        "blocks": Read(columns=("timestamp",), optional=True),
        "prices": PRICES_READ,
        "labels": LABELS_READ,
    },
    memory=Memory(columns=SIGNED, window_blocks=WINDOW_BLOCKS, prepare=prepare, remember=lambda tables: tables[FOUND]),
    run=run,
    judge=judge,
    examples=EXAMPLES,
)
