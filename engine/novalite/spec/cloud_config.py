# SPDX-License-Identifier: GPL-3.0-or-later
"""A mapping -> the text of a cloud-config: the same bytes for the same meaning, whatever the order of keys. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from novalite.spec.not_yet import find_secret

if TYPE_CHECKING:
    from collections.abc import Callable

    Secret = Callable[[dict[str, Any]], str]  # what stands under "secret" -> the token in its place


class Quoted(str):
    """A text that is always written between double quotes: what takes its place on the host is escaped for them."""


def cloud_config(value: dict[str, Any], *, secret: Secret | None = None, ascii_only: bool = False) -> bytes:
    """Return ``#cloud-config`` and the mapping as block YAML, keys sorted, aliases written out.

    Guests read it with PyYAML (YAML 1.1), where ``no`` and ``12:30`` are not texts: PyYAML's own writer quotes them.
    ``secret`` gives the text that stands for a ``{secret: ...}``. ``ascii_only``: other characters are escaped.
    """
    import yaml

    dumper: Any = type("Dumper", (yaml.CSafeDumper,), {"ignore_aliases": lambda _self, _data: True})
    dumper.add_representer(Quoted, _write_quoted)
    held = value if secret is None else with_tokens(value, secret)
    text: str = yaml.dump(held, Dumper=dumper, sort_keys=True, allow_unicode=not ascii_only, width=1_000_000)
    return b"#cloud-config\n" + text.encode("utf-8")


def with_tokens(value: Any, secret: Secret) -> Any:
    """Return a value with a token in the place of each ``{secret: ...}``."""
    if isinstance(value, dict):
        if find_secret(value) == ():
            return Quoted(secret(value["secret"]))
        return {key: with_tokens(child, secret) for key, child in value.items()}
    return [with_tokens(child, secret) for child in value] if isinstance(value, list) else value


def _write_quoted(dumper: Any, text: Quoted) -> Any:
    return dumper.represent_scalar("tag:yaml.org,2002:str", str(text), style='"')
