# SPDX-License-Identifier: GPL-3.0-or-later
"""What the modules of cloud-init want below a key, where a wrong shape breaks the guest. Pure.

Source: cloudinit/config/cc_*.py and cloudinit/distros/__init__.py (create_user) of cloud-init 22.4: what they raise,
and what they skip with a line in a log.
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import TYPE_CHECKING, Any

from novalite.spec import ids
from novalite.spec.cloud_config import Quoted
from novalite.spec.seed import users
from novalite.spec.seed.finding import risky, wrong
from novalite.spec.suggest import did_you_mean, shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from novalite.spec.seed.finding import Finding

Path = tuple[str | int, ...]

_ENCODINGS = ("gz", "gzip", "gz+base64", "gzip+base64", "gz+b64", "gzip+b64", "b64", "base64", "text/plain")
# Modes that people mean, as the numbers that YAML 1.1 makes of 0644: these arrive as they were meant.
_USUAL_MODES = frozenset(
    (0o400, 0o440, 0o444, 0o500, 0o550, 0o555, 0o600, 0o640, 0o644, 0o660, 0o664, 0o666, 0o700, 0o750, 0o755, 0o770)
) | {0o775, 0o777}


def commands(held: Any, path: Path) -> Iterator[Finding]:
    """Source: cloudinit/util.py, shellify: a command is a text or a list of texts, else the module fails."""
    if not held:
        yield wrong(path, "an empty list of commands")
    for number, command in enumerate(held):
        here = (*path, number)
        if isinstance(command, dict):
            help_text = 'a colon and a space make a mapping: quote the command, - "echo a: b"'
            yield wrong(here, "a command is a text or a list of texts, and a mapping stands here", help_text)
        elif isinstance(command, list):
            yield from _arguments(command, here)
        elif command is not None and not isinstance(command, str):
            yield wrong(here, f"a command is a text or a list of texts, not {shown(command)}", "quote it")
        elif isinstance(command, str) and re.search(r"\bchpasswd\b|\bpasswd\b.*--stdin", command):
            yield risky(here, "a password in a command", "use chpasswd: users: with a hash", ids.PLAIN_SECRET)


def _arguments(command: list[Any], path: Path) -> Iterator[Finding]:
    if not command:
        yield wrong(path, "a command without words")
    for number, word in enumerate(command):
        if isinstance(word, bool):
            summary = f"this word arrives as {word}: guests read YAML 1.1, where yes, no, on and off are truth values"
            yield wrong((*path, number), summary, "quote it")
        elif isinstance(word, (dict, list)) or word is None:
            yield wrong((*path, number), "a word of a command is a text", "quote it")


def packages(held: Any, path: Path) -> Iterator[Finding]:
    """Source: cloudinit/config/cc_package_update_upgrade_install.py: a name, [name, version], or {manager: [...]}."""
    for number, item in enumerate(held):
        if isinstance(item, str) or (isinstance(item, dict) and all(isinstance(one, list) for one in item.values())):
            continue
        if isinstance(item, list) and len(item) in (1, 2) and all(isinstance(one, str) for one in item):
            continue
        help_text = 'quote versions: [name, "1.10"]' if isinstance(item, list) else "quote it"
        yield wrong((*path, number), "a package is a name or [name, version], both texts", help_text)


def files(held: Any, path: Path) -> Iterator[Finding]:
    """Source: cloudinit/config/cc_write_files.py."""
    for number, entry in enumerate(held):
        here = (*path, number)
        if not isinstance(entry, dict):
            yield wrong(here, "a file is a mapping with path and content")
            continue
        name = entry.get("path")
        if not isinstance(name, str) or not name.startswith("/"):
            where = (*here, "path") if "path" in entry else here
            yield wrong(where, "a file needs a path from the root, such as /etc/motd")
        elif name.startswith(("/tmp/", "/run/")):  # noqa: S108 (what the guest does, not we)
            summary = f"{shown(name)} is lost: the guest empties {name[:5].rstrip('/')} while it boots"
            yield risky((*here, "path"), summary, "write it elsewhere")
        yield from _content(entry, here)
        if "permissions" in entry:
            yield from _mode(entry["permissions"], (*here, "permissions"))


def _content(entry: dict[str, Any], path: Path) -> Iterator[Finding]:
    content, encoding = entry.get("content", ""), entry.get("encoding", "text/plain")
    if not isinstance(content, (str, bytes)):
        yield wrong((*path, "content"), "the content of a file is a text", "write it as a block: content: |")
        return
    if not isinstance(encoding, str) or encoding.lower() not in _ENCODINGS:
        near = did_you_mean(str(encoding), _ENCODINGS)
        summary = f"encoding {shown(encoding)} is not known{near}: the guest writes the content as it stands"
        yield wrong((*path, "encoding"), summary)
        return
    if "b64" in encoding.lower() or "base64" in encoding.lower():
        text = content if isinstance(content, str) else content.decode("latin-1")
        try:
            if not isinstance(content, Quoted):
                base64.b64decode("".join(text.split()), validate=True)
        except (binascii.Error, ValueError):
            yield wrong((*path, "content"), f"encoding {encoding} is said, and the content is not base64")


def _mode(held: Any, path: Path) -> Iterator[Finding]:
    """Source: cc_write_files.py, decode_perms: a number is taken as it is, a text as octal digits."""
    if isinstance(held, str):
        if not re.fullmatch(r"(?:0o)?[0-7]{3,4}|0[0-7]{4}", held):
            yield wrong(path, f"permissions {shown(held)} are no octal digits: the guest takes 0644", "write '0640'")
    elif isinstance(held, int) and not isinstance(held, bool):
        if held in _USUAL_MODES:
            yield risky(
                path, f"permissions without quotes: the guest happens to read {held:04o}", f"write '{held:04o}'"
            )
        else:
            yield wrong(path, f"permissions without quotes: the guest would set {held:04o}", f"write '0{held}'")
    else:
        yield wrong(path, "permissions are octal digits in quotes, such as '0640'")


def mounts(held: Any, path: Path) -> Iterator[Finding]:
    """Source: cloudinit/config/cc_mounts.py: what is not a list is left out with a line in a log."""
    for number, item in enumerate(held):
        if not isinstance(item, list) or not item:
            yield wrong((*path, number), "a mount is a list, such as [/dev/vdb, /srv]", "the guest leaves it out")


def power_state(held: Any, path: Path) -> Iterator[Finding]:
    """Source: cloudinit/config/cc_power_state_change.py (load_power_state)."""
    mode, delay = held.get("mode"), held.get("delay", "now")
    if mode not in ("poweroff", "reboot", "halt"):
        where = (*path, "mode") if "mode" in held else path
        yield wrong(where, "mode is poweroff, reboot or halt")
    elif mode != "reboot":
        yield risky((*path, "mode"), "the guest goes off, and the next plan starts it again", "declare power: shutoff")
    if isinstance(delay, bool) or not re.fullmatch(r"now|\+?[0-9]+", str(delay)):
        yield wrong((*path, "delay"), "delay is now, or a number of minutes")


def merging(held: Any, path: Path) -> Iterator[Finding]:
    """Source: cloudinit/mergers/__init__.py (string_extract_mergers): what it does not know stops the whole part."""
    if isinstance(held, str) and not re.fullmatch(r"(?:(?:dict|list|str)\([a-z_, ]*\)\+?)+", held.replace(" ", "")):
        yield wrong(path, f'"{shown(held)}" is no way to merge', "write list(append)+dict(recurse_array)+str()")


SHAPES: dict[str, Callable[[Any, Path], Iterator[Finding]]] = {
    "runcmd": commands,
    "bootcmd": commands,
    "packages": packages,
    "write_files": files,
    "users": users.users,
    "user": users.user,
    "ssh_authorized_keys": users.public_keys,
    "mounts": mounts,
    "power_state": power_state,
    "chpasswd": users.chpasswd,
    "password": users.password,
    "merge_how": merging,
    "merge_type": merging,
}
