"""Whether paging would work is said before it must: gaps, people who cannot be reached, signers who do not answer."""

import asyncio
import json
import threading
from pathlib import Path

import pytest

from channel_servers import HttpServer, Reply, answer, mail_server
from paged import ESTATE, PLAN, House, house_of
from tocsin.app.paging.answering import answer_link
from tocsin.app.paging.check import Weight, check, reachability, try_contacts
from tocsin.app.paging.heartbeat import Heartbeat
from tocsin.app.paging.oncall import Decision, add_override, ask_swap, decide_swap
from tocsin.app.paging.pager import Pager
from tocsin.app.telling.file import parse_channels
from tocsin.app.telling.teller import Remembered, Teller
from tocsin.edge.logs import logger
from tocsin.edge.sending.sender import Sender
from tocsin.edge.store.opening import Store
from tocsin.model.actor import Actor, ActorKind
from tocsin.model.errors import NotFound
from tocsin.model.priority import Priority
from tocsin.respond.oncall.schedule import Override, Swap


@pytest.fixture
def store_url(sqlite_url: str) -> str:
    """One database is enough here."""
    return sqlite_url


def wrong(house: House, days: float = 30) -> list[str]:
    found = check(house.desk, house.pager.teller, days=days).faults
    return [f"{fault.where}: {fault.says}" for fault in found if fault.weight is Weight.WRONG]


def try_all(house: House, *people: str) -> list[tuple[str, str, str]]:
    found = asyncio.run(try_contacts(house.desk, house.pager.teller, people))
    return [(test.person, test.channel, test.outcome) for test in found]


def test_a_plan_that_covers_everything_is_right_once_it_was_tested(house: House) -> None:
    before = check(house.desk, house.pager.teller, days=30)
    assert before.is_right
    assert len([f for f in before.faults if "not tested" in f.says]) == 7

    try_all(house)

    assert check(house.desk, house.pager.teller, days=30).faults == ()


def test_a_test_is_marked_and_no_page(house: House) -> None:
    assert try_all(house, "dee") == [("dee", "hook", "delivered")]

    (request,) = house.hooks.requests
    told = json.loads(request.body)
    assert (told["type"], told["data"]["priority"]) == ("tocsin.message.test", "P4")
    assert house.pages() == ()
    with pytest.raises(NotFound, match="did you mean 'dee'"):
        try_all(house, "deee")


def test_a_test_that_failed_is_wrong_until_one_succeeds(house: House) -> None:
    house.hooks.always = answer(404)
    try_all(house, "dee")
    assert [says for says in wrong(house) if says.startswith("person dee")] != []

    house.hooks.always = None
    house.clock.now += 60
    try_all(house, "dee")
    assert wrong(house) == []


def test_hours_in_which_a_step_has_nobody_are_told(store: Store, hooks: HttpServer, tmp_path: Path) -> None:
    hours = 'people = ["ada"]\nhours = [{ days = "mon-fri", from = "08:00", to = "20:00" }]'
    house = house_of(store, tmp_path, hooks, plan=PLAN.replace('people = ["ada"]', hours, 1))

    gaps = [f for f in check(house.desk, house.pager.teller, days=2).faults if f.weight is Weight.WRONG]
    assert {fault.where for fault in gaps} == {"policy critical, step 1", "policy critical, step 2"}
    assert gaps[0].says == "has nobody: schedule:first: nobody is on call"
    assert gaps[0].begins is not None
    assert gaps[0].ends == gaps[0].begins + 12 * 3_600


@pytest.mark.parametrize(
    ("plan", "estate", "says"),
    [
        ("", ESTATE, "plan: no policy is set up"),
        (PLAN, "", "estate: nobody has a contact"),
        (PLAN.replace('"ada"', '"zoe"'), ESTATE, "file: schedule first: 'zoe' is nobody of the estate"),
        (PLAN, ESTATE.replace('channel = "hook"', 'channel = "hok"'), "person ada: there is no channel 'hok'; did you"),
        (
            PLAN.replace('to = ["schedule:second"]', 'to = ["signers:treasury"], mode = "quorum", needed = 4', 1),
            ESTATE,
            "policy critical, step 3: needs 4 answers and reaches 3",
        ),
    ],
)
def test_what_keeps_pages_from_people_is_named(
    store: Store, hooks: HttpServer, tmp_path: Path, plan: str, estate: str, says: str
) -> None:
    house = house_of(store, tmp_path, hooks, plan=plan, estate=estate)

    assert any(fault.startswith(says) for fault in wrong(house)), wrong(house)


