# SPDX-License-Identifier: GPL-3.0-or-later
"""``novalite validate``: everything that is wrong with a fleet, at once."""

from __future__ import annotations

import sys

import click

from novalite.cli import options
from novalite.cli.look import cache_dir, fleet_path


@click.command("validate", short_help="Check a fleet; no host is contacted.")
@options.fleet_argument
@options.outside_option
@options.json_option
@click.option("--sarif", "as_sarif", is_flag=True, help="Print SARIF: code review shows the problems on their lines.")
def command(fleet: str | None, allow_outside: bool, as_json: bool, as_sarif: bool) -> int:
    """Check a fleet (default: ./fleet or ./fleet.yml); no host is contacted."""
    from novalite.cli.terminal import note, show_json, wants_colour

    path = fleet_path(fleet)
    from novalite.spec.load import load_fleet

    found, problems = load_fleet(path, cache_dir=cache_dir(), allow_outside=allow_outside)
    is_valid = found is not None and not any(problem.severity == "error" for problem in problems)
    count = len(found.instances) if found else 0
    if as_sarif:
        from novalite import __version__
        from novalite.render.problems import problems_sarif

        show_json(problems_sarif(problems, version=__version__))
    elif as_json:
        from novalite.render.problems import problems_document

        listed = problems_document(problems)
        show_json({"format": "novalite.problems/1", "valid": is_valid, "instances": count, "problems": listed})
    else:
        if problems:
            from novalite.render.problems import problems_text

            note(problems_text(problems, colour=wants_colour(sys.stderr)))
        if is_valid:
            click.echo(f"{count} instance{'' if count == 1 else 's'}, {path} is valid")
    return 0 if is_valid else 3
