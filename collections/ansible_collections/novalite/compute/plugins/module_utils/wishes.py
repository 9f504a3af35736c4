# SPDX-License-Identifier: GPL-3.0-or-later
"""What a flavor and an image ask of a guest's hardware: one wish, whichever of the two says it. Pure.

Values were checked when the fleet was read; where both speak they agree, except where a rule below says who wins.
"""

from __future__ import annotations

_TRUE = ("yes", "true", "1", "on", "t", "y")


def extra_specs(spec):
    # type: (dict) -> dict
    """Return the flavor's extra specs."""
    return spec["flavor"].get("extra_specs") or {}


def properties_of(spec):
    # type: (dict) -> dict
    """Return the image's properties."""
    return spec["image"].get("properties") or {}


def wish(spec, name):
    # type: (dict, str) -> object
    """Return ``hw:NAME`` of the flavor, else ``hw_NAME`` of the image, else None. An empty text is no wish."""
    said = extra_specs(spec).get("hw:" + name)
    if said in (None, ""):
        said = properties_of(spec).get("hw_" + name)
    return None if said in (None, "") else str(said)


def image_wish(spec, name):
    # type: (dict, str) -> object
    """Return the same where the image, knowing more, has the last word."""
    said = properties_of(spec).get("hw_" + name)
    return wish(spec, name) if said in (None, "") else str(said)


def is_yes(said, default=False):
    # type: (object, bool) -> bool
    """Tell whether a value means yes; ``default`` where nothing is said."""
    return default if said is None else str(said).lower() in _TRUE


def whole(said, name):
    # type: (object, str) -> int
    """Return a whole number. Raises: ValueError naming the wish."""
    try:
        return int(said)
    except (TypeError, ValueError):
        raise ValueError("%s is not a whole number: %r" % (name, said)) from None
