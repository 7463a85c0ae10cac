"""What is written of a page that was sent, or could not be: its way, its attempt, the journal, and what comes next."""

from collections.abc import Callable, Mapping

from tocsin.app.paging import escalating
from tocsin.app.paging.escalating import Turn
from tocsin.edge.store import page_sending, pages
from tocsin.edge.store.page_sending import Claim
from tocsin.model.errors import ChannelBusy, ChannelRefused
from tocsin.respond.channels.channel import Receipt
from tocsin.respond.incident import events
from tocsin.respond.paging import retry
from tocsin.respond.paging.page import Outcome, PageState, WayState


def _taken(turn: Turn, claimed: Claim, receipt: Receipt) -> None:
    outcome = Outcome.DELIVERED if receipt.is_delivered else Outcome.SENT
    connection = turn.connection
    is_ours = page_sending.is_ours(connection, claimed)
    page_sending.end_attempt(connection, claimed, outcome, turn.now, provider_id=receipt.provider_id)
    if is_ours:
        page_sending.set_way(connection, claimed, WayState.SENT)
    turn.fine(f"channel:{claimed.channel}")
    if claimed.is_note:
        return
    page = pages.load(connection, claimed.page)
    page_sending.note_sent(connection, page, PageState(outcome.value), turn.now)
    sent = events.PageSent(
        page=page.id,
        person=page.person,
        channel=claimed.channel,
        attempt=claimed.attempts,
        may_be_repeat=claimed.may_be_repeat,
    )
    turn.say(page.incident, sent)
    turn.fine(f"person:{page.person}")


def _busy(turn: Turn, claimed: Claim, error: ChannelBusy) -> None:
    """Tried again after a while, or given up; the person's next way does not wait for ever."""
    connection = turn.connection
    is_ours = page_sending.is_ours(connection, claimed)
    page_sending.end_attempt(connection, claimed, Outcome.BUSY, turn.now, detail=str(error))
    turn.trouble(f"channel:{claimed.channel}", str(error))
    if not is_ours:
        return
    if retry.is_given_up(claimed.attempts):
        _failed(turn, claimed, str(error))
        return
    delay = retry.delay(claimed.attempts, error.retry_after_seconds)
    may_have_gone = claimed.may_be_repeat or error.may_have_taken
    is_over = not claimed.is_note and not pages.load(connection, claimed.page).state.is_open
    state = WayState.SUPERSEDED if is_over else WayState.PENDING
    page_sending.set_way(connection, claimed, state, due_at=turn.now + delay, may_have_gone=may_have_gone)
    if delay > retry.IMPATIENT_SECONDS and not is_over and not claimed.is_note:
        page_sending.hasten(connection, claimed.page, turn.now)


def _refused(turn: Turn, claimed: Claim, error: ChannelRefused) -> None:
    is_ours = page_sending.is_ours(turn.connection, claimed)
    page_sending.end_attempt(turn.connection, claimed, Outcome.REFUSED, turn.now, detail=str(error))
    turn.trouble(f"channel:{claimed.channel}", str(error))
    if is_ours:
        _failed(turn, claimed, str(error))


def _failed(turn: Turn, claimed: Claim, why: str) -> None:
    """A way has failed: the next one is tried now; after the last one the next people are told now."""
    connection = turn.connection
    page_sending.set_way(connection, claimed, WayState.FAILED)
    if claimed.is_note:
        return
    page = pages.load(connection, claimed.page)
    if not page.state.is_open or page_sending.hasten(connection, page.id, turn.now):
        return
    if page_sending.has_hope(connection, page.id):
        return
    pages.end(connection, page, PageState.FAILED, turn.now)
    turn.say(page.incident, events.PageFailed(page=page.id, person=page.person, reason=why))
    turn.trouble(f"person:{page.person}", f"{page.person} cannot be reached: {why}")
    beside = [each for each in pages.of_step(connection, page) if each.id != page.id]
    if all(each.state is PageState.FAILED for each in beside):
        escalating.hurry(turn, turn.incident(page.incident), page.policy)


RESULTS: Mapping[type, Callable[..., None]] = {Receipt: _taken, ChannelBusy: _busy, ChannelRefused: _refused}
"""What is written of each result of sending: a receipt, or why there is none."""
