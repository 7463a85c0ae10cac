"""The whole API is asked what its own document allows, and more: nothing makes it fail."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings

from api_server import ApiServer, running, settings_for
from tocsin.edge.store.opening import open_store
from tocsin.respond.access.roles import ROLES
from tocsin.web.api import PREFIX, resources
from tocsin.web.problems import MEDIA_TYPE

EXAMPLES = 6
"""Requests to each operation."""
SESSION_ENDS = {("DELETE", f"{PREFIX}/session")}
ENDLESS = f"{PREFIX}/events"
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiServer]:
    folder: Path = tmp_path_factory.mktemp("schema")
    store = open_store(f"sqlite:///{folder}/tocsin.db")
    with running(store, settings_for(folder)) as made:
        yield made
    store.close()


@pytest.fixture(scope="module")
def everything(server: ApiServer) -> Iterator[requests.Session]:
    """Somebody with every role: nothing is kept from the generator."""
    client = server.client(*ROLES, name="everything")
    declared = client.post("/incidents", json={"title": "Vault drained", "type": "exploit"})
    assert declared.status_code == 201, declared.text
    with session_of(client) as session:
        yield session


def session_of(client: httpx.Client) -> requests.Session:
    """The same caller, as the generator asks."""
    made = requests.Session()
    made.cookies.update(dict(client.cookies))
    made.headers["X-Tocsin-Request"] = "test"
    return made


@pytest.mark.parametrize("tag", [resource.id for resource, _ in resources()])
def test_nothing_that_is_asked_is_a_failure_of_ours(server: ApiServer, everything: requests.Session, tag: str) -> None:
    document = server.anonymous().get("/openapi.json").json()
    schema = schemathesis.openapi.from_dict(document)
    asked = 0
    for result in schema.get_all_operations():
        operation = result.ok()
        if tag in operation.tags and operation.path != ENDLESS:
            _ask(server, everything, operation)
            asked += 1
    assert asked or tag == "events"
    assert everything.get(f"{server.url}/version").status_code == 200, (
        "still logged in: what was asked was asked as somebody"
    )


def _ask(server: ApiServer, everything: requests.Session, operation: Any) -> None:
    @seed(1)
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def ask(case: Any) -> None:
        if (case.method, case.operation.path) in SESSION_ENDS:
            return
        _name_what_is_there(case)
        if (answer := _send(everything, case, server)) is None:
            return
        where = f"{case.method} {case.operation.path}"
        defect = answer.status_code >= 500  # the store is there and nothing is sent: 502 and 503 are none either
        assert not defect, f"{where}: {answer.text}\n{server.log.getvalue()[-3_000:]}"
        if answer.status_code >= 400:
            kind = answer.headers["content-type"][0].partition(";")[0]
            assert kind in (MEDIA_TYPE, "text/html"), f"{where}: {answer.status_code} {answer.text[:200]}"

    ask()


def _name_what_is_there(case: Any) -> None:
    """Half of the time a path names the incident that is there: what is not there is soon answered."""
    if "incident" in (case.path_parameters or {}) and len(str(case.path_parameters["incident"])) % 2:
        case.path_parameters["incident"] = "1"


def _send(session: requests.Session, case: Any, server: ApiServer) -> Any:
    """Ask as the generator says, but as somebody who is logged in; None for what HTTP itself cannot say."""
    for name in [name for name in case.headers or () if name.lower() in _OWN]:
        del case.headers[name]
    case.cookies = {}
    try:
        return case.call(base_url=f"http://{server.address}", session=session)
    except (requests.exceptions.InvalidHeader, requests.exceptions.InvalidURL, UnicodeEncodeError):
        return None


_OWN = {"authorization", "cookie", "host", "origin", "content-length", "user-agent"}
"""Headers that say who asks, from where: the test's own."""
