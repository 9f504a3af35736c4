# SPDX-License-Identifier: GPL-3.0-or-later
"""What a guest is told, read by the programs that guests and hosts have."""
