# SPDX-License-Identifier: GPL-3.0-or-later
"""Host: one libvirt connection and one state dir, as everything that changes a host gets them. Talks to libvirtd."""

from __future__ import annotations

import threading
from xml.etree import ElementTree

from .domain_read import read_domain
from .host_error import HostError
from .libvirt_connection import open_connection
from .metadata import MarkUnreadable, spec_from_domain


def open_host(uri, state_dir):
    # type: (str, str) -> Host
    """Return the host behind a libvirt URI. Raises: HostError ``libvirt_unreachable``."""
    return Host(open_connection(uri), state_dir)


class Host(object):
    """``connection`` may be shared by threads, and is None for what needs files only; the listing of
    names is taken once and then kept up by us."""

    def __init__(self, connection, state_dir):
        # type: (object, str) -> None
        self.connection = connection
        self.state_dir = state_dir
        self._names = None
        self._uuids = set()
        self._users = None
        self._listing = threading.Lock()
        self.validated = set()  # shapes of domains that libvirt's schema has accepted

    def close(self):
        # type: () -> None
        """Let go of libvirt."""
        if self.connection is not None:
            self.connection.close()

    def names(self):
        # type: () -> dict
        """Return domain name -> UUID."""
        if self._names is None:
            self._names = self.connection.names()
            self._uuids = set(self._names.values())
        return self._names

    def has_uuid(self, uuid):
        # type: (str) -> bool
        """Tell whether a domain has a UUID, from the listing: one call for many that are most likely not there."""
        self.names()
        return uuid in self._uuids

    def note_defined(self, name, uuid):
        # type: (str, str) -> None
        """Keep the listing up with a domain that we defined."""
        self.names()[name] = uuid
        self._uuids.add(uuid)

    def note_undefined(self, name, uuid):
        # type: (str, str) -> None
        """Keep the listing up with a domain that we undefined."""
        self.names().pop(name, None)
        self._uuids.discard(uuid)

    def disk_users(self, path):
        # type: (str) -> set
        """Return the UUIDs of the domains that have a file for a disk, from one listing of all domains."""
        with self._listing:
            if self._users is None:
                users = {}
                for row in self.connection.list_domains():
                    text = self.connection.domain_xml(row.domain)
                    for disk in [] if text is None else read_domain(text)["disks"]:
                        users.setdefault(disk["path"], set()).add(row.uuid)
                self._users = users
        return self._users.get(path, set())

    def find_own(self, uuid):
        # type: (str) -> tuple
        """Return (domain, its element, its spec) of an instance of ours, or three times None where nothing has the
        UUID.

        Raises: HostError ``foreign_domain`` or ``mark_unreadable`` where something else has it.
        """
        domain = self.connection.find_domain(uuid)
        text = None if domain is None else self.connection.domain_xml(domain)
        if text is None:
            return None, None, None
        element = ElementTree.fromstring(text)
        try:
            spec = spec_from_domain(element)
        except MarkUnreadable as error:
            raise HostError(
                "mark_unreadable", "domain %s (%s): %s" % (element.findtext("name"), uuid, error)
            ) from error
        if spec is None:
            raise HostError(
                "foreign_domain",
                "domain %s has the UUID %s, but not our mark: it is not ours to touch"
                % (element.findtext("name"), uuid),
            )
        return domain, element, spec

    def get_own(self, uuid):
        # type: (str) -> tuple
        """Return what ``find_own`` does, where it must be there. Raises: HostError ``not_found`` besides."""
        found = self.find_own(uuid)
        if found[0] is None:
            raise HostError("not_found", "no instance %s here" % uuid)
        return found
