# SPDX-License-Identifier: GPL-3.0-or-later
"""Plan -> hosts: slices (pure), events (pure), run (I/O)."""
