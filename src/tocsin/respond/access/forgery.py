"""
Requests that another site makes a browser send, with the cookie of somebody who is logged in (CSRF).

The cookie is SameSite=Strict; this is the second line (OWASP, cross-site request forgery prevention: verifying origin
with standard headers, custom request headers).
"""

from dataclasses import dataclass

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
HEADER = "x-tocsin-request"
"""A header that no form of another site can send; programs that log in send it, with any value."""
_OWN_SITES = frozenset({"same-origin", "none"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a browser says of a request; empty where it says nothing."""

    method: str
    host: str
    origin: str
    fetch_site: str
    has_header: bool


def is_forged(asked: Asked, public_url: str) -> bool:
    """Whether it may come from another site. Where nothing tells, the custom header must be there."""
    if asked.method in SAFE_METHODS:
        return False
    if asked.origin:
        return asked.origin != origin_of(public_url) and asked.origin.partition("://")[2] != asked.host
    if asked.fetch_site:
        return asked.fetch_site not in _OWN_SITES
    return not asked.has_header


def origin_of(url: str) -> str:
    """Scheme, host and port of a URL, as browsers write an origin."""
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{rest.partition('/')[0]}".lower()
