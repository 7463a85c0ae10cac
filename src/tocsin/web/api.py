"""The API: every resource of `web/routes/`, with what all of them have in common."""

from collections.abc import Iterator
from types import ModuleType
from typing import Any

from fastapi import FastAPI

import tocsin.web.routes
from tocsin import __version__
from tocsin.app.desk import Desk
from tocsin.model.extension import load_with_modules, page
from tocsin.web import problems
from tocsin.web.problems import Problem
from tocsin.web.resource import Resource

PREFIX = "/api/v1"
LARGEST_BODY_BYTES = 1_000_000
"""Of a request whose route does not say otherwise."""
_PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"model": Problem, "content": {problems.MEDIA_TYPE: {}}}
    for status in (400, 401, 403, 404, 409, 412, 413, 422, 429, 500, 503)
}


def application(desk: Desk) -> FastAPI:
    """The whole API, working at this desk."""
    made = FastAPI(
        title="tocsin",
        version=__version__,
        openapi_url=f"{PREFIX}/openapi.json",
        docs_url=None,
        redoc_url=None,
        max_body_size=LARGEST_BODY_BYTES,
    )
    made.state.desk = desk
    problems.handle(made)
    for resource, module in resources():
        made.include_router(resource.router, prefix=PREFIX, tags=[resource.id], responses=_PROBLEMS)
        made.openapi_tags = [*(made.openapi_tags or ()), {"name": resource.id, "description": page(module)}]
    return made


def resources() -> Iterator[tuple[Resource, ModuleType]]:
    """Every resource, with its module."""
    return load_with_modules(tocsin.web.routes, Resource)
