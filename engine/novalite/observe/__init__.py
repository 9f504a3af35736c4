# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts -> Snapshot: collect (I/O), parse (pure), file (Snapshot <-> JSON)."""
