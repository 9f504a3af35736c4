# SPDX-License-Identifier: GPL-3.0-or-later
"""Where files of the package live: the only code that knows; works from a wheel and from a checkout."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

_PACKAGE = Path(str(resources.files("novalite")))
_CHECKOUT = _PACKAGE.parent.parent


def schema_text(name: str) -> str:
    """Return the text of a JSON Schema, such as ``fleet`` or ``plan``; FileNotFoundError where there is none."""
    packaged = _PACKAGE / "schemas" / f"{name}.json"
    path = packaged if packaged.is_file() else _CHECKOUT / "schemas" / f"{name}.json"
    return path.read_text(encoding="utf-8")


def collections_root() -> Path:
    """Return the folder that holds ``ansible_collections``: what ``ANSIBLE_COLLECTIONS_PATH`` must name."""
    beside = _PACKAGE.parent
    return beside if (beside / "ansible_collections").is_dir() else _CHECKOUT / "collections"


def collection_path() -> Path:
    """Return the folder of the collection novalite.compute."""
    return collections_root() / "ansible_collections" / "novalite" / "compute"
