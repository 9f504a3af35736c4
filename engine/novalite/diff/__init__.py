# SPDX-License-Identifier: GPL-3.0-or-later
"""Fleet x Snapshot -> changes: what differs, and how each field can change."""
