"""Acknowledgement links: what was signed here is read, and nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.model.errors import NotFound, WrongState
from tocsin.respond.paging import links, retry
from tocsin.respond.paging.page import redacted

KEY = bytes(range(32))
TICKET = links.Ticket(page="0197-page", expires_at=2_000)


def test_a_token_is_read_back_until_it_ends() -> None:
    token = links.token(TICKET, KEY)

    assert links.ticket(token, KEY, now=1_999.9) == TICKET
    with pytest.raises(WrongState, match="no longer good"):
        links.ticket(token, KEY, now=2_000.0)


def test_the_digest_is_of_the_token_alone() -> None:
    assert links.digest(links.token(TICKET, KEY)) == links.digest(links.token(TICKET, KEY))
    assert TICKET.page not in links.digest(links.token(TICKET, KEY))


@given(st.text(max_size=300))
def test_no_other_text_is_a_token(text: str) -> None:
    with pytest.raises(NotFound, match="none of ours"):
        links.ticket(text, KEY, now=0.0)


@given(st.data())
def test_no_changed_token_is_one(data: st.DataObject) -> None:
    token = links.token(TICKET, KEY)
    place = data.draw(st.integers(0, len(token) - 2))
    letter = data.draw(st.sampled_from("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"))
    changed = token[:place] + letter + token[place + 1 :]
    if changed != token:
        with pytest.raises(NotFound):
            links.ticket(changed, KEY, now=0.0)


def test_another_key_signs_other_tokens() -> None:
    with pytest.raises(NotFound):
        links.ticket(links.token(TICKET, bytes(32)), KEY, now=0.0)


@given(st.integers(1, 30), st.floats(0, 1e12))
def test_the_wait_is_never_shorter_than_asked_nor_endless(attempts: int, asked: float) -> None:
    delay = retry.delay(attempts, asked)

    assert min(asked, retry.LONGEST_ASKED_SECONDS) <= delay <= retry.LONGEST_ASKED_SECONDS
    assert delay >= retry.FIRST_SECONDS


@pytest.mark.parametrize(
    ("address", "shown"), [("ada@example.org", "a…@example.org"), ("+41441234567", "…567"), ("12345", "…"), ("", "…")]
)
def test_records_keep_of_an_address_what_recognises_it(address: str, shown: str) -> None:
    assert redacted(address) == shown
