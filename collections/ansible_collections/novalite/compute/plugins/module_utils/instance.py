# SPDX-License-Identifier: GPL-3.0-or-later
"""One instance on one host: files, domain, mark, power. Talks to libvirtd, touches files.

``ensure`` does all of it; a batch calls ``find_work``, ``make_files`` and ``finish`` itself, so that many instances
share one wait for the disk and several start at once.
"""

from __future__ import annotations

from xml.etree import ElementTree

from . import deletion, drive, failpoint, host_key, metadata_document, power, shelf, volume
from .domain_build import build_domain, shape_from_spec, title_from_spec
from .domain_listing import instance_fingerprint
from .domain_read import drift, read_domain
from .durable_file import sync_file_system
from .host_error import HostError
from .instance_folder import clear_markers, prepare_folder
from .metadata import NAMESPACE, PREFIX, mark_xml, state_from_domain
from .operational_state import POWER, with_applied, with_state
from .pending import readable_spec
from .result import Result
from .seed import seed_from
from .states import SHUTOFF, is_off
from .virt_type import AUTO, choose_virt_type

KEEP = "keep"
MARK = "mark"
REDEFINE = "redefine"
BUILD = "build"

# What may differ between an instance's spec and a new one and be made true by writing the mark alone.
MARK_ONLY = (
    "name",
    "availability_zone",
    "host",
    "group",
    "metadata",
    "protect",
    "launch_index",
    "on_delete",
    "trash_days",
    "secrets",
)
_MARK_ONLY_INSIDE = {"flavor": ("name", "extra_specs"), "image": ("name", "min_disk_gib")}


class Work(object):
    """What there is to do for one wanted instance, and what was there: ``kind`` is ``keep``, ``mark``, ``redefine``
    or ``build``.
    """

    __slots__ = ("domain", "kind", "power", "spec", "state")

    def __init__(self, kind, domain=None, spec=None, power_state=None, state=None):
        # type: (str, object, object, object, object) -> None
        self.kind = kind
        self.domain = domain
        self.spec = spec
        self.power = power_state
        self.state = state or {}  # the operational state


def _built_from(spec):
    # type: (dict) -> dict
    """Return a spec without what the mark alone makes true."""
    answer = {key: value for key, value in spec.items() if key not in MARK_ONLY and (key != "claim" or value)}
    for key, names in _MARK_ONLY_INSIDE.items():
        answer[key] = {name: value for name, value in spec[key].items() if name not in names}
    return answer


def find_work(host, spec):
    # type: (object, dict) -> Work
    """Return what is to be done so that the domain of a spec is there, whatever an earlier attempt left behind.

    Raises: HostError ``name_taken``, ``foreign_domain``, ``mark_unreadable``, or ``differs`` where what is there
    cannot become what is wanted without being made anew.
    """
    domain, element, there = host.find_own(spec["uuid"]) if host.has_uuid(spec["uuid"]) else (None, None, None)
    if domain is None:
        holder = host.names().get(spec["domain"])
        if shelf.is_on_shelf(host.state_dir, spec["uuid"]):
            raise HostError("name_taken", "an instance on this host's shelf (its trash) has the UUID %s" % spec["uuid"])
        if holder is not None:
            raise HostError("name_taken", "the domain name %s is that of another domain, %s" % (spec["domain"], holder))
        return Work(BUILD)
    state = host.connection.power(domain)
    if there != spec and _built_from(there) != _built_from(spec):
        was, wanted = _built_from(there), _built_from(spec)
        fields = sorted(key for key in set(was) | set(wanted) if was.get(key) != wanted.get(key))
        raise HostError("differs", "it exists with another %s, which cannot change in place" % ", ".join(fields))
    if there.get("adopted"):
        raise HostError("differs", "it was adopted: only its mark and its power can change")
    differences = drift(spec, read_domain(element))
    if differences:
        paths = ", ".join(entry["path"] for entry in differences)
        raise HostError("differs", "its domain has drifted from what was applied: %s" % paths)
    if not host.connection.is_persistent(domain):
        return Work(REDEFINE, domain, there, state, state_from_domain(element))
    return Work(KEEP if there == spec else MARK, domain, there, state, state_from_domain(element))


def make_files(host, wanted):
    # type: (object, dict) -> None
    """Make disks and config drive; they are not durable before ``sync_file_system``."""
    prepare_folder(host.state_dir, wanted["spec"])
    volume.make(host, wanted)
    drive.make(host, wanted)


def define(host, wanted, state):
    # type: (object, dict, dict) -> object
    """Define the domain, with its mark in it, and return it. The first of its shape is checked against libvirt's
    schema.
    """
    domain = define_domain(host, wanted, state)
    clear_markers(host.state_dir, wanted["spec"]["uuid"])
    return domain


def define_domain(host, wanted, state):
    # type: (object, dict, dict) -> object
    """Define the domain and leave the markers beside its folder; ``state`` is its operational state."""
    spec = wanted["spec"]
    shape = shape_from_spec(spec, wanted["virt_type"])
    with failpoint.around("domain.define"):
        xml = build_domain(spec, wanted["virt_type"], host.state_dir, state)
        domain = host.connection.define(xml, validate=shape not in host.validated)
    host.validated.add(shape)
    host.note_defined(spec["domain"], spec["uuid"])
    return domain


