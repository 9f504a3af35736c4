# SPDX-License-Identifier: GPL-3.0-or-later
"""libvirt's door: the only file that imports libvirt, and where its errors become HostError. Talks to libvirtd.

Domains are looked up by UUID only: a name may be another domain's UUID, a number or an option. No call asks a guest's
monitor for anything when only looking, because one wedged QEMU would then hold up the whole host. Calls that change a
domain may wait for its QEMU, which may never answer: they have a time limit, and connections of their own, because
libvirtd answers only a few calls of one connection at a time.
"""

from __future__ import annotations

from .deadline import call_in_time
from .domain_row import DomainRow
from .host_error import HostError
from .libvirt_guest import GuestCalls
from .libvirt_live import LiveCalls
from .libvirt_node import NodeCalls
from .libvirt_shelf import ShelfCalls
from .states import SHUTOFF, SUSPENDED, power_from_libvirt

try:
    import libvirt
except ImportError:  # reported when somebody connects; on a controller there need not be one
    libvirt = None
try:
    import libvirt_qemu
except ImportError:
    libvirt_qemu = None

_DEFINE_VALIDATE = 1  # VIR_DOMAIN_DEFINE_VALIDATE

OPEN_S = 30
PRESS_S = 5  # only a monitor command is sent; what the guest does about it takes no part of this
CHANGE_S = 60  # libvirt itself tries for up to 30 s to kill a QEMU, or to get a turn after another call
START_S = 300  # guests of much memory in huge pages take minutes
AGENT_S = 5
SAVE_S = 1800  # all of a guest's memory is written to a file


def open_connection(uri):
    # type: (str) -> Connection
    """Return a connection. Raises: HostError ``libvirt_unreachable``, or ``tool_missing`` without the Python
    binding.
    """
    if libvirt is None:
        raise HostError(
            "tool_missing", "the Python binding of libvirt is not installed here: apt install python3-libvirt"
        )
    libvirt.registerErrorHandler(lambda _context, _error: None, None)
    try:
        return Connection(_open(uri), uri)
    except libvirt.libvirtError as error:
        raise HostError("libvirt_unreachable", "%s: %s" % (uri, error)) from error


def _open(uri):
    # type: (str) -> object
    try:
        return call_in_time(lambda: libvirt.open(uri), OPEN_S, "libvirtd did not answer")
    except HostError as error:
        raise HostError("libvirt_unreachable", "%s: %s" % (uri, error)) from error


