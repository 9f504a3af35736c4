# SPDX-License-Identifier: GPL-3.0-or-later
"""Result: what an ``ensure`` did, or in check mode would do. Pure."""

from __future__ import annotations


class Result(object):
    """``before`` and ``after`` are dicts for people (Ansible's diff); ``power`` and ``fingerprint`` only where they
    apply.
    """

    __slots__ = ("after", "before", "changed", "facts", "fingerprint", "power")

    def __init__(self, changed, before=None, after=None, power=None, fingerprint=None, facts=None):
        # type: (bool, object, object, object, object, object) -> None
        self.changed = changed
        self.before = before or {}
        self.after = after or {}
        self.power = power
        self.fingerprint = fingerprint
        self.facts = facts or {}

    def as_module_result(self):
        # type: () -> dict
        """Return the arguments of ``exit_json``."""
        answer = {"changed": self.changed, "diff": {"before": self.before, "after": self.after}}
        if self.power is not None:
            answer["power"] = self.power
        if self.fingerprint is not None:
            answer["fingerprint"] = self.fingerprint
        answer.update(self.facts)
        return answer
