"""The estate watched while tocsin serves: what differs is told, closes when it is right, and a slip in the file too."""

import asyncio
import io
from dataclasses import dataclass
from pathlib import Path

import pytest

from estates import ACME
from stores import store
from tocsin.app.desk import Desk
from tocsin.app.estate.estate import holdings_now, put
from tocsin.app.estate.latest import LatestEstate
from tocsin.app.estate.watch import EstateWatch
from tocsin.app.health import HealthBook
from tocsin.app.settings import parse
from tocsin.edge.anvil import Anvil
from tocsin.edge.logs import logger
from tocsin.edge.store.health import open_alerts
from tocsin.edge.store.opening import Store
from tocsin.model.actor import Actor, ActorKind

__all__ = ["store"]
CODE = "0x" + "12" * 20
ONE = f"""
[[organisation]]
id = "acme"
name = "Acme"
[[contract]]
id = "vault"
owner = "acme"
criticality = "high"
chain_id = 31337
address = "{CODE}"
"""


@dataclass
class Clock:
    now: float = 1_000_000.0

    def __call__(self) -> float:
        return self.now


def watch_of(store: Store, folder: Path, estate: str, endpoint: str, clock: Clock) -> EstateWatch:
    (folder / "estate.toml").write_text(estate)
    chain = f'[[chain]]\nname = "home"\nchain_id = 31337\nendpoints = ["{endpoint}"]\n'
    settings = parse(f'[estate]\nfile = "{folder}/estate.toml"\n{chain}', "tocsin.toml", {})
    desk = Desk(settings=settings, store=store, clock=clock, entropy=bytes)
    book = HealthBook(store=store, clock=clock, log=logger(io.StringIO(), ()))
    return EstateWatch(desk=desk, latest=LatestEstate(desk=desk), book=book, environment={})


def alerts(store: Store) -> dict[str, str]:
    return {alert.key: alert.detail for alert in open_alerts(store.engine)}


@pytest.mark.anvil
def test_what_differs_is_told_until_it_is_right_again_and_what_cannot_be_asked_stays_open(
    store: Store, tmp_path: Path, anvil: Anvil
) -> None:
    clock = Clock()
    watch = watch_of(store, tmp_path, ONE, anvil.url, clock)

    assert asyncio.run(watch.once())
    assert alerts(store)["estate:vault:code"].startswith("vault, code: no code is at this address")
    assert not asyncio.run(watch.once()), "not before it is due"

    clock.now += 6 * 3_600
    away = watch_of(store, tmp_path, ONE, "http://127.0.0.1:9", clock)
    asyncio.run(away.book.load())
    asyncio.run(away.once())
    assert set(alerts(store)) == {"estate:vault:code", "estate-chain:31337"}, "nobody saw that it is right"

    anvil.request("anvil_setCode", CODE, "0x6000")
    anvil.request("anvil_setBalance", CODE, "0x7")
    anvil.request("evm_mine")
    again = watch_of(store, tmp_path, ONE, anvil.url, clock)
    asyncio.run(again.book.load())
    assert asyncio.run(again.once())
    assert alerts(store) == {}
    (held,) = holdings_now(again.desk)
    assert (held.asset, held.amount) == ("vault", 7)


def test_a_slip_in_the_file_is_told_and_the_last_good_estate_counts(store: Store, tmp_path: Path) -> None:
    watch = watch_of(store, tmp_path, ACME, "http://127.0.0.1:9", Clock())
    good = watch.latest()

    (tmp_path / "estate.toml").write_text(ACME.replace("[[contract]]", "[[contrct]]"))
    assert watch.latest() is good
    asyncio.run(watch.once())
    assert "the last good one counts" in alerts(store)["estate"]
    assert "did you mean 'contract'" in alerts(store)["estate"]

    (tmp_path / "estate.toml").write_text(ACME)
    asyncio.run(watch.once())
    assert "estate" not in alerts(store)


def test_what_is_changed_over_the_api_is_seen_at_once(store: Store, tmp_path: Path) -> None:
    watch = watch_of(store, tmp_path, ACME, "http://127.0.0.1:9", Clock())
    assert "signing-host" not in watch.latest().assets

    content = {"id": "signing-host", "owner": "acme", "criticality": "high"}
    put(watch.desk, Actor(ActorKind.USER, "ada"), kind="host", content=content)

    assert "signing-host" in watch.latest().assets
    assert watch.latest() is watch.latest(), "it is not read again while nothing changed"
