# SPDX-License-Identifier: GPL-3.0-or-later
"""Session tokens as EC2's IMDSv2 has them: a program that can only be made to GET an address cannot read metadata.

Nothing is stored: a token says until when it holds, for one instance, under a key that lives as long as the service.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import struct
import time

from .request import Answer, refusal

OFF, OPTIONAL, REQUIRED = "off", "optional", "required"
MODES = (OFF, OPTIONAL, REQUIRED)
HEADER = "x-aws-ec2-metadata-token"
TTL_HEADER = "x-aws-ec2-metadata-token-ttl-seconds"
PATH = ["ec2", "latest", "api", "token"]
MOST_S = 21600
_MAC_BYTES = 32


class Tokens(object):
    """Gives tokens and looks at them; ``clock`` is in seconds."""

    def __init__(self, mode, clock=time.monotonic):
        # type: (str, object) -> None
        self.mode = mode
        self._clock = clock
        self._key = os.urandom(32)

    def give(self, uuid, headers):
        # type: (str, dict) -> Answer
        """Return the answer to a PUT; a request that came through a proxy gets none."""
        if "x-forwarded-for" in headers:
            return refusal(403)
        text = headers.get(TTL_HEADER, "")
        if not (text.isascii() and text.isdigit() and len(text) < 6 and 1 <= int(text) <= MOST_S):
            return refusal(400)
        until = struct.pack(">Q", int(self._clock()) + int(text))
        token = base64.urlsafe_b64encode(until + self._mac(uuid, until))
        return Answer(200, token, headers={"X_Aws_Ec2_Metadata_Token_Ttl_Seconds": text})

    def accepts(self, uuid, headers):
        # type: (str, dict) -> bool
        """Tell whether a request may read: with a token that holds, or where none is needed without one."""
        if self.mode == OFF:
            return True
        text = headers.get(HEADER)
        if text is None:
            return self.mode == OPTIONAL
        try:
            data = base64.b64decode(text.encode("ascii"), altchars=b"-_", validate=True)
        except (ValueError, UnicodeEncodeError):
            return False
        until, said = data[:-_MAC_BYTES], data[-_MAC_BYTES:]
        if len(until) != 8 or not hmac.compare_digest(said, self._mac(uuid, until)):
            return False
        return self._clock() < struct.unpack(">Q", until)[0]

    def _mac(self, uuid, until):
        # type: (str, bytes) -> bytes
        return hmac.new(self._key, until + uuid.encode("ascii"), hashlib.sha256).digest()
