# SPDX-License-Identifier: GPL-3.0-or-later
"""YAML -> Fleet: read (with line numbers), validate (schema), build (references, counts, defaults)."""