def test_signers_who_answer_a_test_make_a_quorum_or_miss_it(house: House) -> None:
    """Reference: incident response, 5.6."""
    try_all(house)
    links: dict[str, str] = {}
    for request in house.hooks.requests:
        told = json.loads(request.body)["data"]
        links[told["address"]] = told["acknowledge_link"].rpartition("/")[2]
    house.clock.now += 30
    answer_link(house.desk, links["bo"])
    (missed,) = reachability(house.desk)
    assert (missed.safe, missed.answered, missed.silent) == ("treasury", (("bo", 30.0),), ("ada", "chen"))
    assert missed.quorum_seconds is None

    house.clock.now += 15
    answer_link(house.desk, links["chen"])

    (reached,) = reachability(house.desk)
    assert reached.quorum_seconds == 45.0


def test_a_page_goes_out_by_mail_through_the_real_sender(store: Store, hooks: HttpServer, tmp_path: Path) -> None:
    estate = ESTATE.replace('channel = "hook", address = "ada"', 'channel = "post", address = "ada@example.org"')
    with mail_server() as mail:
        house = house_of(store, tmp_path, hooks, estate=estate)
        post = f'[channel.post]\nkind = "email"\nallow_private = true\nhost = "127.0.0.1"\nport = {mail.port}\n'
        file = parse_channels(f'{post}sender = "tocsin@example.org"\nsecurity = "plain"', "channels.toml", {})
        house.pager.teller = Teller(file, Sender().send, house.clock, Remembered())
        house.declare(title="Vault drained\r\nBcc: everybody@example.org")
        house.turn()

        (came,) = mail.received
    assert came.recipients == ["ada@example.org"]
    assert "INC-2026-0001" in came.text
    link = came.text.partition("/api/v1/ack/")[2].split()[0]
    answer_link(house.desk, link)
    house.turn()
    assert [page.state for page in house.pages()] == ["answered"]


def test_the_outside_watcher_hears_the_pager_while_it_can_page(house: House) -> None:
    """Reference: incident response, 4.5, test 9: when this stops, the watcher pages somebody."""
    beating = Heartbeat(url=f"{house.hooks.url}/beat", send=Sender().send, clock=house.clock, log=logger(house.log, ()))
    pager = Pager(desk=house.desk, teller=house.pager.teller, log=logger(house.log, ()), heartbeat=beating)

    heard = threading.Event()

    def hear(reply: Reply) -> None:
        heard.set()
        reply.send(200)

    house.hooks.always = hear

    async def for_a_while() -> None:
        running = asyncio.create_task(pager.run())
        await asyncio.to_thread(heard.wait, 30)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    asyncio.run(for_a_while())

    assert [(r.method, r.path) for r in house.hooks.requests] == [("GET", "/beat")]
    assert not beating.is_due
    house.clock.now += 60
    assert beating.is_due


def test_a_watcher_that_does_not_hear_stops_nothing(house: House) -> None:
    house.hooks.always = answer(500)
    beating = Heartbeat(url=f"{house.hooks.url}/beat", send=Sender().send, clock=house.clock, log=logger(house.log, ()))

    assert asyncio.run(beating.beat()) is False
    assert "refused" in house.log.getvalue()


def test_overrides_and_swaps_that_were_taken_hold_for_the_pager(house: House) -> None:
    begins, ends = house.clock.now, house.clock.now + 3_600
    bo = Actor(ActorKind.USER, "bo")
    asked = ask_swap(house.desk, bo, "second", Swap(id="", asks="bo", takes="chen", begins=begins, ends=ends))
    house.declare(Priority.P2)
    house.turn()
    assert house.told() == [(0, "hook/bo")]

    decide_swap(house.desk, Actor(ActorKind.USER, "chen"), asked.swap.id, Decision.TAKEN)
    add_override(house.desk, bo, "first", Override(person="dee", instead_of="ada", begins=begins, ends=ends))
    house.declare(Priority.P2)
    house.declare(Priority.P1)
    house.turn()

    assert house.told() == [(0, "hook/chen"), (0, "hook/dee")]
