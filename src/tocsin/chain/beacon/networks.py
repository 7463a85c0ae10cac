"""Which network a peer's address is in: what an attacker who rents a few neighbouring addresses cannot vary."""

import ipaddress
import re

IPV4_PREFIX, IPV6_PREFIX = 16, 32
"""What one provider is commonly given in one piece (reference: detection, section 4.40, for IPv4)."""
_MULTIADDR = re.compile(r"/ip[46]/([0-9A-Fa-f:.]{2,45})(?:/|\Z)")
_HOST_AND_PORT = re.compile(r"\[?([0-9A-Fa-f:.]{2,45}?)\]?:[0-9]{1,5}\Z")


def network_of(address: str) -> str | None:
    """The network of a multiaddress or a host with a port; None for names, private addresses and nonsense."""
    matched = _MULTIADDR.match(address) or _HOST_AND_PORT.match(address)
    try:
        host = ipaddress.ip_address(matched[1]) if matched else None
    except ValueError:
        host = None
    if isinstance(host, ipaddress.IPv6Address) and host.ipv4_mapped is not None:
        host = host.ipv4_mapped
    if host is None or not host.is_global:
        return None
    prefix = IPV4_PREFIX if host.version == 4 else IPV6_PREFIX
    return str(ipaddress.ip_network((host, prefix), strict=False))
