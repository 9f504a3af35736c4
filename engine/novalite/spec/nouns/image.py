# SPDX-License-Identifier: GPL-3.0-or-later
"""Images of a fleet: the file is looked at, because its digest is what an image is. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from novalite.model.image import Image
from novalite.shared import known_hardware
from novalite.spec import ids
from novalite.spec.qcow2 import is_qcow2, read_header

if TYPE_CHECKING:
    from collections.abc import Mapping

    from novalite.spec.context import Context
    from novalite.spec.files import ImageFile
    from novalite.spec.sources import Path

_ENDINGS = {".qcow2": "qcow2", ".raw": "raw"}
# What domains are built by, and hosts chosen by; others are carried, and said to have no effect.
_OBEYED = known_hardware.PROPERTIES | {"hw_maxphysaddr_bits", "hw_vm_mode", "img_hv_requested_version", "img_hv_type"}
_OBEYED |= {"img_config_drive", "novalite_seed", "os_admin_user"}
_GIB = 1024**3
_MOST_DISK_GIB = 1024 * 1024
_MOST_RAM_MIB = 64 * 1024 * 1024


def build_images(context: Context) -> dict[str, Image]:
    """Return the images by name; one with a problem is left out."""
    images = {}
    for name, entry, path in context.entries("images"):
        before = len(context.problems)
        properties = _properties(context, entry.get("properties") or {}, path)
        remote = "://" in entry["source"]
        facts = _remote(context, entry, path) if remote else _local(context, entry, path)
        minimum: dict[str, Any] = {
            "min_disk_gib": context.gib(entry.get("min_disk", "0GiB"), (*path, "min_disk"), 0, _MOST_DISK_GIB),
            "min_ram_mib": context.mib(entry.get("min_ram", "0MiB"), (*path, "min_ram"), 0, _MOST_RAM_MIB),
        }
        if facts is not None and not context.has_problem_since(before):
            context.virtual_gib[name] = facts.pop("virtual_gib", 0)
            images[name] = Image(name=name, properties=properties, **facts, **minimum)
    return images


def _properties(context: Context, said: dict[str, str], path: Path) -> Mapping[str, str]:
    """Return the properties by the names of today, each checked by itself."""
    if not said:
        return said
    from novalite.spec.consistency import tables, values

    for key, value in said.items():
        here = (*path, "properties", key)
        if key.startswith("trait:"):
            if value != "required":
                context.add(ids.NOT_ALLOWED, f'an image can only require a trait: "{value}" is not required', here)
            continue
        today = tables.OLD_PROPERTIES.get(key, key)
        if values.check_property(context, key, value, here):
            context.unreadable.add(("images", str(path[1])))
        elif today not in _OBEYED and not tables.is_scheduled(today):
            summary = f"image property {today} has no effect in this version"
            context.add(ids.NO_EFFECT, summary, here, of_key=True, severity="warning")
    return values.todays(said)


def _remote(context: Context, entry: dict[str, Any], path: Path) -> dict[str, Any] | None:
    source = (*path, "source")
    try:
        url = urlsplit(entry["source"])
        good = url.scheme in ("http", "https") and bool(url.hostname) and not (url.username or url.password)
    except ValueError:
        good = False
    if not good or any(character.isspace() for character in entry["source"]):
        context.add(ids.NOT_ALLOWED, "an image is a path, or an http(s) URL without a password", source)
        return None
    if "sha256" not in entry:
        help_text = "hosts fetch it themselves: only its checksum says that all get the same"
        context.add(ids.REMOTE_NEEDS_SHA256, "an image behind a URL needs its sha256", source, help=help_text)
        return None
    ending = "." + url.path.rpartition(".")[2]
    declared = entry.get("format") or _ENDINGS.get(ending)
    if declared is None:
        context.add(
            ids.IMAGE_FORMAT, "the format cannot be told from this URL", source, help="say format: qcow2 or raw"
        )
        return None
    return {"source": entry["source"], "sha256": entry["sha256"], "format": declared}


def _local(context: Context, entry: dict[str, Any], path: Path) -> dict[str, Any] | None:
    source = (*path, "source")
    file = context.image_file(entry["source"], source)
    if file is None:
        return None
    declared = entry.get("sha256")
    if declared not in (None, file.sha256):
        summary = f"the file's sha256 is {file.sha256[:12]}..., and {declared[:12]}... is declared"
        help_text = f"sha256: {file.sha256}"
        context.add(ids.IMAGE_CHECKSUM, summary, (*path, "sha256"), help=help_text)
    found = "qcow2" if is_qcow2(file.head) else "raw"
    virtual_bytes = file.size_bytes
    if entry.get("format", found) != found:
        summary = f"the file is {found}, and {entry['format']} is declared"
        context.add(ids.IMAGE_FORMAT, summary, (*path, "format"))
    elif file.size_bytes == 0:
        context.add(ids.IMAGE_FORMAT, "the image file is empty", source)
    elif found == "qcow2":
        virtual_bytes = _virtual_bytes(context, file, source)
    facts = {"source": file.path, "sha256": file.sha256, "format": found, "size_bytes": file.size_bytes}
    return facts | {"virtual_gib": -(-virtual_bytes // _GIB)}


def _virtual_bytes(context: Context, file: ImageFile, path: Path) -> int:
    header = read_header(file.head)
    if header is None:
        context.add(ids.IMAGE_FORMAT, "a qcow2 image with a broken header", path)
        return 0
    if header.reaches_out:
        summary = f"this image reads {header.reaches_out} besides itself"
        help_text = "qemu-img convert -O qcow2 makes one that stands alone"
        context.add(ids.IMAGE_FORMAT, summary, path, help=help_text)
    if header.virtual_bytes > _MOST_DISK_GIB * _GIB:
        context.add(ids.IMAGE_TOO_BIG, f"this image declares {header.virtual_bytes // _GIB} GiB", path)
        return 0
    return header.virtual_bytes
