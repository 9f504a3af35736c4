# SPDX-License-Identifier: GPL-3.0-or-later
"""tpm_secret_security_filter: a TPM's secret is the user's, the host's or the deployment's; the host must keep it so.

Only the flavor may say so (``hw:tpm_secret_security``). Where it says nothing, Nova means the user's, whose key is in
Barbican; here nothing is asked then, because no host of ours locks a TPM with a key of the user's.
Source: nova/scheduler/request_filter.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from novalite.model.trait import trait_from_text
from novalite.schedule.hardware import tpm_version
from novalite.schedule.prefilters.adding import as_spec, require, requires

if TYPE_CHECKING:
    from novalite.schedule.prefilters import Context
    from novalite.schedule.request import Shape

NAME = "tpm_secret_security_filter"


def applies(shape: Shape, context: Context) -> bool:  # noqa: ARG001
    """Tell whether the guest has a TPM, and the flavor says who keeps its secret."""
    return bool(_traits(shape))


def transform(shape: Shape, context: Context) -> Shape:  # noqa: ARG001
    """Return the shape with the trait of who keeps the secret."""
    return require(shape, _traits(shape))


def why(shape: Shape, context: Context) -> str:  # noqa: ARG001
    """Return what it adds."""
    return requires(_traits(shape))


def _traits(shape: Shape) -> list[str]:
    if tpm_version(as_spec(shape), shape.properties) is None:
        return []
    security = shape.specs.get("hw:tpm_secret_security")
    return [f"COMPUTE_SECURITY_TPM_SECRET_SECURITY_{trait_from_text(security)}"] if security else []
