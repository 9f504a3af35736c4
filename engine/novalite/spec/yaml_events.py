# SPDX-License-Identifier: GPL-3.0-or-later
"""The YAML parser: a text becomes events, in C where PyYAML has libyaml. Pure.

PyYAML's C parser and not ruamel's: it bundles libyaml 0.2.5, which reads an unquoted MAC or URL inside ``[...]`` and
``{...}``; ruamel's 0.1.7 refuses them. PyYAML is there anyway (ansible-core needs it). Only its events are used: its
own idea of what ``no`` and ``52:54:00:12:34:56`` mean (YAML 1.1) never gets a say.
"""

from __future__ import annotations

from typing import Any

from yaml import events  # type: ignore[import-untyped,unused-ignore]
from yaml.error import MarkedYAMLError  # type: ignore[import-untyped,unused-ignore]

try:
    from yaml._yaml import CParser as _Parser  # type: ignore[import-untyped,import-not-found,unused-ignore]
except ImportError:  # a PyYAML built without libyaml: eight times slower, the same events
    from yaml import SafeLoader as _Parser

__all__ = ["MarkedYAMLError", "events", "open_parser"]


def open_parser(text: str) -> Any:
    """Return a parser whose ``get_event`` gives one event after the other."""
    return _Parser(text)
