# SPDX-License-Identifier: GPL-3.0-or-later
"""What libvirt asks of one guest's QEMU, or of the agent in it: a part of Connection. Talks to libvirtd.

Each call has a deadline of its own: both may never answer.
"""

from __future__ import annotations

import base64
import contextlib
import json
import time

from .deadline import call_in_time
from .host_error import HostError

AGENT_S = 20  # libvirt itself gives up greeting an agent after 5 s, but waits for ever for what it does then
LOOK_S = 10
DUMP_S = 1800  # all of a guest's memory is written to a file
COPY_S = 6 * 3600  # whole disks are
_TICK_S = 0.2
_AGENT_FILE_BYTES = 64 * 1024

# VIR_ERR_OPERATION_INVALID (it is off), CONFIG_UNSUPPORTED and ARGUMENT_UNSUPPORTED (no channel), AGENT_UNRESPONSIVE,
# AGENT_UNSYNCED.
_NO_AGENT = (55, 67, 74, 86, 97)
_DUMP_MEMORY_ONLY = 16  # VIR_DUMP_MEMORY_ONLY
_KDUMP_ZLIB = 1  # VIR_DOMAIN_CORE_DUMP_FORMAT_KDUMP_ZLIB
_STATS = 2 | 4 | 8 | 16 | 32  # VIR_DOMAIN_STATS_ CPU_TOTAL, BALLOON, VCPU, INTERFACE, BLOCK
_NOWAIT = 1 << 29  # VIR_CONNECT_GET_ALL_DOMAINS_STATS_NOWAIT: what a busy QEMU would have to tell is left out
_BACKUP = 9  # VIR_DOMAIN_JOB_OPERATION_BACKUP
_COMPLETED = 3  # VIR_DOMAIN_JOB_COMPLETED


class GuestCalls(object):
    """Calls about one domain that its QEMU or its agent answers."""

    def set_password(self, domain, user, password):
        # type: (object, str, str) -> bool
        """Let the guest's agent set a password; False where no agent answers."""
        arguments = (user, password, 0)
        return self._change(domain, "setUserPassword", AGENT_S, arguments, _NO_AGENT) is not None

    def guest_info(self, domain):
        # type: (object) -> object
        """Return what the guest's agent tells, as libvirt's flat mapping; None where no agent answers."""
        try:
            return self._change(domain, "guestInfo", AGENT_S, (0, 0), _NO_AGENT)
        except HostError as error:
            if error.id != "deadline":
                raise
            return None

    def agent_trouble(self, domain):
        # type: (object) -> object
        """Return None where the agent in the guest answers, else why not, in libvirt's words."""
        try:
            self._agent(domain, '{"execute": "guest-ping"}')
        except LookupError as error:
            return str(error)
        return None

    def agent_file(self, domain, path):
        # type: (object, str) -> object
        """Return the beginning of a small file in the guest as text, or None where there is none.

        Raises: LookupError where no agent answers, or it reads no files for us.
        """
        try:
            handle = self._agent_call(domain, "guest-file-open", path=path, mode="r")
        except LookupError as error:
            if "No such file" in str(error):
                return None
            raise
        try:
            data = self._agent_call(domain, "guest-file-read", handle=handle, count=_AGENT_FILE_BYTES)
        finally:
            with contextlib.suppress(LookupError):
                self._agent_call(domain, "guest-file-close", handle=handle)
        return base64.b64decode(data["buf-b64"]).decode("utf-8", "replace")

    def _agent_call(self, domain, command, **arguments):
        # type: (object, str, object) -> object
        return json.loads(self._agent(domain, json.dumps({"execute": command, "arguments": arguments})))["return"]

    def statistics(self, domain):
        # type: (object) -> dict
        """Return QEMU's counters, as libvirt's flat mapping."""
        flags = 0 if self.hypervisor() == "TEST" else _NOWAIT

        def work():
            # type: () -> list
            return self._call(self._handle.domainListGetStats, [domain], _STATS, flags)

        rows = call_in_time(work, LOOK_S, "%s: its QEMU did not tell its counters" % domain.name())
        return rows[0][1] if rows else {}

    def dump_memory(self, domain, path, as_elf):
        # type: (object, str, bool) -> None
        """Write its memory to a file; its CPUs stand still meanwhile and go on afterwards."""
        # The test driver knows neither flag nor format.
        is_test = self.hypervisor() == "TEST"
        kind = 0 if as_elf or is_test else _KDUMP_ZLIB
        self._change(domain, "coreDumpWithFormat", DUMP_S, (path, kind, 0 if is_test else _DUMP_MEMORY_ONLY))

    def copy_disks(self, domain, backup_xml, limit_s=COPY_S):
        # type: (object, str, float) -> None
        """Copy disks as they are at this moment, all at once, while the guest goes on writing."""
        self._end_backup(domain)
        self._change(domain, "backupBegin", LOOK_S * 6, (backup_xml, None, 0))
        begin = time.monotonic()
        while self._call(domain.jobStats, 0).get("type"):
            if time.monotonic() - begin > limit_s:
                self._end_backup(domain)
                raise HostError("deadline", "%s: copying its disks did not end in %g s" % (domain.name(), limit_s))
            time.sleep(_TICK_S)
        done = self._call(domain.jobStats, 1)  # VIR_DOMAIN_JOB_STATS_COMPLETED
        if done.get("type") != _COMPLETED or done.get("operation") != _BACKUP:
            raise HostError("not_true", "copying disks ended badly: %s" % done.get("errmsg", "it was cancelled"))

    def _end_backup(self, domain):
        # type: (object) -> None
        """End a copying that an interrupted attempt of ours left behind."""
        if self._call(domain.jobStats, 0).get("operation") == _BACKUP:
            self._change(domain, "abortJob", LOOK_S)
            while self._call(domain.jobStats, 0).get("type"):
                time.sleep(_TICK_S)
