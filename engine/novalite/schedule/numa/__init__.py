# SPDX-License-Identifier: GPL-3.0-or-later
"""Guest cells on host cells: ``pin`` (CPUs of one cell), ``cell`` (one cell on one), ``fit`` (all on the host)."""
