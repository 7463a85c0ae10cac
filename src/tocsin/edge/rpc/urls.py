"""What of an endpoint's URL may be shown. Paths and queries hold keys, so only scheme, host and port are shown."""

import ipaddress
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from tocsin.model.errors import SettingError

HTTP_SCHEMES = frozenset({"http", "https"})
WEB_SOCKET_SCHEMES = frozenset({"ws", "wss"})
SHORTEST_SECRET = 6
"""Shorter parts of a path, such as `v2`, are no keys."""
HIDDEN = "***"


def split(url: str) -> SplitResult:
    """The parts of an endpoint's URL. Raises `SettingError`, which does not repeat the URL."""
    try:
        parts = urlsplit(url.strip())
        usable = parts.scheme in HTTP_SCHEMES | WEB_SOCKET_SCHEMES and parts.hostname and (parts.port or 1)
    except ValueError:
        usable = False
    if not usable:
        raise SettingError("an endpoint is no URL that begins with http://, https://, ws:// or wss://")
    return parts


def shown(url: str) -> str:
    """The URL without anything that may be secret."""
    parts = split(url)
    host = f"[{parts.hostname}]" if ":" in str(parts.hostname) else parts.hostname
    port = "" if parts.port is None else f":{parts.port}"
    hidden = f"/{HIDDEN}" if parts.path.strip("/") or parts.query or parts.username else ""
    return f"{parts.scheme}://{host}{port}{hidden}"


def secrets(url: str) -> tuple[str, ...]:
    """The parts of the URL that may be secret, longest first."""
    parts = split(url)
    query = [value for _, value in parse_qsl(parts.query)]
    pieces = [parts.username, parts.password, *parts.path.split("/"), *query]
    found = {form for piece in pieces if piece for form in (piece, unquote(piece)) if len(form) >= SHORTEST_SECRET}
    return tuple(sorted(found, key=len, reverse=True))


def without_secrets(text: str, url: str) -> str:
    """The text with whatever of the URL may be secret hidden: an endpoint may repeat a key in an error."""
    for secret in secrets(url):
        text = text.replace(secret, HIDDEN)
    return text


def is_loopback(url: str) -> bool:
    """Whether the URL names this machine."""
    host = str(split(url).hostname)
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def is_web_socket(url: str) -> bool:
    """Whether the URL is of a WebSocket."""
    return split(url).scheme in WEB_SOCKET_SCHEMES