class Connection(NodeCalls, LiveCalls, GuestCalls, ShelfCalls):
    """A libvirt connection that speaks in our words; threads may share it."""

    def __init__(self, handle, uri=None):
        # type: (object, object) -> None
        self._handle = handle
        self._uri = uri
        self._idle = []  # connections for calls that wait for a QEMU; those that never came back are not in it
        self._type = None

    def close(self):
        # type: () -> None
        """Let go of it."""
        for handle in self._idle + [self._handle]:
            handle.close()

    def _change(self, domain, method, limit_s, arguments=(), silent=()):
        # type: (object, str, float, tuple, tuple) -> object
        """Call a method that waits for the domain's QEMU, for some time. Raises: HostError ``deadline`` naming it."""
        # Each connection to the test driver may be another world; nothing waits there.
        is_shared = self._uri is None or self.hypervisor() == "TEST"
        handle = self._handle if is_shared else (self._idle.pop() if self._idle else _open(self._uri))

        def work():
            # type: () -> object
            try:
                return getattr(handle.lookupByUUID(domain.UUID()), method)(*arguments)
            finally:  # late or not: one that never comes back is never used again
                if not is_shared:
                    self._idle.append(handle)

        message = "%s: %s did not end; its QEMU may hang" % (domain.name(), method)
        return call_in_time(lambda: self._find(work, silent), limit_s, message)

    def _call(self, function, *arguments):
        # type: (object, object) -> object
        try:
            return function(*arguments)
        except libvirt.libvirtError as error:
            raise HostError("libvirt_failed", str(error)) from error

    def _find(self, function, missing, *arguments):
        # type: (object, tuple, object) -> object
        """Return None where libvirt answers with one of the codes of "there is none" or "cannot be asked"."""
        try:
            return function(*arguments)
        except libvirt.libvirtError as error:
            if error.get_error_code() in missing:
                return None
            raise HostError("libvirt_failed", str(error)) from error

    # --- domains

    def list_domains(self):
        # type: () -> list
        """Return a DomainRow for each domain, running or not, by UUID; in five calls whatever their number."""
        persistent = self._uuids(libvirt.VIR_CONNECT_LIST_DOMAINS_PERSISTENT)
        autostart = self._uuids(libvirt.VIR_CONNECT_LIST_DOMAINS_AUTOSTART)
        saved = self._uuids(libvirt.VIR_CONNECT_LIST_DOMAINS_MANAGEDSAVE)
        stats = self._call(self._handle.getAllDomainStats, libvirt.VIR_DOMAIN_STATS_STATE, 0)
        rows = []
        for domain, values in stats:
            key = domain.UUID()
            power = power_from_libvirt(values.get("state.state", 0))
            power = SUSPENDED if power == SHUTOFF and key in saved else power
            rows.append(DomainRow(domain, power, key in persistent, key in autostart))
        return sorted(rows, key=lambda row: row.uuid)

    def _uuids(self, flags):
        # type: (int) -> set
        return {domain.UUID() for domain in self._call(self._handle.listAllDomains, flags)}

    def names(self):
        # type: () -> dict
        """Return the UUID of each domain name."""
        return {domain.name(): domain.UUIDString() for domain in self._call(self._handle.listAllDomains, 0)}

    def find_domain(self, uuid):
        # type: (str) -> object
        """Return the domain of a UUID, or None where there is none."""
        return self._find(self._handle.lookupByUUIDString, (libvirt.VIR_ERR_NO_DOMAIN,), uuid)

    def domain_xml(self, domain):
        # type: (object) -> object
        """Return what the domain will be at its next start (for a transient one: what it is); None if it went away."""
        return self._find(domain.XMLDesc, (libvirt.VIR_ERR_NO_DOMAIN,), libvirt.VIR_DOMAIN_XML_INACTIVE)

    def power(self, domain):
        # type: (object) -> str
        """Return the domain's power state; a transient domain that ended is shut off."""
        state = self._find(domain.state, (libvirt.VIR_ERR_NO_DOMAIN,), 0)
        if state is None:
            return SHUTOFF
        power = power_from_libvirt(state[0])
        return SUSPENDED if power == SHUTOFF and self._call(domain.hasManagedSaveImage, 0) else power

    def define(self, xml, validate=True):
        # type: (str, bool) -> object
        """Define a domain; checking it against libvirt's schema costs three times as much as defining it."""
        return self._call(self._handle.defineXMLFlags, xml, _DEFINE_VALIDATE if validate else 0)

    def is_persistent(self, domain):
        # type: (object) -> bool
        """Tell whether it outlives its own power-off."""
        return bool(self._call(domain.isPersistent))

    def set_mark(self, domain, mark_xml, prefix, namespace, title):
        # type: (object, str, str, str, object) -> None
        """Replace our mark and (unless None) the title, in what runs and in what is kept."""
        flags = self._everywhere(domain)
        element = (libvirt.VIR_DOMAIN_METADATA_ELEMENT, mark_xml, prefix, namespace, flags)
        self._change(domain, "setMetadata", CHANGE_S, element)
        if title is not None:
            words = (libvirt.VIR_DOMAIN_METADATA_TITLE, title, None, None, flags)
            self._change(domain, "setMetadata", CHANGE_S, words)

    def remove_mark(self, domain, prefix, namespace):
        # type: (object, str, str) -> None
        """Take our mark away, from what runs and from what is kept."""
        element = (libvirt.VIR_DOMAIN_METADATA_ELEMENT, None, prefix, namespace, self._everywhere(domain))
        self._change(domain, "setMetadata", CHANGE_S, element)

    def _everywhere(self, domain):
        # type: (object) -> int
        """Return the flags for what is kept and what runs, as far as there is either."""
        flags = libvirt.VIR_DOMAIN_AFFECT_CONFIG if self.is_persistent(domain) else 0
        return flags | libvirt.VIR_DOMAIN_AFFECT_LIVE if self._call(domain.isActive) else flags

    def start(self, domain):
        # type: (object) -> None
        """Power it on, unless it is on already."""
        self._change(domain, "create", START_S, silent=(libvirt.VIR_ERR_OPERATION_INVALID,))

    def pause(self, domain):
        # type: (object) -> None
        """Stop its CPUs; its memory stays where it is."""
        self._change(domain, "suspend", CHANGE_S)

    def unpause(self, domain):
        # type: (object) -> None
        """Let a paused domain run."""
        self._change(domain, "resume", CHANGE_S)

    def save(self, domain):
        # type: (object) -> None
        """Write its memory to a file of libvirt's own and power it off; its next start reads it back."""
        self._change(domain, "managedSave", SAVE_S)

    def forget_saved(self, domain):
        # type: (object) -> None
        """Remove the file with its memory."""
        self._call(domain.managedSaveRemove, 0)

    def wake(self, domain):
        # type: (object) -> None
        """Wake a guest that sleeps by its own wish."""
        self._change(domain, "pMWakeup", CHANGE_S)

    def run_id(self, uuid):
        # type: (str) -> object
        """Return the number of a domain's present run, another one after each start; None while it is off."""
        domain = self.find_domain(uuid)  # anew: a domain at hand keeps the number that it had when it was found
        number = -1 if domain is None else self._call(domain.ID)
        return None if number < 0 else number

    def press_power_button(self, domain):
        # type: (object) -> bool
        """Ask the guest to power itself off, which is its own business; tell whether its QEMU took the message."""
        # Not by the guest's agent, which may be wedged; the test driver knows no ways to choose from.
        way = 0 if self.hypervisor() == "TEST" else libvirt.VIR_DOMAIN_SHUTDOWN_ACPI_POWER_BTN
        silent = (libvirt.VIR_ERR_OPERATION_INVALID, libvirt.VIR_ERR_NO_DOMAIN)
        try:
            self._change(domain, "shutdownFlags", PRESS_S, (way,), silent)
        except HostError as error:
            if error.id != "deadline":
                raise
            return False
        return True

    def destroy(self, domain):
        # type: (object) -> None
        """Power it off now; off already is fine."""
        silent = (libvirt.VIR_ERR_OPERATION_INVALID, libvirt.VIR_ERR_NO_DOMAIN)
        self._change(domain, "destroy", CHANGE_S, silent=silent)

    def undefine(self, domain):
        # type: (object) -> None
        """Forget the domain with all that libvirt keeps of it: saved memory, NVRAM, names of snapshots and
        checkpoints.
        """
        all_of_it = (
            libvirt.VIR_DOMAIN_UNDEFINE_MANAGED_SAVE
            | libvirt.VIR_DOMAIN_UNDEFINE_SNAPSHOTS_METADATA
            | libvirt.VIR_DOMAIN_UNDEFINE_NVRAM
            | libvirt.VIR_DOMAIN_UNDEFINE_CHECKPOINTS_METADATA
        )
        # The test driver knows the first two only.
        known = all_of_it if self.hypervisor() != "TEST" else all_of_it & 3
        self._change(domain, "undefineFlags", CHANGE_S, (known,), (libvirt.VIR_ERR_NO_DOMAIN,))

    def _agent(self, domain, said):
        # type: (object, str) -> str
        """Return what the agent in the guest answers. Raises: LookupError, with libvirt's words, where it does not."""
        if libvirt_qemu is None:
            raise LookupError("this host's Python has no libvirt_qemu")
        try:
            return libvirt_qemu.qemuAgentCommand(domain, said, AGENT_S, 0)
        except libvirt.libvirtError as error:
            raise LookupError(str(error)) from error

    # --- the host

    def hypervisor(self):
        # type: () -> str
        """Return ``QEMU`` or ``TEST``."""
        if self._type is None:
            self._type = self._call(self._handle.getType)
        return self._type

    def _silent(self):
        # type: () -> tuple
        return (
            libvirt.VIR_ERR_NO_SUPPORT,
            libvirt.VIR_ERR_INVALID_ARG,
            libvirt.VIR_ERR_CONFIG_UNSUPPORTED,
            libvirt.VIR_ERR_OPERATION_INVALID,
            libvirt.VIR_ERR_INTERNAL_ERROR,
            libvirt.VIR_ERR_NO_NETWORK,
        )
