# SPDX-License-Identifier: GPL-3.0-or-later
"""Dynamic vendor data: asks the services that the spec names, when the drive is made. Talks to the network.

A POST for each, as Nova's, with five seconds to connect and five for each piece of the answer; besides, other than
Nova, an end for the whole of it, a limit of its size, and no redirection to somewhere else.
Source: nova/api/metadata/vendordata_dynamic.py.
"""

from __future__ import annotations

import http.client
import json
import urllib.error
import urllib.request

from .deadline import call_in_time
from .host_error import HostError
from .meta_data import hostname

TIMEOUT_S = 5.0
WHOLE_S = 15.0
MOST_BYTES = 1024 * 1024
_HEADERS = {
    "Content-Type": "application/json",
    "Accept": "application/json",
    "User-Agent": "novalite-vendordata",
}


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """What is posted is for one address only."""

    def redirect_request(self, *_said):
        # type: (object) -> None
        """Refuse: the answer is then an error of its own."""


def ask_targets(spec, contents):
    # type: (dict, object) -> dict
    """Return name -> what each service answered, JSON already read; ``{}`` for one that failed.

    ``contents`` are those beside the spec: user data is told with its tokens, never with secrets in it.
    Raises: HostError ``vendor_data`` where a failure is said to be fatal.
    """
    said = spec.get("vendor_targets") or {}
    answers = {}
    for target in said.get("targets") or ():
        if target["name"] in answers:
            continue
        try:
            answers[target["name"]] = call_in_time(_post_later(target["url"], spec, contents), WHOLE_S, "no answer")
        except (OSError, ValueError, http.client.HTTPException, HostError) as error:
            if said.get("fatal"):
                message = "the vendor data service %s (%s): %s" % (target["name"], target["url"], error)
                raise HostError("vendor_data", message) from error
            answers[target["name"]] = {}
    return answers


def _post_later(url, spec, contents):
    # type: (str, dict, object) -> object
    return lambda: _post(url, _body(spec, contents))


def _body(spec, contents):
    # type: (dict, object) -> dict
    return {
        "project-id": spec["project"],
        "instance-id": spec["uuid"],
        "image-id": spec["image"]["sha256"],
        "user-data": (contents or {}).get(spec["user_data_sha256"]),
        "hostname": hostname(spec),
        "metadata": {key: str(value) for key, value in sorted(spec["metadata"].items())},
        "boot-roles": "",
    }


def _post(url, body):
    # type: (str, dict) -> object
    """Return what one service answers. Raises: OSError, ValueError, HTTPException."""
    if not url.startswith(("http://", "https://")):
        raise ValueError("not an address of a web service")
    request = urllib.request.Request(url, json.dumps(body).encode("ascii"), _HEADERS, method="POST")
    try:
        with urllib.request.build_opener(_NoRedirect).open(request, timeout=TIMEOUT_S) as response:
            data = response.read(MOST_BYTES + 1)
    except urllib.error.HTTPError as error:
        error.close()
        raise ValueError("it answered with %d" % error.code) from None
    if len(data) > MOST_BYTES:
        raise ValueError("its answer has more than %d bytes" % MOST_BYTES)
    return json.loads(data.decode("utf-8")) if data.strip() else {}
