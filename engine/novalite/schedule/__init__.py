# SPDX-License-Identifier: GPL-3.0-or-later
"""Changes x Snapshot -> placements, each with its reasons."""