def set_mark(host, domain, spec, state, is_new=True):
    # type: (object, object, dict, dict, bool) -> None
    """Write the mark and (where the spec ``is_new``) the title of a domain that is known to be ours; one that was
    adopted keeps its own title.
    """
    title = None if spec.get("adopted") or not is_new else title_from_spec(spec)
    if is_new:  # before the mark, which says that all is done
        metadata_document.refresh(host, spec)
    with failpoint.around("domain.mark"):
        host.connection.set_mark(domain, mark_xml(spec, state), PREFIX, NAMESPACE, title)


def set_state(host, uuid, changes, check=False):
    # type: (object, str, dict, bool) -> Result
    """Set some keys of an instance's operational state, and take away those whose value is None."""
    domain, element, spec = host.get_own(uuid)
    before = state_from_domain(element)
    after = with_state(before, changes)
    if after != before and not check:
        runs_as = _running_spec(host, domain)
        set_mark(host, domain, spec, after, is_new=False)
        if runs_as not in (None, spec) and not spec.get("adopted"):
            # What runs goes on telling what it was made from: so it is known what waits for the next power-on.
            mark_of_run = (mark_xml(runs_as, after), PREFIX, NAMESPACE, title_from_spec(spec))
            host.connection.set_running_mark(domain, *mark_of_run)
    return Result(after != before, {"state": before}, {"state": after})


def _running_spec(host, domain):
    # type: (object, object) -> object
    """Return the spec in the mark of what runs, or None where nothing runs."""
    text = None if is_off(host.connection.power(domain)) else host.connection.running_xml(domain)
    return None if text is None else readable_spec(ElementTree.fromstring(text))


def note_applied(host, uuid, power_state, check=False):
    # type: (object, str, str, bool) -> Result
    """Keep in the mark which power state a plan brought it to: after it is in it, never before, so that an
    interruption is not taken for somebody's hand.
    """
    return set_state(host, uuid, {POWER: {"applied": power_state}}, check)


def mark(host, spec, check=False):
    # type: (object, dict, bool) -> Result
    """Make a spec the applied one of an instance that is there. Raises: HostError ``differs`` for another domain
    name.
    """
    domain, element, there = host.get_own(spec["uuid"])
    if there["domain"] != spec["domain"] or element.findtext("name") != spec["domain"]:
        raise HostError("differs", "its domain is %s, not %s" % (element.findtext("name"), spec["domain"]))
    is_titled = bool(spec.get("adopted")) or element.findtext("title") == title_from_spec(spec)
    is_same = there == spec and is_titled
    if not check:
        if not is_same:
            set_mark(host, domain, spec, state_from_domain(element))
        clear_markers(host.state_dir, spec["uuid"])
    return Result(not is_same, {"spec": there}, {"spec": spec})


def ensure(host, wanted, check=False):
    # type: (object, dict, bool) -> Result
    """Make an instance exist as ``wanted`` (``{"spec", "power", "virt_type", "contents"}``), or with ``state``
    absent not exist.

    ``power`` is running or shutoff, or None to leave it as it is. ``timeout_s`` is how long a guest may take to power
    off. ``virt_type`` may be ``auto``.
    """
    if wanted.get("state") == "absent":
        return deletion.delete(host, wanted["uuid"], wanted["disks"], check)
    spec = wanted["spec"]
    work = find_work(host, spec)
    seed_from(spec, wanted["contents"], wanted.get("secrets"))
    if wanted["virt_type"] == AUTO and work.kind in (BUILD, REDEFINE):
        wanted = dict(wanted, virt_type=choose_virt_type(host, AUTO)[0])
    before = {"spec": work.spec, "power": work.power}
    goal = wanted["power"] or work.power or SHUTOFF
    after = {"spec": spec, "power": goal}
    if not check:
        if work.kind == BUILD:
            make_files(host, wanted)
            sync_file_system(host.state_dir)
        finish(host, wanted, work)
        if wanted["power"]:  # without a wish it stays what it is, a crashed guest too
            power.ensure(host, spec["uuid"], wanted["power"], wanted.get("timeout_s", 60))
            note_applied(host, spec["uuid"], wanted["power"])
    state = with_applied(work.state, wanted["power"])
    fingerprinted = instance_fingerprint(spec, goal, [], state)
    changed = before != after or work.kind == REDEFINE or state != work.state
    return Result(changed, before, after, goal, fingerprinted)


def finish(host, wanted, work):
    # type: (object, dict, Work) -> None
    """Do what is left once files are durable: define, or write the mark, or nothing; power is not touched."""
    if work.kind == BUILD:  # off: that is all that was applied so far, whatever comes next
        state = host_key.with_public(host.state_dir, wanted["spec"], {})
        define(host, wanted, with_applied(state, wanted["power"] and SHUTOFF))
    elif work.kind == REDEFINE:
        define(host, wanted, work.state)
    elif work.kind == MARK:
        set_mark(host, work.domain, wanted["spec"], work.state)
    if work.kind in (KEEP, MARK):
        clear_markers(host.state_dir, wanted["spec"]["uuid"])
