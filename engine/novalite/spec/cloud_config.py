# SPDX-License-Identifier: GPL-3.0-or-later
"""A mapping -> the text of a cloud-config: the same bytes for the same meaning, whatever the order of keys. Pure."""

from __future__ import annotations

from typing import Any


def cloud_config(value: dict[str, Any]) -> bytes:
    """Return ``#cloud-config`` and the mapping as block YAML, keys sorted, aliases written out.

    Guests read it with PyYAML (YAML 1.1), where ``no`` and ``12:30`` are not texts: PyYAML's own writer quotes them.
    """
    import yaml

    dumper = type("Dumper", (yaml.CSafeDumper,), {"ignore_aliases": lambda _self, _data: True})
    text: str = yaml.dump(value, Dumper=dumper, sort_keys=True, allow_unicode=True, width=1_000_000)
    return b"#cloud-config\n" + text.encode("utf-8")
