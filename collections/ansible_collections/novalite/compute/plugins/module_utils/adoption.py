# SPDX-License-Identifier: GPL-3.0-or-later
"""Taking a domain that somebody else made under our care, and letting go of it again. Talks to libvirtd.

Adopting writes our mark and nothing else. The spec in it holds ``adopted``: ``sha256`` is the meaning of the domain's
XML (domain_meaning.py) when it was read, ``extra_sha256`` that of the fleet's ``extra_xml``, and ``parts``, which the
host adds, says what each part of it was, so that drift can be told by name.
"""

from __future__ import annotations

from xml.etree import ElementTree

from . import failpoint
from .adopted import MAY, plain_differences, refused_reason
from .domain_meaning import meaning_sha256, parts_of_domain
from .domain_read import read_domain
from .host_error import HostError
from .instance import set_mark
from .metadata import NAMESPACE, PREFIX, MarkUnreadable, spec_from_domain, state_from_domain
from .operational_state import lock_reason
from .result import Result


def refuse(host, action, uuid):
    # type: (object, str, str) -> None
    """Raise HostError ``adopted`` where a step would touch what an adopted instance has. Others pass, also what is
    not there."""
    if action in MAY:
        return
    domain = host.connection.find_domain(uuid)
    text = None if domain is None else host.connection.domain_xml(domain)
    if text is None:
        return
    try:
        spec = spec_from_domain(ElementTree.fromstring(text)) or {}
    except MarkUnreadable:
        return  # whoever does the step says that
    reason = refused_reason(spec, action)
    if reason is not None:
        raise HostError("adopted", "%s: %s" % (spec["name"], reason))


def adopt(host, spec, check=False):
    # type: (object, dict, bool) -> Result
    """Mark a domain that is there, if it still is what was read.

    Raises: HostError ``not_found``, ``mark_unreadable``, ``name_taken`` where it is an instance already, ``stale``
    where it is no longer what was read, ``differs`` where the spec does not say what it has.
    """
    domain = host.connection.find_domain(spec["uuid"])
    text = None if domain is None else host.connection.domain_xml(domain)
    if text is None:
        raise HostError("not_found", "no domain %s here" % spec["uuid"])
    element = ElementTree.fromstring(text)
    try:
        there = spec_from_domain(element)
    except MarkUnreadable as error:
        raise HostError("mark_unreadable", "domain %s: %s" % (element.findtext("name"), error)) from error
    wanted = dict(spec, adopted=dict(spec["adopted"], parts=parts_of_domain(element)))
    if there is not None and there != wanted:
        raise HostError("name_taken", "it is the instance %s of %s already" % (there["name"], there["project"]))
    if there is None:
        _check(host, domain, element, wanted)
        if not check:
            set_mark(host, domain, wanted, {})
    return Result(there is None, {"spec": there}, {"spec": wanted})


def _check(host, domain, element, wanted):
    # type: (object, object, object, dict) -> None
    name = element.findtext("name")
    if not host.connection.is_persistent(domain):
        raise HostError("differs", "domain %s is transient: it is gone when it is powered off; define it first" % name)
    if meaning_sha256(wanted["adopted"]["parts"]) != wanted["adopted"]["sha256"]:
        raise HostError("stale", "domain %s is no longer what was read: adopt it again" % name)
    differences = plain_differences(wanted, read_domain(element))
    if differences:
        told = ", ".join("%s %s, not %s" % (one["path"], one["actual"], one["expected"]) for one in differences)
        raise HostError("differs", "domain %s has %s: adopt it again" % (name, told))


def release(host, uuid, check=False):
    # type: (object, str, bool) -> Result
    """Take our mark away from an adopted domain; nothing else of it changes, and again is nothing to do.

    Raises: HostError ``bad_request`` for an instance that we made, ``protected`` where it is locked.
    """
    domain = host.connection.find_domain(uuid)
    text = None if domain is None else host.connection.domain_xml(domain)
    if text is None:
        return Result(False)
    element = ElementTree.fromstring(text)
    if element.find("metadata/{%s}instance" % NAMESPACE) is None:
        return Result(False)
    domain, element, spec = host.get_own(uuid)
    if not spec.get("adopted"):
        raise HostError("bad_request", "%s was not adopted: it is deleted, or stays" % spec["name"])
    reason = lock_reason(state_from_domain(element))
    if reason is not None:
        raise HostError("protected", "%s is locked (%s): unlock it first" % (spec["name"], reason))
    if not check:
        with failpoint.around("domain.mark"):
            host.connection.remove_mark(domain, PREFIX, NAMESPACE)
    return Result(True, {"spec": spec}, {"spec": None})
