# SPDX-License-Identifier: GPL-3.0-or-later
"""The novalite command: one command a file; parse arguments, call, print, exit."""
