"""JSON-RPC over HTTP: batches, packed and bounded answers, one time limit for the whole of an answer."""

import asyncio
import email.utils
import logging
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress

import httpx

from tocsin.chain.rpc.json_rpc import Outcome, Request, encode, parse
from tocsin.edge.rpc.limits import Limits
from tocsin.edge.rpc.urls import is_loopback, shown, without_secrets
from tocsin.model.errors import (
    AnswerTooLarge,
    EndpointRefused,
    EndpointUnavailable,
    MalformedInput,
    RateLimited,
    SettingError,
)

_HEADERS = {"Content-Type": "application/json", "Accept": "application/json", "Accept-Encoding": "gzip, deflate"}
_UNAVAILABLE = frozenset({408, 425})
_HELP: Mapping[int, str] = {
    401: "the key is wrong or missing",
    403: "the key is not allowed to, or its quota is used up",
    404: "the path of the URL is wrong",
}
_FIRST_SERVER_ERROR = 500
_EXPLAINED = range(400, 500)
"""Statuses whose body may be a JSON-RPC error that says more than the status."""


class HttpTransport:
    """One HTTP endpoint."""

    def __init__(self, url: str, limits: Limits) -> None:
        self._url = _parsed(url)
        self._name = shown(url)
        self._limits = limits
        self._next_id = 1
        keep_urls_out_of_logs()
        timeout = httpx.Timeout(None, connect=limits.connect_seconds)  # the whole of an answer is timed in `_post`
        # A proxy that the environment names is for the world outside, not for this machine.
        self._client = httpx.AsyncClient(headers=_HEADERS, timeout=timeout, trust_env=not is_loopback(url))

    async def exchange(self, requests: Sequence[Request]) -> list[Outcome]:
        """See `Transport`."""
        first = self._next_id
        self._next_id += len(requests)
        status, body = await self._post(encode(requests, first), self._limits.patience_seconds(requests))
        try:
            return parse(body, requests, first, self._name)
        except MalformedInput:
            if status == httpx.codes.BAD_REQUEST and len(requests) > 1:
                raise AnswerTooLarge(f"{self._name}: does not take {len(requests)} questions at once") from None
            if status in _EXPLAINED:
                raise self._refusal(status) from None
            raise

    async def close(self) -> None:
        """See `Transport`."""
        await self._client.aclose()

    async def _post(self, content: bytes, patience_seconds: float) -> tuple[int, bytes]:
        try:
            async with asyncio.timeout(patience_seconds):
                async with self._client.stream("POST", self._url, content=content) as response:
                    self._check(response)
                    return response.status_code, await self._bounded(response)
        except (TimeoutError, httpx.TimeoutException):
            raise EndpointUnavailable(f"{self._name}: no answer in {patience_seconds:g} s") from None
        except httpx.HTTPError as error:
            # The library's text may repeat the URL.
            raise EndpointUnavailable(f"{self._name}: no answer ({type(error).__name__})") from None

    def _check(self, response: httpx.Response) -> None:
        status = response.status_code
        if status == httpx.codes.TOO_MANY_REQUESTS:
            raise RateLimited(f"{self._name}: too many requests", _retry_after(response.headers))
        if status == httpx.codes.REQUEST_ENTITY_TOO_LARGE:
            raise AnswerTooLarge(f"{self._name}: says that the question is too large")
        if status >= _FIRST_SERVER_ERROR or status in _UNAVAILABLE:
            raise EndpointUnavailable(f"{self._name}: failed with HTTP status {status}")
        if not response.is_success and status not in _EXPLAINED:
            raise self._refusal(status)

    def _refusal(self, status: int) -> EndpointRefused:
        return EndpointRefused(f"{self._name}: HTTP status {status}: {_HELP.get(status, 'check the URL')}")

    async def _bounded(self, response: httpx.Response) -> bytes:
        body = bytearray()
        async for chunk in response.aiter_bytes():
            body += chunk
            if len(body) > self._limits.answer_bytes:
                raise AnswerTooLarge(f"{self._name}: an answer of more than {self._limits.answer_bytes} bytes")
        return bytes(body)


def _parsed(url: str) -> httpx.URL:
    try:
        return httpx.URL(url)
    except httpx.InvalidURL:
        raise SettingError(f"{shown(url)}: the endpoint's URL holds characters that a URL cannot have") from None


def _retry_after(headers: httpx.Headers) -> float:
    """Seconds, from a number or a date; 0 where there is neither."""
    value = headers.get("Retry-After", "")
    seconds = 0.0
    with suppress(ValueError, TypeError):
        seconds = float(value) if _is_number(value) else _until(value)
    return max(0.0, seconds)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _until(date: str) -> float:
    return email.utils.parsedate_to_datetime(date).timestamp() - time.time()


class _WithoutSecrets(logging.Filter):
    """httpx logs the URL of every request; what of it may be secret is taken out."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple(_shown(argument) for argument in record.args)
        return True


def _shown(argument: object) -> object:
    if not isinstance(argument, httpx.URL):
        return argument
    return without_secrets(shown(str(argument)), str(argument))


_FILTER = _WithoutSecrets()


def keep_urls_out_of_logs() -> None:
    logging.getLogger("httpx").addFilter(_FILTER)  # the same filter twice is once
