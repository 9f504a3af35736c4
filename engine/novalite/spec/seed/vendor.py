# SPDX-License-Identifier: GPL-3.0-or-later
"""What cloud-init runs of vendor data: the key cloud-init at its top, checked like user data. Pure.

Source: cloudinit/sources/__init__.py (convert_vendordata): a text, or a list of texts; anything else costs the guest
all of its vendor data.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from novalite.spec import ids
from novalite.spec.cloud_config import Quoted
from novalite.spec.seed.check import check_parts
from novalite.spec.seed.finding import MappingOrigin, TextOrigin
from novalite.spec.seed.forms import Part

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from novalite.spec.context import Context
    from novalite.spec.seed.finding import Origin
    from novalite.spec.sources import Path

KEY = "cloud-init"


def check_vendor_data(context: Context, value: Mapping[str, Any], path: Path, *, is_file: bool) -> None:
    """Note what is wrong with what cloud-init would run. ``path``: of the value, or of the file that it is in."""
    said = value.get(KEY)
    if said is None:
        return
    texts = said if isinstance(said, list) else [said]
    if not all(isinstance(text, str) for text in texts):
        where = path if is_file else (*path, KEY)
        summary = f'"{KEY}" in vendor data is a text or a list of texts: else cloud-init takes nothing of it'
        context.add(ids.VENDOR_DATA, summary, where)
        return
    for text, origin in _origins(said, path, is_file):
        if text.strip() and not isinstance(text, Quoted):
            check_parts(context, [Part(text.encode("utf-8"), origin)], several=False)


def _origins(said: str | list[str], path: Path, is_file: bool) -> Iterator[tuple[str, Origin]]:
    """Yield each text with where it stands."""
    if isinstance(said, str):
        yield said, MappingOrigin(path) if is_file else TextOrigin((*path, KEY))
        return
    for number, text in enumerate(said):
        yield text, MappingOrigin(path) if is_file else TextOrigin((*path, KEY, number))
