# SPDX-License-Identifier: GPL-3.0-or-later
"""The error tree; each class knows the exit status of a command that it ends.

::

    NovaliteError               1    what, where, and the command that would proceed
    +- SpecError                3    carries all Problems, raised once
    +- PolicyRefused            3
    +- PlanErrored              3    the plan has problems: it can be shown, not applied
    +- PlanUnreadable           3    a plan file that is none, or not what was reviewed: refused before any contact
    +- SnapshotUnreadable       3    a snapshot file that is none
    +- SecretUnreadable         3    a value that a plan needs cannot be had on this machine: nothing was touched
    +- PlanStale, LockHeld      4
    |  +- SecretChanged         4
    +- ApplyPartial             5    done, failed, not started
    +- ObserveIncomplete        6    which hosts are unknown, and why
    +- Interrupted            130    stopped by the user; running it again resumes
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from novalite.problem import Problem


class NovaliteError(Exception):
    """Something went wrong that the user can act on: ``message`` says what, ``proceed`` which command goes on."""

    exit_status = 1
    error_id = "NV0001"

    def __init__(self, message: str, *, proceed: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.proceed = proceed


class SpecError(NovaliteError):
    """The fleet is not valid; all problems at once."""

    exit_status = 3
    error_id = "NV0002"

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(f"{len(problems)} problem{'s' if len(problems) != 1 else ''} in the fleet")
        self.problems = tuple(problems)


class PolicyRefused(NovaliteError):
    """A guard said no."""

    exit_status = 3
    error_id = "NV0003"


class PlanErrored(NovaliteError):
    """The plan holds problems, so none of it is applied."""

    exit_status = 3
    error_id = "NV0004"


class PlanUnreadable(NovaliteError):
    """A file that was given as a plan is none that this version can read, or was changed after it was made."""

    exit_status = 3
    error_id = "NV0311"


class SnapshotUnreadable(NovaliteError):
    """A file that was given as a snapshot is none that this version can read."""

    exit_status = 3
    error_id = "NV0312"


class SecretUnreadable(NovaliteError):
    """The value of a secret that a plan needs cannot be had: which and why, never any of it."""

    exit_status = 3
    error_id = "NV0181"


class PlanStale(NovaliteError):
    """What the plan relied on is no longer so, or the plan was applied before."""

    exit_status = 4
    error_id = "NV0005"


class SecretChanged(PlanStale):
    """The value of a secret is not the one whose fingerprint the plan holds."""

    error_id = "NV0183"


class LockHeld(NovaliteError):
    """Somebody else is applying to a host."""

    exit_status = 4
    error_id = "NV0006"


class ApplyPartial(NovaliteError):
    """Some steps were done, some failed or were not started."""

    exit_status = 5
    error_id = "NV0007"


class ObserveIncomplete(NovaliteError):
    """Some hosts did not tell what they hold; ``unknown`` maps each to its reason."""

    exit_status = 6
    error_id = "NV0008"

    def __init__(self, unknown: Mapping[str, str], message: str = "") -> None:
        super().__init__(message or f"{len(unknown)} host{'s' if len(unknown) != 1 else ''} unknown")
        self.unknown = dict(unknown)


class Interrupted(NovaliteError):
    """The user stopped the run; what was in flight was finished."""

    exit_status = 130
    error_id = "NV0009"
