# SPDX-License-Identifier: GPL-3.0-or-later
"""Seed -> vendor_data.json and vendor_data2.json. Pure.

cloud-init runs only what is under the key ``cloud-init`` at the top of either: a text, or a list of texts, where later
ones win. Nova keeps what a service answers under that service's name, where nothing looks (canonical/cloud-init#5221);
here it is also at the top. Source: nova/api/metadata/base.py, _vendor_data2; cloudinit/sources/__init__.py,
convert_vendordata.
"""

from __future__ import annotations

import json

CLOUD_INIT = "cloud-init"
STATIC = "static"


def vendor_data(seed):
    # type: (object) -> object
    """Return vendor_data.json's content: what is declared, and before it the host's own part, so that it loses."""
    said = {} if seed.vendor_data is None else seed.vendor_data
    if not seed.host_key or not isinstance(said, dict):
        return said
    theirs = said.get(CLOUD_INIT)
    parts = [host_part(seed.host_key)] + _texts(theirs)
    return dict(said, **{CLOUD_INIT: parts if len(parts) > 1 else parts[0]})


def vendor_data2(seed):
    # type: (object) -> dict
    """Return vendor_data2.json's content: ``static``, and what each service answered by its name, as Nova; what of the
    answers is for cloud-init also where cloud-init looks.

    ``static`` is without the host's part: it runs from vendor_data.json, and nothing looks for it here.
    """
    answer = {STATIC: {} if seed.vendor_data is None else seed.vendor_data}
    answer.update((name, value) for name, value in seed.vendor_data2.items() if name not in answer)
    parts = service_parts(seed)
    if parts and CLOUD_INIT not in seed.vendor_data2:
        answer[CLOUD_INIT] = parts if len(parts) > 1 else parts[0]
    return answer


def host_part(host_key):
    # type: (dict) -> str
    """Return the cloud-config that gives the guest its SSH host key (``ed25519_private``, ``ed25519_public``)."""
    return "#cloud-config\n" + json.dumps({"ssh_keys": host_key}, sort_keys=True) + "\n"


def service_parts(seed):
    # type: (object) -> list
    """Return the texts for cloud-init among the answers, in the order of the services."""
    parts = []
    for name, value in seed.vendor_data2.items():
        parts += _texts(value if name == CLOUD_INIT else value.get(CLOUD_INIT) if isinstance(value, dict) else None)
    return parts


def all_parts(seed):
    # type: (object) -> list
    """Return all texts for cloud-init, the weakest first; for seeds that have one file of vendor data."""
    said = vendor_data(seed)
    return _texts(said.get(CLOUD_INIT) if isinstance(said, dict) else None) + service_parts(seed)


def _texts(value):
    # type: (object) -> list
    """Return a text, or a list of them, as a list; anything else is nothing that cloud-init would run."""
    if isinstance(value, str):
        return [value]
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []
