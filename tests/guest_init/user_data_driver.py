# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs with one version of the real cloud-init: what it makes of user data, in JSON.

In: ``{"contents": [base64, ...]}``; out: for each the types and bytes of its parts, and all cloud-configs merged; or
the error that would cost the guest its user data. Nothing is fetched.
"""

import base64
import json
import logging
import sys
import tempfile
from unittest import mock

logging.disable(logging.CRITICAL)
sys.modules["jsonpatch"] = mock.MagicMock()  # only JSON patches need it, and none is applied here

from cloudinit import helpers, user_data, util  # noqa: E402
from cloudinit.handlers.cloud_config import CloudConfigPartHandler  # noqa: E402


def read(content, work):
    """What one user data is."""
    paths = helpers.Paths({"cloud_dir": work, "run_dir": work})
    try:
        with mock.patch.object(user_data.UserDataProcessor, "_do_include", return_value=None):
            message = user_data.UserDataProcessor(paths).process(content)
    except Exception as error:
        return {"error": f"{type(error).__name__}: {error}", "parts": [], "config": None}
    parts = [part for part in message.walk() if part.get_content_maintype() != "multipart"]
    handler = CloudConfigPartHandler(paths)
    handler.handle_part(None, "__begin__", None, None, None, None)
    for part in parts:
        if part.get_content_type() == "text/cloud-config":
            payload = util.fully_decoded_payload(part)
            handler.handle_part(None, "text/cloud-config", "part", payload, None, dict(part))
    found = [[part.get_content_type(), bytes_of(util.fully_decoded_payload(part))] for part in parts]
    return {"error": None, "parts": found, "config": handler.cloud_buf}


def bytes_of(payload):
    """A payload as JSON can hold it."""
    data = payload.encode("utf-8", "surrogateescape") if isinstance(payload, str) else payload
    return base64.b64encode(data).decode("ascii")


def main():
    answers = []
    for said in json.load(sys.stdin)["contents"]:
        with tempfile.TemporaryDirectory() as work:
            answers.append(read(base64.b64decode(said), work))
    json.dump(answers, sys.stdout, default=str)


main()
