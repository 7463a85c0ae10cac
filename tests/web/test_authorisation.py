"""Who may do what: every route, for every role and for nobody, asked over HTTP."""

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from fastapi.routing import APIRoute

from api_server import ApiServer, running, settings_for
from tocsin.edge.store.opening import open_store
from tocsin.respond.access.roles import ROLES, scopes_of
from tocsin.respond.access.scopes import SCOPES, SELF
from tocsin.web.api import PREFIX, needs_of, resources

ROUTES = [
    pytest.param(method, route, id=f"{method} {route.path}")
    for resource, _ in resources()
    for route in resource.router.routes
    if isinstance(route, APIRoute)
    for method in sorted(route.methods)
]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiServer]:
    folder: Path = tmp_path_factory.mktemp("matrix")
    store = open_store(f"sqlite:///{folder}/tocsin.db")
    with running(store, settings_for(folder)) as made:
        yield made
    store.close()


@pytest.fixture(scope="module")
def clients(server: ApiServer) -> dict[str, httpx.Client]:
    return {role: server.client(role) for role in ROLES}


def status(client: httpx.Client, method: str, route: APIRoute) -> int:
    """What the route answers to a request that names nothing and says nothing."""
    path = re.sub(r"\{[^}]*\}", "0", route.path)
    with client.stream(method, path) as answer:
        return answer.status_code


@pytest.mark.parametrize(("method", "route"), ROUTES)
def test_every_route_says_what_it_needs(method: str, route: APIRoute) -> None:
    scope = needs_of(route)
    assert scope is not None, "declare exactly one needs(...), or OPEN"
    assert scope in SCOPES | {""}
    assert method in ("GET", "DELETE", "PATCH", "POST", "PUT")
    if scope not in ("", SELF) and method in ("DELETE", "PATCH", "PUT"):
        assert scope.endswith(":write"), f"{method} with {scope}"


@pytest.mark.parametrize(("method", "route"), ROUTES)
def test_a_route_lets_in_whoever_has_its_scope_and_nobody_else(
    method: str, route: APIRoute, server: ApiServer, clients: dict[str, httpx.Client]
) -> None:
    scope = needs_of(route) or ""
    for role in ROLES:
        if (method, route.path) in LEAVING:
            continue
        got = status(clients[role], method, route)
        allowed = not scope or scope in scopes_of([role])
        if scope:
            assert (got != 403) is allowed, f"{role}: {got}"
            assert got != 401, role
        assert got < 500 or got == 503, f"{role}: {got}"
    if scope:
        assert status(server.anonymous(), method, route) == 401


LEAVING = {("DELETE", "/session")}
"""Ends the session it is asked with."""


def test_scopes_of_roles_are_scopes() -> None:
    assert all(scopes <= SCOPES for scopes in ROLES.values())
    assert not any("audit:write" in scopes for scopes in ROLES.values())


def test_who_audits_or_looks_changes_nothing() -> None:
    for role in ("auditor", "viewer"):
        assert not [scope for scope in ROLES[role] if scope.endswith(":write")]


def test_paths_are_below_the_prefix(server: ApiServer) -> None:
    document = server.anonymous().get("/openapi.json").json()
    assert all(path.startswith(PREFIX) for path in document["paths"])
    assert document["openapi"] == "3.1.0"
    assert len(document["paths"]) == len({route.values[1].path for route in ROUTES})
