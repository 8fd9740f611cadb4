"""Addresses in networks: IP, MAC and web addresses."""

from __future__ import annotations

import ipaddress

from hauberk.verify.personal.identifier import Identifier
from hauberk.verify.personal.pattern import Pattern, standing_alone

__all__ = ["NETWORK"]

_OCTET = r"(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
_HEX = "[0-9A-Fa-f]"
_LEAST_GROUPS = 3


def _is_host(text: str) -> bool:
    """Whether it is the address of one host; loopback, unspecified and multicast ones name nobody."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    return not (address.is_loopback or address.is_unspecified or address.is_multicast)


def _is_host_6(text: str) -> bool:
    return text.count(":") >= _LEAST_GROUPS and _is_host(text)


NETWORK = (
    Pattern(
        identifier=Identifier.IP_ADDRESS,
        scheme="IPv4",
        form=standing_alone(rf"(?<!\.){_OCTET}(?:\.{_OCTET}){{3}}(?!\.[0-9])"),
        check=_is_host,
        least_digits=4,
        needs=".",
    ),
    Pattern(
        identifier=Identifier.IP_ADDRESS,
        scheme="IPv6",
        form=standing_alone(rf"(?<!:)(?:{_HEX}{{0,4}}:){{3,8}}(?:{_HEX}{{1,4}}|{_OCTET}(?:\.{_OCTET}){{3}})?(?!:)"),
        check=_is_host_6,
        needs=":",
    ),
    Pattern(
        identifier=Identifier.MAC_ADDRESS,
        scheme="MAC",
        form=standing_alone(
            rf"{_HEX}{{2}}(?:(?::{_HEX}{{2}}){{5}}|(?:-{_HEX}{{2}}){{5}})|{_HEX}{{4}}(?:\.{_HEX}{{4}}){{2}}"
        ),
        needs=":-.",
    ),
    Pattern(
        identifier=Identifier.URL,
        scheme="URL",
        form=standing_alone(r"(?:(?:https?|ftp)://[^\s<>\"']{3,2000}|www\.[\w-]{1,63}\.[^\s<>\"']{2,2000})"),
        needs=".:",
    ),
)
"""Sources: RFC 791, RFC 4291 §2.2, IEEE 802 (EUI-48 notations), RFC 3986."""
