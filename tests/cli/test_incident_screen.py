"""The one screen of an incident says what is late, what is hidden, and what was taken back."""

import io

from rich.console import Console

from tocsin.cli.render.incident import screen
from tocsin.model.actor import Actor, ActorKind
from tocsin.model.priority import Priority
from tocsin.respond.incident import events
from tocsin.respond.incident.events import Event
from tocsin.respond.incident.incident import fold
from tocsin.respond.incident.ledger import NATIVE
from tocsin.respond.journal import Entry

ADA = Actor(ActorKind.USER, "ada")
DECLARED = events.Declared(
    number="INC-2026-0007",
    title="Signer approved alone",
    type="insider",
    priority=Priority.P2,
    because=("It harms the organisation",),
    rule="harm",
    detected_at=1_000.0,
    began_at=900.0,
    is_restricted=True,
    codename="BLUE HERON",
    exercise="spring",
)


def entry(number: int, event: Event) -> Entry:
    draft = events.draft("one", event, ADA, 1_000.0 + number)
    told = {name: getattr(draft, name) for name in ("stream", "kind", "actor", "occurred_at", "data")}
    return Entry(**told, position=number, sequence=number, recorded_at=1_000.0 + number, previous="")


def shown(*told: Event, now: float = 2_000.0) -> str:
    incident = fold([entry(number, event) for number, event in enumerate((DECLARED, *told), 1)])
    paper = io.StringIO()
    Console(file=paper, width=100, markup=False, emoji=False).print(screen(incident, now))
    return paper.getvalue()


def clock(name: str, due_at: float | None) -> events.ClockStarted:
    return events.ClockStarted(clock=name, definition=name, started_at=1_000.0, due_at=due_at, says=f"The {name}")


def test_it_says_that_it_is_restricted_and_an_exercise() -> None:
    text = shown()

    assert "RESTRICTED BLUE HERON" in text
    assert "EXERCISE spring" in text
    assert "P2 high" in text


def test_clocks_stand_with_what_is_left_and_the_worst_first() -> None:
    text = shown(
        clock("response", 3_000.0),
        clock("update", 1_500.0),
        clock("duty", None),
        events.ClockBreached(clock="update", definition="update", due_at=1_500.0, noticed_at=1_501.0),
        clock("containment", 1_800.0),
        events.ClockMet(clock="containment", definition="containment", at=1_060.0),
    )

    lines = [line.strip().removeprefix("clocks").strip() for line in text.splitlines() if "The " in line]
    assert lines == [
        "The update: breached, late by 8 min 20 s",
        "The duty: running, without undue delay",
        "The response: running, 16 min 40 s left",
        "The containment: met after 1 min",
    ]


def test_what_a_reorg_took_back_and_who_was_paged_is_told() -> None:
    text = shown(
        events.AlertLinked(
            alert="a", title="x", severity="high", detected_at=1_000.0, transactions=("0x" + "ab" * 32,)
        ),
        events.FindingRetracted(alert="a", finding="f"),
        events.PageQueued(page="p", person="bo", policy="main", step=1, round=1),
        events.PageSent(page="p", person="bo", channel="sms", attempt=1),
        events.ImpactAssessed(customers=1, services=("withdrawals",)),
    )

    assert "1, 1 of them with findings a reorg took back; transactions 0xabab…abab" in text
    assert "bo sent by sms" in text
    assert "1 customer; withdrawals" in text


def test_funds_say_which_token_has_no_price() -> None:
    fields = {"chain_id": 1, "debit": "external", "credit": "stolen", "decimals": 0}
    text = shown(
        events.FundsMoved(
            posting="f1", token=NATIVE, symbol="ETH", amount="5", usd_cents=1_000, price_source="x", **fields
        ),
        events.FundsMoved(posting="f2", token="0x" + "1" * 40, symbol="EVIL\n\x1b[0m", amount="7", **fields),
    )

    assert "ETH on chain 1: taken 5, lost 5" in text
    assert "lost $10.00; without price: EVIL\\u000a\\u001b[0m" in text
