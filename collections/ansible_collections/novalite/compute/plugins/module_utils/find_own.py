# SPDX-License-Identifier: GPL-3.0-or-later
"""Which instance of this host a person means: for looking only, without the lock. Talks to libvirtd, asks no QEMU."""

from __future__ import annotations

from xml.etree import ElementTree

from . import shelf
from .metadata import MarkUnreadable, spec_from_domain
from .states import SHUTOFF


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
        if spec is not None and _is_called(spec, name, project):
            found.append((row.domain, element, spec, row.power))
    return found


def find_set_aside(host, name, project=None):
    # type: (object, str, object) -> list
    """Return an answer for each instance on the shelf that is called so: whom it is about, why it is there
    (``shelf``), and ``until`` when. One with a domain beside its record is not on the shelf yet, or any more.
    """
    records = [shelf.read_record(host.state_dir, uuid) for uuid in shelf.list_uuids(host.state_dir)]
    return [
        dict(identity(record["spec"], SHUTOFF), shelf=record["why"], until=record["until"])
        for record in records
        if record is not None
        and _is_called(record["spec"], name, project)
        and host.connection.find_domain(record["uuid"]) is None
    ]


def _is_called(spec, name, project):
    # type: (dict, str, object) -> bool
    is_name = name in (spec["name"], spec["uuid"], "%s.%s" % (spec["project"], spec["name"]))
    return is_name and project in (None, "", spec["project"])


def identity(spec, power):
    # type: (dict, str) -> dict
    """Return whom an answer is about."""
    return {"uuid": spec["uuid"], "name": spec["name"], "project": spec["project"], "power": power}
