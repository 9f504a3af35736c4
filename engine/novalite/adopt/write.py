# SPDX-License-Identifier: GPL-3.0-or-later
"""A proposal -> the text of a fleet file. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from novalite.adopt.propose import Proposal

_HEAD = """\
# Domains of {host} that somebody else made, as they were read. `novalite plan` shows that only our mark is written.
# What stands below extra_xml is theirs, and stays as it is: it is kept here so that people can read it.
"""


class _Text(str):
    """A text of several lines, written as it stands."""


class _Dumper(yaml.SafeDumper):  # type: ignore[misc]
    """Writes mappings in the order they were made."""


_Dumper.add_representer(
    _Text, lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", str(text), style="|")
)


def fleet_text(proposal: Proposal, host: str, project: str | None) -> str:
    """Return the file; ``project`` only where it is the first of a fleet."""
    texts = [] if project is None else [f"novalite: 1\nproject: {project}"]
    for section, content in proposal.document.items():
        part = {section: {name: _readable(entry) for name, entry in content.items()}}
        texts.append(
            yaml.dump(part, Dumper=_Dumper, default_flow_style=None, sort_keys=False, width=120, allow_unicode=True)
        )
    return _HEAD.format(host=host) + "\n".join(text if text.endswith("\n") else text + "\n" for text in texts)


def _readable(entry: dict[str, Any]) -> dict[str, Any]:
    return {key: _Text(value) if key == "extra_xml" else value for key, value in entry.items()}
