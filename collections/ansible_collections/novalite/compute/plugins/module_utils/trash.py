# SPDX-License-Identifier: GPL-3.0-or-later
"""Taking instances off their host's libvirt and keeping all of them (the trash), and bringing them back. Talks to
libvirtd, touches files.

Source: nova/compute/manager.py, soft_delete_instance and restore_instance. Other than there the domain goes too, so
that nobody starts it by mistake; what libvirt keeps of it besides (firmware variables, TPM) stays.
"""

from __future__ import annotations

from . import failpoint, shelf
from .deletion import check_unused, refuse_kept
from .domain_read import own_files, read_domain
from .host_error import HostError
from .metadata import state_from_domain
from .operational_state import SHELVED
from .paths import instance_dir
from .power import power_off, start_domain
from .result import Result
from .states import PAUSED, RUNNING, SHUTOFF, is_off


def trash(host, uuid, why, keep_s, timeout_s, check=False):
    # type: (object, str, str, object, float, bool) -> Result
    """Set an instance aside: ``why`` is ``trashed`` or ``kept``, ``keep_s`` how long (None: for ever).

    The guest has ``timeout_s`` to power itself off. Raises: HostError ``protected``, ``in_use``, ``not_found``.
    """
    domain, element, spec = host.find_own(uuid)
    if domain is None:
        return _trash_again(host, uuid, why, keep_s, check)
    refuse_kept(spec, element)
    return set_aside(host, (domain, element, spec), why, keep_s, timeout_s, check)


def set_aside(host, found, why, keep_s, timeout_s, check=False):
    # type: (object, tuple, str, object, float, bool) -> Result
    """Put an instance that has a domain (``found``: what ``Host.get_own`` returns) onto the shelf."""
    domain, element, spec = found
    uuid, state_dir = spec["uuid"], host.state_dir
    check_unused(host, uuid, own_files(read_domain(element), instance_dir(state_dir, uuid)))
    power = host.connection.power(domain)
    before, after = {"spec": spec, "power": power}, {"shelf": why, "power": SHUTOFF}
    if check:
        return Result(True, before, after, SHUTOFF)
    earlier = shelf.read_record(state_dir, uuid)
    was = earlier["power"] if earlier is not None and is_off(power) else power
    xml = host.connection.secure_xml(domain)
    shelf.write_record(state_dir, shelf.new_record(spec, state_from_domain(element), xml, was, why, keep_s))
    try:
        _take_away(host, domain, power, timeout_s)
    except HostError:
        # It is still there, and may stay: the record must not outlive this attempt.
        if host.connection.find_domain(uuid) is not None:
            shelf.forget_record(state_dir, uuid)
        raise
    host.note_undefined(element.findtext("name"), uuid)
    shelf.move_in(state_dir, uuid)
    return Result(True, before, after, SHUTOFF)


def _take_away(host, domain, power, timeout_s):
    # type: (object, object, str, float) -> None
    if not is_off(power):
        power_off(host, domain, power, timeout_s)
    with failpoint.around("domain.undefine"):
        host.connection.undefine_keeping(domain)
    if not is_off(host.connection.power(domain)):
        raise HostError("in_use", "%s runs again: somebody else started it; its files are left" % domain.name())


def _trash_again(host, uuid, why, keep_s, check):
    # type: (object, str, str, object, bool) -> Result
    """Finish what was interrupted; of an instance that is on the shelf for another reason, change the reason."""
    record = shelf.read_record(host.state_dir, uuid)
    if record is None:
        raise HostError("not_found", "no instance %s here" % uuid)
    if record["why"] == shelf.WHY_SHELVED:
        shelf.refuse_kept(record)
    is_same = record["why"] == why and not record["leaving"]
    if not check:
        if not is_same:
            changed = dict(record, why=why, until=shelf.until_from_now(keep_s), leaving=False)
            shelf.write_record(host.state_dir, changed)
        shelf.move_in(host.state_dir, uuid)
    return Result(True, {"shelf": record["why"]}, {"shelf": why}, SHUTOFF)


def restore(host, uuid, goal, check=False):
    # type: (object, str, str, bool) -> Result
    """Bring an instance back from the trash, as it was, and in the power state ``goal``; one that was offloaded before
    is offloaded again. Raises: HostError ``not_found``, ``illegal``, ``name_taken``.
    """
    record = shelf.read_record(host.state_dir, uuid)
    if record is None:
        host.get_own(uuid)
        return Result(False, {}, {})
    if record["why"] == shelf.WHY_DELETING:
        raise HostError("illegal", "it is being deleted: some of its disks may be gone")
    if (record["state"].get(SHELVED) or {}).get("offloaded"):
        if not check:
            shelf.write_record(host.state_dir, dict(record, why=shelf.WHY_SHELVED, until=None))
        return Result(True, {"shelf": record["why"]}, {"shelf": shelf.WHY_SHELVED}, SHUTOFF)
    return bring_back(host, record, goal, check)


def bring_back(host, record, goal, check=False, prepare=None):
    # type: (object, dict, str, bool, object) -> Result
    """Undo ``set_aside``. ``prepare`` gets the record once the files are in place, and returns the domain's XML."""
    uuid, state_dir = record["uuid"], host.state_dir
    holder = host.names().get(record["spec"]["domain"])
    if holder not in (None, uuid):
        message = "the domain name %s is that of another domain, %s" % (record["spec"]["domain"], holder)
        raise HostError("name_taken", message)
    before, after = {"shelf": record["why"]}, {"shelf": None, "power": goal}
    if check:
        return Result(True, before, after, goal)
    if not record["leaving"]:
        shelf.write_record(state_dir, dict(record, leaving=True))
    shelf.move_out(state_dir, uuid)
    domain = host.find_own(uuid)[0]
    if domain is None:
        xml = record["xml"] if prepare is None else prepare(record)
        with failpoint.around("domain.define"):
            domain = host.connection.define(xml, validate=False)
        host.note_defined(record["spec"]["domain"], uuid)
    if goal in (RUNNING, PAUSED):
        start_domain(host, domain)
    if goal == PAUSED:
        with failpoint.around("domain.pause"):
            host.connection.pause(domain)
    shelf.forget_record(state_dir, uuid)
    return Result(True, before, after, goal)
