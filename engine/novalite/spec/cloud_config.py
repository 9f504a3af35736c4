# SPDX-License-Identifier: GPL-3.0-or-later
"""A mapping -> the text of a cloud-config: the same bytes for the same meaning, whatever the order of keys. Pure."""

from __future__ import annotations

from typing import Any


class Quoted(str):
    """A text that is always written between double quotes: what takes its place on the host is escaped for them."""


def cloud_config(value: dict[str, Any], *, ascii_only: bool = False) -> bytes:
    """Return ``#cloud-config`` and the mapping as block YAML, keys sorted, aliases written out.

    Guests read it with PyYAML (YAML 1.1), where ``no`` and ``12:30`` are not texts: PyYAML's own writer quotes them.
    ``ascii_only``: other characters are escaped.
    """
    import yaml

    dumper: Any = type("Dumper", (yaml.CSafeDumper,), {"ignore_aliases": lambda _self, _data: True})
    dumper.add_representer(Quoted, _write_quoted)
    text: str = yaml.dump(value, Dumper=dumper, sort_keys=True, allow_unicode=not ascii_only, width=1_000_000)
    return b"#cloud-config\n" + text.encode("utf-8")


def _write_quoted(dumper: Any, text: Quoted) -> Any:
    return dumper.represent_scalar("tag:yaml.org,2002:str", str(text), style='"')
