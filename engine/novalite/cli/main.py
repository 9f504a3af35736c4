# SPDX-License-Identifier: GPL-3.0-or-later
"""The command's first function: the quick answers, and what becomes of errors."""

from __future__ import annotations

import os
import sys

from novalite import __version__

EXIT_INTERRUPTED = 130


def main() -> None:
    """Run ``novalite`` and exit."""
    if sys.argv[1:] == ["--version"]:
        print(f"novalite {__version__}")
        return
    status = run(sys.argv[1:])
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    os._exit(status)  # everything is closed; only the taking apart of what was read is left out


def run(arguments: list[str]) -> int:
    """Return the exit status of a command line; messages are printed, nothing is raised."""
    import gc

    import click

    from novalite.cli.group import cli
    from novalite.errors import NovaliteError

    # A command makes values that live to its end, a million of them for a large fleet, and hardly a cycle: looking for
    # garbage takes a fifth of the time of a plan and finds none.
    gc.disable()
    try:
        status = cli.main(arguments, prog_name="novalite", standalone_mode=False)
    except click.UsageError as error:
        error.show()
        return 1  # not click's 2: that says "changes present"
    except click.ClickException as error:
        error.show()
        return 1
    except (click.Abort, KeyboardInterrupt):
        print("\nstopped; nothing more was done", file=sys.stderr)
        return EXIT_INTERRUPTED
    except NovaliteError as error:
        from novalite.cli.terminal import show_error

        show_error(error)
        return error.exit_status
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except Exception as error:
        if os.environ.get("NOVALITE_DEBUG"):
            raise
        return _show_bug(error)
    return int(status or 0)


def _show_bug(error: Exception) -> int:
    """Print a short report of something nobody foresaw."""
    import traceback

    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if "novalite" in frame.filename]
    where = f"{os.path.basename(frames[-1].filename)}:{frames[-1].lineno}" if frames else "?"  # noqa: PTH119
    print(f"error[NV0000]: internal error: {type(error).__name__}: {error} ({where})", file=sys.stderr)
    print("  to proceed: run it again with NOVALITE_DEBUG=1 for the whole story, and report that", file=sys.stderr)
    return 1


if __name__ == "__main__":
    main()
