# SPDX-License-Identifier: GPL-3.0-or-later
"""What flavors and images say of guest hardware: known keys, possible values, and what goes together. Pure.

Imported only where a flavor or image has such keys.
"""
