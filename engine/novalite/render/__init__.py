# SPDX-License-Identifier: GPL-3.0-or-later
"""Plan, problems, snapshot -> something to look at; never computes."""
