# SPDX-License-Identifier: GPL-3.0-or-later
"""``novalite purge``: see verb.py."""

from novalite.cli.verb import verb_command

command = verb_command("purge")
