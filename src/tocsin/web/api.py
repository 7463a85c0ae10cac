"""The API: every resource of `web/routes/`, with what all of them have in common."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, suppress
from types import ModuleType
from typing import Any

from fastapi import FastAPI
from fastapi.responses import HTMLResponse
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute

import tocsin.web.routes
from tocsin import __version__
from tocsin.app.access.guard import Guard, guard_of
from tocsin.app.bell import Bell
from tocsin.app.desk import Desk
from tocsin.app.serving.feed import Feed
from tocsin.edge.logs import Log
from tocsin.model.errors import ExtensionError
from tocsin.model.extension import load_with_modules, page
from tocsin.web import problems
from tocsin.web.asking import Needs, Open
from tocsin.web.documentation import document
from tocsin.web.entrance import Entrance
from tocsin.web.frame import Frame
from tocsin.web.ledger import Ledger
from tocsin.web.limits import LARGEST_BODY_BYTES, Limits
from tocsin.web.patience import Patience
from tocsin.web.problems import Problem
from tocsin.web.resource import Resource

PREFIX = "/api/v1"
STATUSES = (400, 401, 403, 404, 409, 412, 413, 422, 429, 500, 502, 503)
"""Of the problems that any route may answer with."""
DESCRIPTION = "Alerts, incidents, clocks, pages and evidence of an organisation that lives on blockchains."


def application(
    desk: Desk, *, log: Log, bell: Bell | None = None, guard: Guard | None = None, limits: Limits | None = None
) -> FastAPI:
    """
    The whole API, working at this desk.

    With the bell that the desk rings, what happens is told at once; else within a second. Raises `SettingError`.
    """
    keeper, amounts = guard or guard_of(desk), limits or Limits()
    made = FastAPI(
        title="tocsin",
        version=__version__,
        description=DESCRIPTION,
        openapi_url=f"{PREFIX}/openapi.json",
        docs_url=None,
        redoc_url=None,
        max_body_size=LARGEST_BODY_BYTES,
        lifespan=_following,
        generate_unique_id_function=_operation_id,
    )
    made.state.desk, made.state.guard = desk, keeper
    made.state.feed = Feed(desk=desk, rung=bell.listener() if bell else asyncio.Event())
    problems.handle(made)
    _add_resources(made)
    made.add_middleware(Ledger, guard=keeper, limits=amounts)
    made.add_middleware(Patience, log=log)
    made.add_middleware(Entrance, guard=keeper, limits=amounts)
    made.add_middleware(Frame, desk=desk, log=log)
    return made


def resources() -> Iterator[tuple[Resource, ModuleType]]:
    """Every resource, with its module."""
    return load_with_modules(tocsin.web.routes, Resource)


def _add_resources(made: FastAPI) -> None:
    tags: list[dict[str, Any]] = []
    for resource, module in resources():
        for route in resource.router.routes:
            _declare(route)
        made.include_router(resource.router, prefix=PREFIX, tags=[resource.id], responses=_problems())
        tags.append({"name": resource.id, "description": page(module)})
    made.openapi_tags = tags
    _describe_problems(made)

    @made.get(f"{PREFIX}/docs", include_in_schema=False)
    def docs() -> HTMLResponse:
        """The reference, for people."""
        return HTMLResponse(document(made.openapi()))


def needs_of(route: BaseRoute) -> str | None:
    """The scope a route needs; empty where nobody must be known; None where it does not say, which is an error."""
    declared = [each.call for each in route.dependant.dependencies] if isinstance(route, APIRoute) else []
    found = [call.scope if isinstance(call, Needs) else "" for call in declared if isinstance(call, Needs | Open)]
    return found[0] if len(found) == 1 else None


def _declare(route: BaseRoute) -> None:
    """Say in the document which scope a route needs. Raises `ExtensionError` where it does not say so itself."""
    if not isinstance(route, APIRoute) or (scope := needs_of(route)) is None:
        raise ExtensionError(f"{getattr(route, 'path', route)}: a route declares exactly one needs(...), or OPEN")
    open_to_all: dict[str, Any] = {} if scope else {"security": []}
    route.openapi_extra = {**(route.openapi_extra or {}), "x-needs": scope, **open_to_all}


def _problems() -> dict[int | str, dict[str, Any]]:
    """What a route may answer when it cannot be done."""
    schema = {"schema": {"$ref": "#/components/schemas/Problem"}}
    content: Mapping[str, Any] = {problems.MEDIA_TYPE: schema}
    return {status: {"content": content} for status in STATUSES}


def _describe_problems(made: FastAPI) -> None:
    """Put the problem's schema into the document, and how callers make themselves known."""
    generate = made.openapi

    def described() -> dict[str, Any]:
        whole = generate()
        parts = whole.setdefault("components", {})
        schema = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
        parts.setdefault("schemas", {}).update({**schema.pop("$defs", {}), "Problem": schema})
        parts["securitySchemes"] = {
            "key": {"type": "http", "scheme": "bearer"},
            "session": {"type": "apiKey", "in": "cookie", "name": "tocsin"},
        }
        whole["security"] = [{"key": []}, {"session": []}]
        return whole

    made.openapi = described  # type: ignore[method-assign] # FastAPI's own way to extend the document


def _operation_id(route: APIRoute) -> str:
    """Such as `incidents_find`: what generated clients call a route."""
    return f"{route.tags[0]}_{route.name}" if route.tags else route.name


@asynccontextmanager
async def _following(made: FastAPI) -> AsyncIterator[None]:
    feed: Feed = made.state.feed
    following = asyncio.create_task(feed.run())
    try:
        yield
    finally:
        following.cancel()
        with suppress(asyncio.CancelledError):
            await following
