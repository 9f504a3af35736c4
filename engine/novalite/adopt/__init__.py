# SPDX-License-Identifier: GPL-3.0-or-later
"""Domains that somebody else made -> the lines of a fleet that take them under our care."""
