"""Asking time-stamping authorities (RFC 3161, section 3.4: over HTTP)."""

import httpx

from tocsin.model.errors import EndpointRefused, EndpointUnavailable
from tocsin.respond.evidence.stamps import LARGEST_BYTES

SECONDS = 20.0
_ASKS = {"Content-Type": "application/timestamp-query", "Accept": "application/timestamp-reply"}


async def ask(url: str, query: bytes) -> bytes:
    """The authority's answer, at most so long. Raises `EndpointUnavailable`, `EndpointRefused`."""
    name = shown(url)
    try:
        async with (
            httpx.AsyncClient(timeout=SECONDS, follow_redirects=False) as client,
            client.stream("POST", url, content=query, headers=_ASKS) as answer,
        ):
            if answer.status_code != httpx.codes.OK:
                raise EndpointRefused(f"time-stamps: {name} answered {answer.status_code}")
            return await _bounded(answer, name)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise EndpointUnavailable(f"time-stamps: {name} gave no answer: {type(error).__name__}") from None


async def _bounded(answer: httpx.Response, name: str) -> bytes:
    parts, size = [], 0
    async for part in answer.aiter_bytes():
        size += len(part)
        if size > LARGEST_BYTES:
            raise EndpointRefused(f"time-stamps: {name} answered with more than {LARGEST_BYTES:,} bytes")
        parts.append(part)
    return b"".join(parts)


def shown(url: str) -> str:
    """The authority's name, without what could be secret in its URL."""
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL:
        return "an authority without a usable URL"
    return f"{parsed.scheme}://{parsed.netloc.decode('ascii', 'replace')}"
