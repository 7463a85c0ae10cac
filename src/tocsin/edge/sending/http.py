"""One HTTP request of a channel: to an address that may be connected to, never redirected, its answer bounded."""

import ssl
from collections.abc import Callable
from typing import Any

import httpx

from tocsin.edge.rpc.http import keep_urls_out_of_logs
from tocsin.edge.sending.addresses import resolved
from tocsin.model.errors import ChannelBusy, ChannelRefused
from tocsin.respond.channels.sending import HttpAnswer, HttpRequest

SHOWN_CHARACTERS = 200
ANSWER_BYTES = 64 * 1024
"""So much of an answer is read; receipts are shorter."""
_PLAIN = (("User-Agent", "tocsin"), ("Accept-Encoding", "identity"))


async def send_http(
    request: HttpRequest, *, allow_private: bool, tls: ssl.SSLContext, sent: Callable[[], None]
) -> HttpAnswer:
    """
    Send it, on a connection of its own; `sent` is called when the server may have it from now on.

    Raises `ChannelBusy` when there is no whole answer, `ChannelRefused` for a URL that may not be connected to.
    """
    keep_urls_out_of_logs()
    url = _url(request.url)
    port = url.port or {"https": 443, "http": 80}[url.scheme]
    addresses = await resolved(url.host, port, allow_private=allow_private)
    for number, address in enumerate(addresses, 1):
        try:
            return await _sent(request, url, address, tls, sent)
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            if number == len(addresses):
                raise ChannelBusy(f"{url.host}: no connection: {str(error)[:SHOWN_CHARACTERS]}") from None
        except httpx.LocalProtocolError:
            raise ChannelRefused(f"{url.host}: a header of the request holds what no header can") from None
        except httpx.HTTPError as error:
            name = type(error).__name__
            raise ChannelBusy(f"{url.host}: the connection broke ({name})", may_have_taken=True) from None
    raise ChannelBusy(f"{url.host}: has no address")


def _url(text: str) -> httpx.URL:
    """The URL; errors do not repeat it, because it may hold a key."""
    try:
        url = httpx.URL(text)
    except (httpx.InvalidURL, ValueError, TypeError):
        raise ChannelRefused("the URL holds characters that a URL cannot have") from None
    if url.scheme not in {"http", "https"} or not url.host:
        raise ChannelRefused("the URL begins neither with https:// nor with http://")
    return url


async def _sent(
    request: HttpRequest, url: httpx.URL, address: str, tls: ssl.SSLContext, sent: Callable[[], None]
) -> HttpAnswer:
    async def trace(event: str, _information: object) -> None:
        if event == "http11.send_request_headers.started":
            sent()

    # The connection is made to the address that was looked at; the certificate is still held against the name.
    extensions: dict[str, Any] = {"sni_hostname": url.host, "trace": trace}
    headers = [*_PLAIN, ("Host", url.netloc.decode("ascii")), *request.headers]
    where = url.copy_with(host=address)
    async with (
        httpx.AsyncClient(verify=tls, trust_env=False, timeout=None, follow_redirects=False) as client,  # noqa: S113 - `Sender` times the whole
        client.stream(request.method, where, headers=headers, content=request.body, extensions=extensions) as response,
    ):
        body = await _beginning(response)
        return HttpAnswer(status=response.status_code, headers=dict(response.headers.items()), body=body)


async def _beginning(response: httpx.Response) -> bytes:
    body = bytearray()
    async for chunk in response.aiter_raw():
        body += chunk
        if len(body) >= ANSWER_BYTES:
            break
    return bytes(body[:ANSWER_BYTES])
