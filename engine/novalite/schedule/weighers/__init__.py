# SPDX-License-Identifier: GPL-3.0-or-later
"""One preference a file: which of the hosts that passed is best."""
