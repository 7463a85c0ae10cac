"""Clocks as people ask for them, and the timekeeper that keeps them."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

import pytest

from tocsin.app.bell import Bell
from tocsin.app.clocks import clocks as asked
from tocsin.app.clocks.timekeeper import Timekeeper, rules_of
from tocsin.app.desk import Desk
from tocsin.app.health import HealthBook
from tocsin.app.settings import parse
from tocsin.edge import clock as real
from tocsin.edge.logs import logger
from tocsin.edge.store import health, incidents, journal
from tocsin.edge.store.opening import Store
from tocsin.model.actor import TOCSIN, Actor, ActorKind
from tocsin.model.errors import EstateError, NotAllowed, NotFound, SettingError, Unacceptable, WrongState
from tocsin.model.priority import Priority
from tocsin.respond.incident import events

ADA = Actor(ActorKind.USER, "ada")
T0, MINUTE, HOUR = 1_772_452_800.0, 60.0, 3_600.0


@dataclass
class Hands:
    """The hands of a clock that somebody moves."""

    at: float = T0

    def __call__(self) -> float:
        return self.at


@pytest.fixture
def hands() -> Hands:
    return Hands()


@pytest.fixture
def desk(store: Store, hands: Hands) -> Desk:
    return new_desk(store, hands, '[respond]\nregimes = ["gdpr", "dora", "mas", "circia"]')


def new_desk(store: Store, clock: Callable[[], float], text: str) -> Desk:
    return Desk(settings=parse(text, "tocsin.toml", {}), store=store, clock=clock, entropy=real.entropy)


def declare(desk: Desk, priority: Priority = Priority.P1, *, is_restricted: bool = False) -> str:
    now, incident = desk.clock(), desk.new_id()
    told = events.Declared(
        number="",
        title="Drain",
        type="exploit",
        priority=priority,
        because=("value is leaving",),
        rule="loss",
        detected_at=now,
        is_restricted=is_restricted,
        codename="quiet fox",
    )
    with desk.store.engine.begin() as connection:
        state = incidents.declare(connection, incident=incident, events=[told], actor=ADA, occurred_at=now, now=now)
    return state.number


def states(desk: Desk, number: str) -> dict[str, str]:
    return {each.definition: each.state.value for each in asked.standing(desk, ADA, number).clocks}


def test_open_clocks_stand_by_time_left(desk: Desk) -> None:
    number = declare(desk)
    found = [each.clock.definition for each in asked.open_clocks(desk, ADA)]
    assert found == ["acknowledge", "response", "contain", "update"]
    assert asked.clock_of(desk, ADA, f"{number}:response").clock.due_at == T0 + 15 * MINUTE


def test_a_clock_stands_only_where_it_may(desk: Desk, hands: Hands) -> None:
    number = declare(desk)
    asked.declare_trigger(desk, ADA, number, "aware", at=T0, why="personal data was read")

    with pytest.raises(WrongState, match="may not stand"):
        asked.pause(desk, ADA, f"{number}:response", waiting="external_party", reason="the bridge answers")
    with pytest.raises(WrongState, match="never stands"):
        asked.pause(desk, ADA, f"{number}:gdpr-33", waiting="law_enforcement", reason="the police ask")
    with pytest.raises(WrongState, match="did you mean 'external_party'"):
        asked.pause(desk, ADA, f"{number}:contain", waiting="external_part", reason="the bridge answers")
    with pytest.raises(Unacceptable, match="reason"):
        asked.pause(desk, ADA, f"{number}:contain", waiting="external_party", reason="  ")
    with pytest.raises(NotAllowed, match="only a person"):
        asked.pause(desk, TOCSIN, f"{number}:contain", waiting="external_party", reason="the bridge answers")

    asked.pause(desk, ADA, f"{number}:contain", waiting="external_party", reason="the bridge answers")
    with pytest.raises(WrongState, match="is paused"):
        asked.pause(desk, ADA, f"{number}:contain", waiting="external_party", reason="again")
    hands.at = T0 + 2 * HOUR
    assert asked.resume(desk, ADA, f"{number}:contain").due_at == T0 + 2 * HOUR + 30 * MINUTE


def test_an_incident_is_called_by_any_of_its_names(desk: Desk) -> None:
    declare(desk)
    assert asked.clock_of(desk, ADA, "1:contain").clock.definition == "contain"
    assert asked.waive(desk, ADA, "2026-1:contain", reason="nothing to contain").state.value == "waived"
    with pytest.raises(NotFound, match="no clock"):
        asked.clock_of(desk, ADA, "1:contian")
    with pytest.raises(NotFound, match="no clock"):
        asked.clock_of(desk, ADA, "contain")


def test_a_waiver_names_who_and_why_and_comes_after_a_breach_too(desk: Desk, hands: Hands) -> None:
    number = declare(desk)
    hands.at = T0 + 16 * MINUTE
    waived = asked.waive(desk, ADA, f"{number}:response", reason="a test of the line; nobody was told of it")
    assert (waived.state.value, waived.waived_by, waived.breached_at) == ("waived", "user:ada", T0 + 15 * MINUTE)
    with pytest.raises(WrongState, match="is waived"):
        asked.waive(desk, ADA, f"{number}:response", reason="again")


def test_duties_follow_from_what_people_declare(desk: Desk, hands: Hands) -> None:
    number = declare(desk)
    before = {each.id for each in asked.standing(desk, ADA, number).undecided}
    assert before == {
        *("gdpr-33", "gdpr-34", "dora-initial", "mas-psn05-notify", "mas-psn05-cause", "mas-psn05-rto"),
    }

    asked.declare_trigger(desk, ADA, number, "classified", at=T0, why="funds of customers")
    asked.declare_trigger(desk, ADA, number, "aware", at=T0 - 22 * HOUR, why="the first report")
    stands = asked.standing(desk, ADA, number)
    (initial,) = (each for each in stands.clocks if each.definition == "dora-initial" and each.is_open)
    assert initial.due_at == T0 + 2 * HOUR

    hands.at = T0 + HOUR
    asked.record_submission(desk, ADA, number, "dora-initial", at=T0 + HOUR, why="form 4 sent", evidence="e1")
    asked.not_reportable(desk, ADA, number, "mas", why="no service in Singapore")
    asked.not_reportable(desk, ADA, number, "gdpr-33", why="no personal data")

    stands = asked.standing(desk, ADA, number)
    latest = {each.definition: each for each in stands.clocks}
    assert latest["dora-initial"].state.value == "met"
    assert latest["dora-intermediate"].due_at == T0 + 73 * HOUR
    assert latest["gdpr-33"].reason == "not reportable: no personal data"
    assert {each.id for each in stands.undecided} == {"gdpr-34", "dora-update"}


def test_clocks_of_a_restricted_incident_are_not_there_for_others(desk: Desk) -> None:
    number, eve = declare(desk, is_restricted=True), Actor(ActorKind.USER, "eve")
    assert len(asked.open_clocks(desk, ADA)) == 4
    assert asked.open_clocks(desk, eve) == ()
    with pytest.raises(NotFound, match="no clock"):
        asked.clock_of(desk, eve, f"{number}:response")
    with pytest.raises(NotFound, match="no clock"):
        asked.waive(desk, eve, f"{number}:response", reason="curious")
    with pytest.raises(NotFound, match="no incident"):
        asked.declare_trigger(desk, eve, number, "aware", at=T0, why="curious")


def test_rows_that_were_lost_are_made_again(desk: Desk, hands: Hands) -> None:
    number = declare(desk)
    before = asked.standing(desk, ADA, number)
    with desk.store.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM clocks")
        connection.exec_driver_sql("DELETE FROM clock_situations")
    assert asked.rebuild(desk) == 1
    assert asked.standing(desk, ADA, number) == before
    hands.at = T0 + 16 * MINUTE
    assert states(desk, number)["response"] == "breached"


def test_a_regime_that_is_named_later_starts_its_clocks_from_what_was_declared(store: Store, hands: Hands) -> None:
    """Of incidents that are not closed, once, and not what was submitted since."""
    before = new_desk(store, hands, "")
    number = declare(before)
    asked.declare_trigger(before, ADA, number, "aware", at=T0, why="names were read")
    assert "gdpr-33" not in states(before, number)

    hands.at = T0 + HOUR
    after = new_desk(store, hands, '[respond]\nregimes = ["gdpr"]')
    for _ in range(2):
        asyncio.run(Timekeeper(desk=after, heard=asyncio.Event(), health=book(after)).begin())
    (clock,) = (each for each in asked.standing(after, ADA, number).clocks if each.definition == "gdpr-33")
    assert (clock.started_at, clock.due_at) == (T0, T0 + 72 * HOUR)


def test_what_cannot_be_declared_says_what_could(desk: Desk) -> None:
    number = declare(desk)
    with pytest.raises(Unacceptable, match="did you mean 'aware'"):
        asked.declare_trigger(desk, ADA, number, "awear", at=T0, why="w")
    with pytest.raises(Unacceptable, match="did you mean 'dora-initial'"):
        asked.record_submission(desk, ADA, number, "dora-intial", at=T0, why="w")
    with pytest.raises(Unacceptable, match="future"):
        asked.declare_trigger(desk, ADA, number, "aware", at=T0 + HOUR, why="w")
    with pytest.raises(NotAllowed, match="decision of a person"):
        asked.declare_trigger(desk, TOCSIN, number, "aware", at=T0, why="w")
    with pytest.raises(NotFound, match="no incident"):
        asked.declare_trigger(desk, ADA, "INC-1999-0001", "aware", at=T0, why="w")
    with pytest.raises(NotFound, match="no clock"):
        asked.waive(desk, ADA, "INC-1999-0001:response", reason="w")


def test_what_is_not_in_force_is_listed_and_runs_for_nobody(desk: Desk) -> None:
    runs = {each.id: is_running for each, is_running in asked.rules(desk)}
    assert runs["gdpr-33"] is True
    assert runs["circia-incident"] is False
    assert runs["nis2-early"] is False


OWN = """
rebase = "from_change"
time_zone = "Europe/Zurich"
opens = 09:00:00
closes = 17:00:00

