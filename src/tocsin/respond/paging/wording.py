"""
What a page says: what happened, why it is urgent, why this person, and where to answer.

Where the incident is restricted, or more confidential than the person or the channel may be told, only its name is
said: who is woken can read the rest after logging in.
"""

from dataclasses import replace
from datetime import UTC, datetime

from tocsin.respond.channels.tlp import over_clearance
from tocsin.respond.estate.estate import EMPTY, Estate, Hit
from tocsin.respond.estate.impact import way_in_words
from tocsin.respond.incident.state import Incident
from tocsin.respond.message import Message, MessageKind
from tocsin.respond.paging.page import CLOCK, REMINDER, ROLE, WARNING, Page

ACKNOWLEDGE_PATH = "/api/v1/ack/"
"""Where a page is answered, behind the address at which people reach tocsin; the token follows."""
PUBLIC = "clear"
"""The label of a page that says nothing but a name."""
MOST_NAMED, MOST_WAYS = 5, 2
"""Of what hangs on it, and of ways to contain it: a page is read on a small screen."""
BARE = "What it is about may not be told here. Log in to read it; answer to say that you have it."


def page_message(  # noqa: PLR0913 - what a page is made of; all but two by name
    incident: Incident,
    page: Page,
    *,
    base: str,
    token: str,
    clearance: str,
    may_be_repeat: bool,
    estate: Estate = EMPTY,
) -> Message:
    """
    The page as one person may read it. `base` is how people reach tocsin, without a slash at its end; the estate says
    who can contain what is hit.
    """
    whole = Message(
        key=page.id,
        subject=incident.id,
        kind=MessageKind.PAGE,
        title=incident.name,
        text="\n\n".join(part for part in (_opening(page), incident.summary, _because(incident)) if part),
        priority=page.priority,
        tlp=incident.tlp,
        facts=_facts(incident, page, estate),
        link=f"{base}/api/v1/incidents/{incident.number}",
        acknowledge_link=f"{base}{ACKNOWLEDGE_PATH}{token}",
        may_be_repeat=may_be_repeat,
        is_exercise=bool(incident.exercise),
    )
    is_secret = incident.is_restricted or over_clearance(incident.tlp, clearance)
    return bare(whole, incident.codename or incident.number) if is_secret else whole


def note_message(
    incident: Incident, page: Page, kind: MessageKind, *, base: str, clearance: str, may_be_repeat: bool
) -> Message:
    """What follows a page where it was told: that somebody has it, or that there is nothing to do any more."""
    whole = Message(
        key=f"{page.id}:{kind}",
        subject=incident.id,
        kind=kind,
        title=incident.name,
        text=f"{incident.number}: {_says(incident, kind)}",
        priority=page.priority,
        tlp=incident.tlp,
        link=f"{base}/api/v1/incidents/{incident.number}",
        may_be_repeat=may_be_repeat,
        is_exercise=bool(incident.exercise),
    )
    is_secret = incident.is_restricted or over_clearance(incident.tlp, clearance)
    return bare(whole, incident.codename or incident.number, whole.text) if is_secret else whole


def _says(incident: Incident, kind: MessageKind) -> str:
    if kind is MessageKind.ACKNOWLEDGED:
        return f"{incident.acknowledged_by or 'somebody'} has it. Nothing is asked of you."
    if incident.merged_into:
        return "it goes on in another incident. Nothing is asked of you here."
    return f"it is {incident.status}. Nothing is asked of you any more."


def wordless(page: Page, *, base: str, token: str, may_be_repeat: bool) -> Message:
    """A page of which nothing can be said but that it is one."""
    return Message(
        key=page.id,
        subject=page.incident,
        kind=MessageKind.PAGE,
        title="An incident",
        text=BARE,
        priority=page.priority,
        tlp=PUBLIC,
        acknowledge_link=f"{base}{ACKNOWLEDGE_PATH}{token}",
        may_be_repeat=may_be_repeat,
    )


def bare(message: Message, name: str, text: str = BARE) -> Message:
    """The same with nothing but a name: what may go everywhere."""
    return replace(message, title=name, text=text, facts=(), tlp=PUBLIC)


def _opening(page: Page) -> str:
    """Why this page, where it is not the first that anybody hears."""
    return page.reason if page.policy in (REMINDER, CLOCK, WARNING, ROLE) else ""


def _because(incident: Incident) -> str:
    return "; ".join(incident.because)


def _facts(incident: Incident, page: Page, estate: Estate) -> tuple[tuple[str, str], ...]:
    hit = ", ".join(map(estate.name_of, incident.hit))
    began = incident.times.occurred
    told = (
        ("Incident", incident.number),
        ("Type", incident.type.replace("_", " ")),
        ("Hit", hit),
        ("Began", "" if began is None else f"{datetime.fromtimestamp(began, UTC):%Y-%m-%d %H:%M:%S} UTC"),
        *_help(estate.hit_assets(incident.hit), estate),
        ("Commander", incident.commander or "nobody yet"),
        ("Told because", page.reason),
    )
    return tuple((name, value) for name, value in told if value)


def _help(hit: Hit, estate: Estate) -> tuple[tuple[str, str], ...]:
    """What hangs on it, the first ways to contain it, and where it is written what to do."""
    depending = ", ".join(asset.name for asset in hit.depending[:MOST_NAMED])
    more = len(hit.depending) - MOST_NAMED
    runbooks = (asset.runbook for asset in hit.directly if asset.runbook)
    return (
        ("Depends on it", f"{depending} and {more} more" if more > 0 else depending),
        *(("Contain", way_in_words(estate, way)) for way in hit.containment[:MOST_WAYS]),
        ("Runbook", next(runbooks, "")),
    )
