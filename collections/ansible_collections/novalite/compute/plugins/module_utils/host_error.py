# SPDX-License-Identifier: GPL-3.0-or-later
"""The one error a host gives: a stable id for programs, a sentence for people. Pure.

::

    libvirt_unreachable  no connection to libvirt
    libvirt_failed       libvirt refused; the message is its own
    tool_missing         a program or library is not there
    tool_failed          a program ended badly
    name_taken           another domain has the name, or the shelf the UUID
    foreign_domain       the UUID is that of a domain without our mark
    mark_unreadable      ours, but the mark cannot be read
    differs              the instance is there, but not as wanted
    adopted              a step would change hardware or disks of a domain that somebody else made
    protected            the mark forbids deletion
    not_found            no such instance
    files_in_the_way     files without a domain
    files_left           deleting left files that no plan named
    image_missing        neither there nor delivered
    image_checksum       other bytes than the digest says
    image_unsafe         refused by inspection
    image_fetch          the URL could not be read
    lock_held            another apply works on this host
    stale                the host is not as the plan relied on
    bad_request          a request that no plan contains
    state_unreadable     a file of ours is damaged
    no_agent             the guest has no agent that answers
    deadline             not done in time
    in_use               another domain, or a guest that was started again, uses what should go
    not_ready            an instance did not come up as its set understands it
    vendor_data          a service of dynamic vendor data failed, and that is said to be fatal
    not_true             read back, the effect was not there
    io_failed            the operating system refused
    failpoint            a test asked for this failure
"""

from __future__ import annotations

IDS = frozenset(
    (
        "libvirt_unreachable",
        "libvirt_failed",
        "tool_missing",
        "tool_failed",
        "name_taken",
        "foreign_domain",
        "mark_unreadable",
        "differs",
        "illegal",
        "adopted",
        "protected",
        "not_found",
        "files_in_the_way",
        "files_left",
        "image_missing",
        "image_checksum",
        "image_unsafe",
        "image_fetch",
        "lock_held",
        "stale",
        "bad_request",
        "state_unreadable",
        "no_agent",
        "deadline",
        "in_use",
        "vendor_data",
        "not_true",
        "not_ready",
        "io_failed",
        "failpoint",
    )
)


class HostError(Exception):
    """Something a host could not or would not do. ``id`` is one of ``IDS`` and never changes its meaning."""

    def __init__(self, error_id, message):
        # type: (str, str) -> None
        super(HostError, self).__init__(message)
        self.id = error_id
        self.message = message

    def as_dict(self):
        # type: () -> dict
        """Return the error as results carry it."""
        return {"id": self.id, "message": self.message}
