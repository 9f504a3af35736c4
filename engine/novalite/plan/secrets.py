# SPDX-License-Identifier: GPL-3.0-or-later
"""The secrets that a plan needs: those whose tokens are in the contents that its hosts get. Pure."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

from novalite.shared import seed_secrets

if TYPE_CHECKING:
    from collections.abc import Mapping

    from novalite.model.fleet import Fleet


def secrets_of(fleet: Fleet, contents: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """Return token -> reference (module_utils/secret_sources.py), with the fingerprint of the value where it is known.

    ``contents`` is digest -> base64, as in a plan.
    """
    if not fleet.secrets:
        return {}
    used = {token for text in contents.values() for token in seed_secrets.tokens_in(base64.b64decode(text))}
    return {token: _told(fleet, token) for token in sorted(used & fleet.secrets.keys())}


def _told(fleet: Fleet, token: str) -> dict[str, Any]:
    reference = fleet.secrets[token].to_reference()
    found = fleet.fingerprints.get(token)
    return reference if found is None else {**reference, "fingerprint": found}
