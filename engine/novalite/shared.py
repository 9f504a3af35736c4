# SPDX-License-Identifier: GPL-3.0-or-later
"""The one door to the collection's ``module_utils``: formats with two ends, imported from where hosts have them too."""

from __future__ import annotations

from ansible_collections.novalite.compute.plugins.module_utils import (
    arguments,
    canonical,
    metadata,
    names,
    paths,
    states,
    units,
)

__all__ = ["arguments", "canonical", "metadata", "names", "paths", "states", "units"]
