# SPDX-License-Identifier: GPL-3.0-or-later
"""One noun of the language a file: its part of a valid document -> its value class, and what a schema cannot check."""