[target.contain]
P1 = "20m"
P4 = "3 business days"
warn_percent = 50
pauses_in = ["external_party", "customer"]

[target.update]
P3 = "8 business hours"

[target.response]
P2 = "30m"
pauses_in = ["external_party"]

[[duty]]
id = "insurer"
says = "the insurer is told"
trigger = "aware"
within = "24h"
recipient = "Acme Insurance"
source = "policy 12, clause 4"
"""


def desk_with(store: Store, hands: Hands, folder: Path, text: str) -> Desk:
    file = folder / "clocks.toml"
    file.write_text(text)
    return new_desk(store, hands, f'[respond]\nclocks = "{file}"\ncountries = ["CH-ZH"]')


def test_targets_of_ones_own_and_a_duty_to_an_insurer(store: Store, hands: Hands, tmp_path: Path) -> None:
    desk = desk_with(store, hands, tmp_path, OWN)
    number = declare(desk)
    asked.declare_trigger(desk, ADA, number, "aware", at=T0, why="funds left")
    by_definition = {each.definition: each for each in asked.standing(desk, ADA, number).clocks}
    assert by_definition["contain"].due_at == T0 + 20 * MINUTE
    assert by_definition["contain"].warn_at == T0 + 10 * MINUTE
    assert by_definition["insurer"].due_at == T0 + 24 * HOUR
    asked.pause(desk, ADA, f"{number}:response", waiting="external_party", reason="the tenant chose so")

    third = declare(desk, Priority.P3)
    update = asked.clock_of(desk, ADA, f"{third}:update").clock
    assert update.due_at == T0 + 24 * HOUR + 0 * MINUTE  # noon in UTC is 13:00 there: four hours today, four tomorrow


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('[target.response]\nP1 = "20m"', "less than 15m"),
        ('[target.acknowledge]\nP4 = "1 business day"', "less than 24h"),
        ('[target.contian]\nP1 = "20m"', "did you mean 'contain'"),
        ('[target.contain]\nP1 = "soon"', "such as 90s, 15m"),
        ('[target.contain]\nP9 = "20m"', "P9"),
        ('rebase = "from_strat"', "did you mean 'from_start'"),
        ('[[duty]]\nid = "x"', "says is missing"),
        (OWN + OWN[OWN.index("[[duty]]") :], "a second clock"),
        ("[target", "not TOML"),
        ('time_zone = "Mars/Olympus"', "Europe/Zurich"),
        ('opens = "09:00"', "without quotes"),
    ],
)
def test_a_wrong_file_says_what_is_wrong(store: Store, hands: Hands, tmp_path: Path, text: str, says: str) -> None:
    desk = desk_with(store, hands, tmp_path, text)
    with pytest.raises(EstateError, match=says):
        asked.open_clocks(desk, ADA)


@pytest.mark.parametrize(
    ("text", "kind", "says"),
    [
        ('[respond]\nregimes = ["gdrp"]', SettingError, "did you mean 'gdpr'"),
        ('[respond]\ncountries = ["XX"]', EstateError, "no holidays are known"),
        ('[respond]\nclocks = "absent.toml"', EstateError, "absent.toml"),
    ],
)
def test_wrong_settings_say_what_is_wrong(
    store: Store, hands: Hands, text: str, kind: type[Exception], says: str
) -> None:
    with pytest.raises(kind, match=says):
        rules_of(new_desk(store, hands, text).settings)


def test_the_timekeeper_acts_when_the_bell_rings_and_when_time_has_passed(desk: Desk, hands: Hands) -> None:
    async def story() -> str:
        bell = Bell(asyncio.get_running_loop())
        keeper = Timekeeper(desk=desk, heard=bell.listener(), health=book(desk))
        running = asyncio.create_task(keeper.run())
        number = await asyncio.to_thread(declare, desk)
        bell.ring()
        await until(lambda: len(kinds(desk)) > 1)
        hands.at = T0 + 20 * MINUTE
        bell.ring()
        await until(lambda: "clock_breached" in kinds(desk))
        running.cancel()
        return number

    number = asyncio.run(story())
    assert states(desk, number)["response"] == "breached"


def test_a_timekeeper_that_cannot_work_is_a_health_alert_until_it_can(
    store: Store, hands: Hands, tmp_path: Path
) -> None:
    """The file of clocks cannot be read; then it can."""
    broken = desk_with(store, hands, tmp_path, "rebase = 1")

    async def story() -> None:
        keeper = Timekeeper(desk=broken, heard=asyncio.Event(), health=book(broken))
        running = asyncio.create_task(keeper.run())
        await until(lambda: [each.key for each in health.open_alerts(store.engine)] == ["clocks"])
        (tmp_path / "clocks.toml").write_text("")
        keeper.heard.set()
        await until(lambda: health.open_alerts(store.engine) == ())
        running.cancel()

    asyncio.run(story())


def book(desk: Desk) -> HealthBook:
    return HealthBook(store=desk.store, clock=desk.clock, log=logger(StringIO(), ()))


def kinds(desk: Desk) -> list[str]:
    with desk.store.engine.begin() as connection:
        return [entry.kind for entry in journal.since(connection, 0)]


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not await asyncio.to_thread(holds):  # noqa: ASYNC110 - what is awaited is in the database
            await asyncio.sleep(0.01)
