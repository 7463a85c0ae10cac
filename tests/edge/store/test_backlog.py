"""Where responding stands, as counts, on every database."""

from prometheus_client import generate_latest

from tocsin.edge.metrics import Metrics
from tocsin.edge.store import incidents, journal, pages
from tocsin.edge.store.backlog import backlog
from tocsin.edge.store.opening import Store
from tocsin.model.actor import TOCSIN
from tocsin.model.priority import Priority
from tocsin.respond.incident.events import Declared
from tocsin.respond.paging.page import Page, PageState


def declare(store: Store, name: str, priority: Priority, exercise: str = "") -> None:
    declared = Declared(
        number="", title=name, summary="", type="exploit", priority=priority, because=("it is so",), rule="loss",
        detected_at=1.0, exercise=exercise,
    )  # fmt: skip
    with store.engine.begin() as connection:
        incidents.declare(connection, incident=name, events=[declared], actor=TOCSIN, occurred_at=1.0, now=1.0)


def page(store: Store, incident: str, state: PageState) -> None:
    made = Page(
        id=f"{incident}-{state}", incident=incident, person=state, policy="critical", step=0, round=0,
        priority=Priority.P1, reason="", state=state, created_at=1.0,
    )  # fmt: skip
    with store.engine.begin() as connection:
        pages.add(connection, made, ())


def test_what_is_open_is_counted_and_the_rest_is_nought(store: Store) -> None:
    declare(store, "one", Priority.P1)
    declare(store, "drill", Priority.P1, exercise="spring")
    page(store, "one", PageState.SENT)
    page(store, "one", PageState.FAILED)
    page(store, "drill", PageState.FAILED)
    with store.engine.begin() as connection:
        read = journal.unread(connection, "pager")
        journal.acted_on(connection, "pager", read[:-2])

    found = backlog(store.engine)

    assert found.incidents == {"P1": 1, "P2": 0, "P3": 0, "P4": 0}
    assert found.pages == {"pending": 0, "sent": 1, "delivered": 0, "failed": 1}
    assert found.clocks == {"running": 0, "warned": 0, "paused": 0, "breached": 0}
    assert found.unread == {"pager": 2}
    assert found.triage_waiting == 0


def test_prometheus_reads_it(store: Store) -> None:
    declare(store, "one", Priority.P1)
    metrics = Metrics(now=lambda: 0.0)

    metrics.response(backlog(store.engine))

    text = generate_latest(metrics.registry).decode()
    assert 'tocsin_incidents_open{priority="P1"} 1.0' in text
    assert 'tocsin_pages{state="failed"} 0.0' in text
