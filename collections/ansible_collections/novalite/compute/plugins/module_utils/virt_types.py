# SPDX-License-Identifier: GPL-3.0-or-later
"""The virtualisation types that domains can have here. Pure."""

from __future__ import annotations

KVM = "kvm"
QEMU = "qemu"
TEST = "test"
VIRT_TYPES = (KVM, QEMU, TEST)
