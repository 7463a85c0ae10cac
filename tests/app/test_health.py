"""The book of health alerts, on a real store that can go away."""

import asyncio
import io

import sqlalchemy as sa

from tocsin.app.health import HealthBook
from tocsin.edge.logs import logger
from tocsin.edge.store.health import open_alerts
from tocsin.edge.store.opening import Store
from tocsin.edge.store.schema.watching import health_alerts
from tocsin.edge.store.values import HealthAlert

RPC = HealthAlert(key="chain:1:rpc", kind="rpc", chain_id=1, detail="no answer", times=1)


def book(store: Store) -> HealthBook:
    return HealthBook(store=store, clock=lambda: 1.0, log=logger(io.StringIO(), ()))


def ever(store: Store) -> list[tuple[str, int, bool]]:
    """Key, count and whether it is closed, of every alert there was."""
    with store.engine.begin() as connection:
        rows = connection.execute(sa.select(health_alerts).order_by(health_alerts.c.key)).all()
    return [(row.key, row.times, row.closed_at is not None) for row in rows]


def set_read_only(store: Store, *, on: bool) -> None:
    raw = store.engine.raw_connection()
    raw.cursor().execute(f"PRAGMA query_only = {'ON' if on else 'OFF'}")
    raw.close()


def test_an_alert_is_opened_once_counted_and_closed(store: Store) -> None:
    async def story() -> None:
        health = book(store)
        for _ in range(3):
            await health.trouble(RPC)
        await health.fine(["chain:1:store"])
        assert [alert.times for alert in open_alerts(store.engine)] == [3]
        await health.fine([RPC.key])

    asyncio.run(story())

    assert ever(store) == [("chain:1:rpc", 3, True)]


def test_what_a_killed_process_left_open_is_closed_by_the_next(store: Store) -> None:
    async def story() -> None:
        await book(store).trouble(RPC)
        health = book(store)
        await health.load()
        await health.fine([RPC.key])

    asyncio.run(story())

    assert ever(store) == [("chain:1:rpc", 1, True)]


def test_a_store_that_was_away_leaves_its_own_alert_and_loses_no_count(store: Store) -> None:
    async def story() -> None:
        health = book(store)
        set_read_only(store, on=True)
        await health.trouble(RPC)
        await health.trouble(RPC)

        set_read_only(store, on=False)
        await health.trouble(RPC)
        await health.fine(["nothing"])
        assert [(alert.key, alert.times) for alert in open_alerts(store.engine)] == [("chain:1:rpc", 3)]

    asyncio.run(story())

    assert ever(store) == [("chain:1:rpc", 3, False), ("store", 2, True)]
