# SPDX-License-Identifier: GPL-3.0-or-later
"""What a guest reads when it initialises: its forms, and what is wrong with it before any guest reads it."""
