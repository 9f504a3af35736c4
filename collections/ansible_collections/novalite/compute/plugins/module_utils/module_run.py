# SPDX-License-Identifier: GPL-3.0-or-later
"""From a module's parameters to one ``ensure`` and back: connection, lock, errors. Never imports Ansible."""

from __future__ import annotations

import contextlib

from . import failpoint, lock
from .host import Host, open_host
from .host_error import HostError

LOCK_WAIT_S = 30.0


def run_module(module, ensure, wanted, needs_libvirt=True, locks=True):
    # type: (object, object, dict, bool, bool) -> None
    """Call ``ensure`` and end the module with its result, or with the HostError's id and message.

    ``locks`` is False for what takes the host's lock itself.
    """
    params, check = module.params, module.check_mode
    try:
        failpoint.arm()
        host = open_host(params["uri"], params["state_dir"]) if needs_libvirt else Host(None, params["state_dir"])
        with contextlib.closing(host), _hold(host.state_dir, module._name if locks else None, check):
            answer = ensure(host, wanted, check).as_module_result()
    except HostError as error:
        module.fail_json(msg=error.message, error=error.as_dict())
    except ValueError as error:
        module.fail_json(msg=str(error), error={"id": "bad_request", "message": str(error)})
    module.exit_json(**answer)


def _hold(state_dir, what, check):
    # type: (str, object, bool) -> object
    if what is None:
        return contextlib.nullcontext()
    if check:
        return lock.shared(state_dir, LOCK_WAIT_S)
    return lock.exclusive(state_dir, "module %s" % what, LOCK_WAIT_S)
