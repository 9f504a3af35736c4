# SPDX-License-Identifier: GPL-3.0-or-later
"""Which kind of encrypted memory a guest asks for. Pure.

Source: nova/virt/hardware.py, get_mem_encryption_constraint; the policies are those of nova/virt/libvirt/config.py.
"""

from __future__ import annotations

from .wishes import is_yes, wish

DEFAULT = "amd-sev"

# Nova's model -> (libvirt's type, guest policy). The bits: no debugging 1, no shared keys 2, encrypted state 4, domain
# 16, SEV hosts only 32; of SNP: SMT 0x10000, always one 0x20000.
LAUNCH = {
    "amd-sev": ("sev", "0x0033"),
    "amd-sev-es": ("sev", "0x0037"),
    "amd-sev-snp": ("sev-snp", "0x00030000"),
}


def model_of(spec):
    # type: (dict) -> object
    """Return the model, or None where memory is not encrypted. Raises: ValueError for a model that is not known."""
    if not is_yes(wish(spec, "mem_encryption")):
        return None
    model = wish(spec, "mem_encryption_model") or DEFAULT
    if model not in LAUNCH:
        raise ValueError("hw:mem_encryption_model is not one of %s: %r" % (", ".join(sorted(LAUNCH)), model))
    return model
