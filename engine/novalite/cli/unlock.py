# SPDX-License-Identifier: GPL-3.0-or-later
"""``novalite unlock``: see verb.py."""

from novalite.cli.verb import verb_command

command = verb_command("unlock")
