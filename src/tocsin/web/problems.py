"""
Errors as problem details (RFC 9457): the class of an error decides the status, never its text.

What whoever asks can put right is told in words. A defect of tocsin is not: it is logged, and told by its request.
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Annotated, Any, Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from tocsin.model import errors
from tocsin.model.errors import TocsinError

MEDIA_TYPE: Final = "application/problem+json"
STATUSES: Mapping[type[TocsinError], HTTPStatus] = {
    errors.Unauthenticated: HTTPStatus.UNAUTHORIZED,
    errors.NotAllowed: HTTPStatus.FORBIDDEN,
    errors.NotFound: HTTPStatus.NOT_FOUND,
    errors.WrongState: HTTPStatus.CONFLICT,
    errors.Outdated: HTTPStatus.PRECONDITION_FAILED,
    errors.Unacceptable: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.TooOften: HTTPStatus.TOO_MANY_REQUESTS,
    errors.EstateError: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.RuleError: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.InputError: HTTPStatus.BAD_REQUEST,
    errors.RemoteError: HTTPStatus.BAD_GATEWAY,
    errors.ChannelError: HTTPStatus.BAD_GATEWAY,
    errors.StoreError: HTTPStatus.SERVICE_UNAVAILABLE,
}
"""The status of an error: of its own class, else of the nearest class above. Every other is a defect or a wrong setting
of this installation: 500, without details."""
RETRY_AFTER_SECONDS = 5
"""When to ask again while the store is away."""
DEFECT = (
    "tocsin could not do it, and this is not your fault; whoever runs it finds the reason in the log, by request_id"
)
_PREFIX = "urn:tocsin:problem:"


class Fault(BaseModel):
    """One thing that is wrong about a request."""

    where: Annotated[str, Field(description="Such as body.title.")]
    says: str


class Problem(BaseModel):
    """Problem details, RFC 9457."""

    type: Annotated[str, Field(description="Which kind of problem; programs decide by this.")]
    title: str
    status: int
    detail: Annotated[str, Field(description="What happened, and what to do; for people.")]
    request_id: str
    errors: Annotated[list[Fault], Field(description="Each thing that is wrong about the request.")] = []


def status_of(error: TocsinError) -> HTTPStatus:
    """The status of an error."""
    return next((STATUSES[kind] for kind in type(error).__mro__ if kind in STATUSES), HTTPStatus.INTERNAL_SERVER_ERROR)


def problem(status: int, detail: str, request_id: str, *, headers: Mapping[str, str] = {}, **more: Any) -> JSONResponse:
    """The answer that tells of a problem."""
    known = HTTPStatus(status)
    told = Problem(
        type=_PREFIX + known.phrase.lower().replace(" ", "-"),
        title=known.phrase,
        status=status,
        detail=detail,
        request_id=request_id,
        **more,
    )
    return JSONResponse(told.model_dump(exclude_defaults=True), status, headers, MEDIA_TYPE)


def of_error(error: TocsinError, request_id: str) -> JSONResponse:
    """The answer that tells of an error of ours."""
    status = status_of(error)
    detail = DEFECT if status is HTTPStatus.INTERNAL_SERVER_ERROR else str(error)
    return problem(status, detail, request_id, headers=_headers(error))


def told_or_hidden(error: Exception, request_id: str) -> JSONResponse:
    """The answer when a request failed for reasons of ours: those of our errors are told, a defect is not."""
    if isinstance(error, TocsinError):
        return of_error(error, request_id)
    return problem(HTTPStatus.INTERNAL_SERVER_ERROR, DEFECT, request_id)


def _headers(error: TocsinError) -> dict[str, str]:
    if isinstance(error, errors.TooOften):
        return {"Retry-After": str(max(1, round(error.retry_after_seconds)))}
    if isinstance(error, errors.StoreError):
        return {"Retry-After": str(RETRY_AFTER_SECONDS)}
    if isinstance(error, errors.Unauthenticated):
        return {"WWW-Authenticate": "Bearer"}
    return {}


def handle(application: FastAPI) -> None:
    """Make every error of this application tell itself so."""
    application.add_exception_handler(TocsinError, _ours)
    application.add_exception_handler(RequestValidationError, _invalid)
    application.add_exception_handler(HTTPException, _http)


def _request_id(request: Request) -> str:
    return getattr(request.state, "request_id", "")


async def _ours(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, TocsinError)  # noqa: S101 - Starlette calls it for this class alone
    if status_of(error) is HTTPStatus.INTERNAL_SERVER_ERROR:
        raise error  # logged, and told, by the outermost layer
    return of_error(error, _request_id(request))


async def _invalid(request: Request, error: Exception) -> JSONResponse:
    """What was given is not repeated: it may be a secret."""
    assert isinstance(error, RequestValidationError)  # noqa: S101 - Starlette calls it for this class alone
    faults = [Fault(where=".".join(map(str, each["loc"])), says=each["msg"]) for each in error.errors()]
    detail = "; ".join(f"{fault.where}: {fault.says}" for fault in faults[:3])
    return problem(HTTPStatus.UNPROCESSABLE_ENTITY, detail, _request_id(request), errors=faults)


async def _http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101 - Starlette calls it for this class alone
    return problem(error.status_code, error.detail, _request_id(request), headers=error.headers or {})
