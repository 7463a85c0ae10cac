"""What is sent: one way of one page, claimed, and the words for it."""

from dataclasses import dataclass

from tocsin.app.paging.escalating import Turn, ticket_of
from tocsin.app.telling.teller import Teller
from tocsin.edge.store.page_sending import Claim
from tocsin.respond.channels.tlp import over_clearance
from tocsin.respond.incident.incident import Incident
from tocsin.respond.message import Message
from tocsin.respond.paging import links
from tocsin.respond.paging.page import Page
from tocsin.respond.paging.wording import PUBLIC, bare, note_message, page_message, wordless


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One way of one page, claimed, and what to say on it."""

    claim: Claim
    page: Page
    message: Message
    name: str
    """What the incident is called where it may not be told what it is about."""

    def fit_for(self, teller: Teller) -> Message:
        """What the channel may carry: a page is never held back because it says too much."""
        configured = teller.channels.get(self.claim.channel)
        if configured and over_clearance(self.message.tlp, configured.shared.most_confidential):
            text = (self.message.text,) if self.claim.is_note else ()
            return bare(self.message, self.name, *text)
        return self.message


def follow_up(teller: Teller) -> frozenset[str]:
    """The channels on which who was paged is told, too, that somebody has it and that it is over."""
    return frozenset(name for name, each in teller.channels.items() if each.channel.follows_up)


def job_of(turn: Turn, page: Page, claimed: Claim, base: str) -> Job:
    """What is to be said on a way that is claimed; `base` is how people reach tocsin."""
    incident = turn.incident(page.incident)
    message = (_note if claimed.is_note else _page)(turn, incident, page, claimed, base)
    return Job(claim=claimed, page=page, message=message, name=incident.codename or incident.number)


def wordless_job(turn: Turn, page: Page, claimed: Claim, base: str) -> Job:
    """A page of which nothing can be said but that it is one."""
    token = links.token(ticket_of(page), turn.key)
    message = wordless(page, base=base, token=token, may_be_repeat=claimed.may_be_repeat)
    return Job(claim=claimed, page=page, message=message, name="An incident")


def _page(turn: Turn, incident: Incident, page: Page, claimed: Claim, base: str) -> Message:
    return page_message(
        incident,
        page,
        base=base,
        token=links.token(ticket_of(page), turn.key),
        clearance=_clearance(turn, page.person),
        may_be_repeat=claimed.may_be_repeat,
        estate=turn.estate,
    )


def _note(turn: Turn, incident: Incident, page: Page, claimed: Claim, base: str) -> Message:
    return note_message(
        incident,
        page,
        claimed.kind,
        base=base,
        clearance=_clearance(turn, page.person),
        may_be_repeat=claimed.may_be_repeat,
    )


def _clearance(turn: Turn, person: str) -> str:
    known = turn.estate.people.get(person)
    return known.clearance if known else PUBLIC
