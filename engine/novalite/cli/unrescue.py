# SPDX-License-Identifier: GPL-3.0-or-later
"""``novalite unrescue``: see verb.py."""

from novalite.cli.verb import verb_command

command = verb_command("unrescue")
