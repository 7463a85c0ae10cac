"""Catching up tells how far it is; delays grow within bounds."""

import io
import json

from chains import chain
from hypothesis import given
from hypothesis import strategies as st

from tocsin.app.backoff import Backoff
from tocsin.app.watching.notes import ChainNotes
from tocsin.detect.engine import Outcome
from tocsin.edge.logs import logger
from tocsin.edge.metrics import Metrics
from tocsin.edge.store.values import Checkpoint, Position

QUIET = Outcome((), (), (), (), {})


def test_catching_up_is_told_every_ten_seconds_and_at_its_end() -> None:
    stream, now = io.StringIO(), [0.0]
    notes = ChainNotes(
        chain="mainnet",
        metrics=Metrics(lambda: now[0]),
        log=logger(stream, ()),
        clock=lambda: now[0],
        wake_outbox=lambda: None,
    )
    headers = chain(31)
    notes.began(Position(start=0, checkpoint=Checkpoint(number=-1, hash=None), headers=()))
    for header in headers:
        now[0] += 1
        notes.done(header, headers[-1], QUIET)

    events = [json.loads(line) for line in stream.getvalue().splitlines()]
    told = [(e.get("block"), e.get("behind"), e.get("blocks_per_second"), e.get("seconds_left")) for e in events[1:]]
    assert [event["event"] for event in events] == [
        "watching",
        "catching up",
        "catching up",
        "catching up",
        "caught up",
    ]
    assert told == [(9, 21, 1.0, 21), (19, 11, 1.0, 11), (29, 1, 1.0, 1), (30, None, None, None)]


@given(attempt=st.integers(1, 10**6), jitter=st.floats(0, 1))
def test_a_delay_is_never_longer_than_the_longest_nor_shorter_than_half_the_first(attempt: int, jitter: float) -> None:
    delay = Backoff(first_seconds=0.5, longest_seconds=60.0, jitter=lambda: jitter).delay(attempt)

    assert 0.25 <= delay <= 60.0


def test_delays_double() -> None:
    backoff = Backoff(first_seconds=0.5, longest_seconds=5.0, jitter=lambda: 1.0)

    assert [backoff.delay(attempt) for attempt in range(1, 6)] == [0.5, 1.0, 2.0, 4.0, 5.0]
