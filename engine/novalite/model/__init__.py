# SPDX-License-Identifier: GPL-3.0-or-later
"""The nouns: frozen values, one a file; arithmetic only."""
