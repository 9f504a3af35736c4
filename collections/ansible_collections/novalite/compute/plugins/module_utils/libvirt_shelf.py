# SPDX-License-Identifier: GPL-3.0-or-later
"""What setting a domain aside asks of libvirt: a part of Connection. Talks to libvirtd."""

from __future__ import annotations

_CHANGE_S = 60
_XML_SECURE = 1  # VIR_DOMAIN_XML_SECURE
_XML_INACTIVE = 2  # VIR_DOMAIN_XML_INACTIVE
_NO_DOMAIN = 42  # VIR_ERR_NO_DOMAIN
_MANAGED_SAVE = 1  # VIR_DOMAIN_UNDEFINE_MANAGED_SAVE
_SNAPSHOTS_METADATA = 2
_KEEP_NVRAM = 8
_CHECKPOINTS_METADATA = 16
_KEEP_TPM = 64
_KEEP_TPM_SINCE = 8009000  # libvirt 8.9; before, a TPM's state stayed in any case


class ShelfCalls(object):
    """Calls whose point is that nothing is lost."""

    def secure_xml(self, domain):
        # type: (object) -> str
        """Return all that defines the domain, passwords too."""
        return self._call(domain.XMLDesc, _XML_SECURE | _XML_INACTIVE)

    def undefine_keeping(self, domain):
        # type: (object) -> None
        """Forget the domain; its NVRAM and the state of its TPM stay where they are."""
        flags = _MANAGED_SAVE | _SNAPSHOTS_METADATA
        if self.hypervisor() != "TEST":
            flags |= _KEEP_NVRAM | _CHECKPOINTS_METADATA
            flags |= _KEEP_TPM if self._call(self._handle.getLibVersion) >= _KEEP_TPM_SINCE else 0
        self._change(domain, "undefineFlags", _CHANGE_S, (flags,), (_NO_DOMAIN,))
