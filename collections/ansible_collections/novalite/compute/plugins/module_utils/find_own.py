# SPDX-License-Identifier: GPL-3.0-or-later
"""Which instance of this host a person means: for looking only, without the lock. Talks to libvirtd, asks no QEMU."""

from __future__ import annotations

from xml.etree import ElementTree

from .metadata import MarkUnreadable, spec_from_domain


def find_called(host, name, project=None):
    # type: (object, str, object) -> list
    """Return (domain, element, spec, power) of each instance of ours that is called so: by its name, project.name or
    UUID. Empty where none is; a mark that cannot be read is nobody's.
    """
    found = []
    for row in host.connection.list_domains():
        text = host.connection.domain_xml(row.domain)
        if text is None:  # it went away meanwhile
            continue
        element = ElementTree.fromstring(text)
        try:
            spec = spec_from_domain(element)
        except MarkUnreadable:
            continue
        if spec is None or project not in (None, "", spec["project"]):
            continue
        if name in (spec["name"], spec["uuid"], "%s.%s" % (spec["project"], spec["name"])):
            found.append((row.domain, element, spec, row.power))
    return found


def identity(spec, power):
    # type: (dict, str) -> dict
    """Return whom an answer is about."""
    return {"uuid": spec["uuid"], "name": spec["name"], "project": spec["project"], "power": power}
