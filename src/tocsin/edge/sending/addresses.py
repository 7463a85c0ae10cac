"""
Where a channel may connect to: to public addresses, unless the operator says that it is on his own network.

The name is resolved here, every address is looked at, and the connection is made to that very address: a name that
resolves to another one a moment later changes nothing (reference: incident response, 14.5).
"""

import asyncio
import ipaddress
import socket

from tocsin.model.errors import ChannelBusy, ChannelRefused

_IP = ipaddress.IPv4Address | ipaddress.IPv6Address
_TRANSLATED = ipaddress.IPv6Network("64:ff9b::/96")
"""IPv4 addresses as a translator of IPv6 networks writes them (RFC 6052)."""


def is_public(address: str) -> bool:
    """Whether an IP address is one of the internet, and no address of this machine or network in another form."""
    return all(each.is_global and not each.is_multicast for each in _meanings(ipaddress.ip_address(address)))


def _meanings(ip: _IP) -> tuple[_IP, ...]:
    """What an address leads to: an IPv6 address may have an IPv4 address in it."""
    if isinstance(ip, ipaddress.IPv4Address):
        return (ip,)
    if ip.ipv4_mapped:
        return (ip.ipv4_mapped,)
    if ip in _TRANSLATED:
        return (ipaddress.IPv4Address(int(ip) & 0xFFFF_FFFF),)
    return (ip, *filter(None, (ip.sixtofour, *(ip.teredo or ()))))


def is_loopback(address: str) -> bool:
    """Whether an IP address is this machine's own."""
    return all(each.is_loopback for each in _meanings(ipaddress.ip_address(address)))


async def resolved(host: str, port: int, *, allow_private: bool) -> tuple[str, ...]:
    """
    The IP addresses of a host, in the order in which they are to be tried.

    Raises `ChannelBusy` where the name cannot be resolved now, `ChannelRefused` where any of them is not public.
    """
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (socket.gaierror, UnicodeError) as error:
        raise ChannelBusy(f"the name {host[:100]!r} cannot be resolved: {type(error).__name__}") from None
    addresses = tuple(dict.fromkeys(str(each[4][0]).partition("%")[0] for each in found))
    private = [address for address in addresses if not is_public(address)]
    if private and not allow_private:
        raise ChannelRefused(
            f"{host[:100]} is at {private[0]}, which is not a public address; "
            "where that is meant, set allow_private = true for this channel"
        )
    return addresses


async def connected(host: str, port: int, *, allow_private: bool) -> socket.socket:
    """A TCP connection to the first address that answers. Raises what `resolved` raises, and `OSError`."""
    problem: OSError = ConnectionError("no address")
    for address in await resolved(host, port, allow_private=allow_private):
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        made = socket.socket(family, socket.SOCK_STREAM)
        try:
            made.setblocking(False)
            made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            await asyncio.get_running_loop().sock_connect(made, (address, port))
        except OSError as error:
            made.close()
            problem = error
        except BaseException:
            made.close()
            raise
        else:
            return made
    raise problem
