# SPDX-License-Identifier: GPL-3.0-or-later
"""Extra specs that ask a host for amounts and traits, group by group: what the scheduler would leave out, said. Pure.

``schedule/ask.py`` reads them. Nova only logs what it cannot read there.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from novalite.model.resource import MAX_UNIT
from novalite.model.trait import is_trait
from novalite.shared import amounts
from novalite.spec import ids

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from novalite.spec.context import Context
    from novalite.spec.sources import Path

    # value and name after the colon -> what is wrong with it, or nothing
    Check = Callable[[str, str], str]

_KEY = re.compile(rf"(resources|trait|any_trait)({amounts.SUFFIX})?:(.*)")
_POLICIES = ("none", "isolate")


def check_request_key(context: Context, specs: Mapping[str, str], key: str, path: Path) -> bool:
    """Report what is wrong with one extra spec; tell whether it is one of these at all."""
    if key == "group_policy":
        wrong = "" if specs[key] in _POLICIES else f'"{specs[key]}" is not one of {", ".join(_POLICIES)}'
    elif key == "same_subtree":
        wrong = _subtree(specs)
    elif (match := _KEY.fullmatch(key)) is not None:
        wrong = _CHECKS[match.group(1)](specs[key], match.group(3))
    else:
        return False
    if wrong:
        context.add(ids.NOT_ALLOWED, wrong, path)
    return True


def _resource(value: str, name: str) -> str:
    if not amounts.is_class(name):
        return f'"{name}" is no resource class: a standard one, or CUSTOM_ and capitals'
    if re.fullmatch("[0-9]{1,10}", value) is None or int(value) > MAX_UNIT:
        return f'"{value}" is no amount: a whole number from 0 (nothing) to {MAX_UNIT}'
    return ""


def _trait(value: str, name: str) -> str:
    if value not in ("required", "forbidden"):
        return f'"{value}" is not one of required, forbidden'
    return "" if is_trait(name) else f'"{name}" is no trait: capitals, digits and underscores'


def _any_of(value: str, name: str) -> str:  # noqa: ARG001
    wrong = [word.strip() for word in value.split(",") if not is_trait(word.strip())]
    return f'"{wrong[0]}" is no trait: capitals, digits and underscores, separated by commas' if wrong else ""


def _subtree(specs: Mapping[str, str]) -> str:
    matches = [_KEY.fullmatch(key) for key in specs]
    groups = {match.group(2) for match in matches if match is not None and match.group(2)}
    named = [word.strip() for part in specs["same_subtree"].split(";") for word in part.split(",")]
    wrong = [word for word in named if word not in groups]
    return f'no request group has the suffix "{wrong[0]}"' if wrong else ""


_CHECKS: dict[str, Check] = {"resources": _resource, "trait": _trait, "any_trait": _any_of}
