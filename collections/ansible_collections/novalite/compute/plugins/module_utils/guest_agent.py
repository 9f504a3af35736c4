# SPDX-License-Identifier: GPL-3.0-or-later
"""What only the agent in a guest can do. Talks to libvirtd.

Source: nova/virt/libvirt/driver.py, set_admin_password.
"""

from __future__ import annotations

from . import failpoint
from .host_error import HostError
from .power import refuse_illegal
from .result import Result

NO_AGENT = (
    "no agent answers in the guest: it needs the program qemu-guest-agent, and its image not the property "
    "hw_qemu_guest_agent=no"
)


def set_password(host, uuid, user, password, check=False):
    # type: (object, str, str, object, bool) -> Result
    """Set a user's password in the guest; nothing tells whether it was another one before.

    Raises: HostError ``illegal``, ``no_agent``, ``bad_request`` where the password did not come along (a plan never
    holds it).
    """
    domain, element, _spec = host.get_own(uuid)
    refuse_illegal("password", host.connection.power(domain), element)
    if not check:
        if not password:
            raise HostError("bad_request", "no password came with the step: ask again with novalite password")
        with failpoint.around("guest.password"):
            if not host.connection.set_password(domain, user, password):
                raise HostError("no_agent", NO_AGENT)
    return Result(True, {}, {"password of": user})
