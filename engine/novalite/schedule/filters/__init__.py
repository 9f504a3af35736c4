# SPDX-License-Identifier: GPL-3.0-or-later
"""One rule a file: which hosts may take an instance."""
