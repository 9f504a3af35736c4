# SPDX-License-Identifier: GPL-3.0-or-later
"""What a host told of domains that somebody else made (module domain_xml), as values. Pure."""

from __future__ import annotations

from typing import Any

import attrs


@attrs.frozen(slots=True)
class ReadDisk:
    """One disk that is a file or block device; ``image`` is the SHA-256 of the base it began with, where known."""

    target: str
    path: str
    virtual_bytes: int | None = None
    chain: tuple[str, ...] = ()
    image: str | None = None
    error: str = ""


@attrs.frozen(slots=True)
class ReadDomain:
    """One domain; ``xml`` is what it will be at its next start, ``sha256`` its meaning."""

    uuid: str
    domain: str
    power: str
    persistent: bool
    xml: str
    sha256: str
    disks: tuple[ReadDisk, ...] = ()


def domains_from_document(document: Any) -> tuple[ReadDomain, ...]:
    """Return the domains of a host's answer; KeyError, TypeError or ValueError where it is none."""
    return tuple(_domain(said) for said in document["domains"])


def _domain(said: dict[str, Any]) -> ReadDomain:
    disks = tuple(
        ReadDisk(
            str(disk["target"]),
            str(disk["path"]),
            None if disk["virtual_bytes"] is None else int(disk["virtual_bytes"]),
            tuple(map(str, disk["chain"])),
            disk["image"],
            str(disk.get("error") or ""),
        )
        for disk in said["disks"]
    )
    texts = {key: str(said[key]) for key in ("uuid", "domain", "power", "xml", "sha256")}
    if "<!DOCTYPE" in texts["xml"] or "<!ENTITY" in texts["xml"]:
        raise ValueError("XML that declares entities is not libvirt's")
    return ReadDomain(**texts, persistent=bool(said["persistent"]), disks=disks)
