# SPDX-License-Identifier: GPL-3.0-or-later
"""The one door to the collection's ``module_utils``: formats with two ends, imported from where hosts have them too."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from ansible_collections.novalite.compute.plugins.module_utils import (
    adopted,
    amounts,
    arguments,
    canonical,
    known_hardware,
    metadata,
    names,
    operational_state,
    paths,
    seed,
    states,
    step_kinds,
    transitions,
    units,
)

if TYPE_CHECKING:
    from ansible_collections.novalite.compute.plugins.module_utils import (
        domain_build,
        failpoint,
        guest_ssh,
        packed,
        secret_sources,
        seed_kind,
        seed_secrets,
        seed_tree,
        wishes,
    )

__all__ = [
    "adopted",
    "amounts",
    "arguments",
    "canonical",
    "domain_build",
    "failpoint",
    "guest_ssh",
    "known_hardware",
    "metadata",
    "names",
    "operational_state",
    "packed",
    "paths",
    "secret_sources",
    "seed",
    "seed_kind",
    "seed_secrets",
    "seed_tree",
    "states",
    "step_kinds",
    "transitions",
    "units",
    "wishes",
]

_SELDOM = (
    "domain_build",
    "failpoint",
    "guest_ssh",
    "packed",
    "secret_sources",
    "seed_kind",
    "seed_secrets",
    "seed_tree",
    "wishes",
)  # imported when first asked for: start-up is measured


def __getattr__(name: str) -> Any:
    """Return a module that few commands need."""
    if name in _SELDOM:
        return importlib.import_module(f"ansible_collections.novalite.compute.plugins.module_utils.{name}")
    raise AttributeError(name)
