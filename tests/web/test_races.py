"""Two who act at the same time: neither undoes what the other could rely on."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from api_server import ApiServer
from tocsin.app.access import users
from tocsin.app.access.users import Change
from tocsin.edge.store import access
from tocsin.edge.store.errors import named_errors
from tocsin.edge.store.opening import Store
from tocsin.model.actor import TOCSIN
from tocsin.model.errors import StoreUnavailable, WrongState


def in_thread(act: Callable[[], object]) -> tuple[threading.Thread, list[BaseException]]:
    """Begin an act in a thread; what it raises is in the list."""
    raised: list[BaseException] = []

    def run() -> None:
        try:
            act()
        except WrongState as error:
            raised.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    return thread, raised


def test_two_administrators_who_disable_each_other_leave_one(api: ApiServer) -> None:
    api.user("ada", "admin")
    api.user("bob", "admin")
    with api.guard.reading() as connection:  # another process, in the middle of disabling ada
        access.change_user(connection, "ada", is_disabled=True)
        thread, raised = in_thread(lambda: users.change(api.guard, TOCSIN, "bob", Change(is_disabled=True)))
        thread.join(0.5)
    thread.join(20)

    assert [type(error) for error in raised] == [WrongState]
    left = [user.id for user in users.users(api.guard) if "admin" in user.roles and not user.is_disabled]
    assert left == ["bob"]


def test_one_name_that_many_take_at_once_is_one_users(api: ApiServer) -> None:
    admin = api.client("admin")

    def add(number: int) -> int:
        return int(admin.post("/users", json={"id": f"new{number % 4}", "roles": ["viewer"]}).status_code)

    with ThreadPoolExecutor(8) as pool:
        got = list(pool.map(add, range(32)))
    assert sorted(got) == [201] * 4 + [409] * 28


@pytest.mark.parametrize("store_url", [pytest.param("postgresql", marks=pytest.mark.postgresql)], indirect=True)
def test_two_transactions_that_wait_for_each_other_are_told_to_come_again(api: ApiServer, store: Store) -> None:
    api.user("ada", "admin")
    api.user("bob", "admin")
    met = threading.Barrier(2)

    def cross(first: str, second: str) -> str:
        try:
            with named_errors(), store.engine.begin() as connection:
                access.user(connection, first)
                met.wait(10)
                access.user(connection, second)
        except StoreUnavailable:
            return "away"
        return "done"

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(cross, ("ada", "bob"), ("bob", "ada"))) == ["away", "done"]
