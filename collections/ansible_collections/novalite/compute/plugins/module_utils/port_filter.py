# SPDX-License-Identifier: GPL-3.0-or-later
"""What keeps a guest from sending with others' addresses: libvirt's own filter, before a card. Pure.

``clean-traffic`` lets IPv4 and ARP pass with the card's MAC and one address: the fixed one, or that which libvirt sees
a DHCP server give. It drops IPv6, so ports with addresses of IPv6 cannot have it (the engine refuses them).
Source: libvirt, docs/formatnwfilter.rst (IP, CTRL_IP_LEARNING); src/nwfilter/xml/clean-traffic.xml.
"""

from __future__ import annotations

from .port_subnets import family, port_subnets
from .xml_tools import add

NAME = "clean-traffic"


def parameters_of(port):
    # type: (dict) -> object
    """Return the parameters of the filter that a port asks for, as (name, value); None where it asks for none."""
    if not port.get("port_security"):
        return None
    fixed = [one["fixed_ip"] for one in port_subnets(port) if one["fixed_ip"] and family(one) == 4]
    return [("IP", fixed[0])] if fixed else [("CTRL_IP_LEARNING", "dhcp")]


def add_filter(interface, port):
    # type: (object, dict) -> None
    """Put the filter of a port before its card, if it asks for one."""
    parameters = parameters_of(port)
    if parameters is not None:
        element = add(interface, "filterref", {"filter": NAME})
        for name, value in parameters:
            add(element, "parameter", {"name": name, "value": value})


def filter_text(port):
    # type: (dict) -> object
    """Return the filter that a port asks for in one line; None where it asks for none."""
    return _text(NAME, parameters_of(port)) if port.get("port_security") else None


def read_filter(interface):
    # type: (object) -> object
    """Return the filter before a card in one line; None where there is none."""
    element = interface.find("filterref")
    if element is None:
        return None
    said = [(one.get("name"), one.get("value")) for one in element.findall("parameter")]
    return _text(element.get("filter"), said)


def _text(name, parameters):
    # type: (object, object) -> str
    return " ".join([str(name)] + sorted("%s=%s" % pair for pair in parameters))
