# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong with a script, a list of URLs, a hook, a template: contents that are not cloud-config. Pure.

Source: cloudinit/handlers/{shell_script,boot_hook,jinja_template}.py, cloudinit/user_data.py (_do_include), execve(2).
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from novalite.spec import ids
from novalite.spec.seed import kinds
from novalite.spec.seed.finding import WARNING, Finding
from novalite.spec.suggest import shown

if TYPE_CHECKING:
    from collections.abc import Iterator

_INTERPRETER_BYTES = 255  # Linux: BINPRM_BUF_SIZE less its end
_INCLUDE = re.compile(r"^#include(?:-once)?\b", re.IGNORECASE)


def check_script(text: str) -> Iterator[Finding]:
    """Yield what keeps a script from running."""
    if not text.startswith("#!"):
        lead = len(text) - len(text.lstrip())
        before = "an empty line or blanks stand before it" if text.lstrip().startswith("#!") else "there is none"
        line = text.count("\n", 0, lead) + 1 if text.strip() else 1
        yield _script(f"a script starts with #!, as its very first characters: {before}", line)
        return
    first, newline, rest = text.partition("\n")
    if not newline or not rest.strip():
        yield _script("a script of nothing but its first line does nothing", 1, severity=WARNING)
    interpreter = first[2:].strip()
    if not interpreter:
        yield _script("no interpreter stands behind #!", 1, "write #!/bin/sh")
    elif not interpreter.startswith("/"):
        yield _script(f"#! wants a path from the root, not {shown(interpreter)}", 1, "write #!/usr/bin/env NAME")
    elif len(first) > _INTERPRETER_BYTES:
        yield _script(f"the first line has {len(first)} characters: the kernel reads {_INTERPRETER_BYTES}", 1)
    if first.endswith("\r"):
        yield _script(
            "Windows line ends: cloud-init mends them, other programs look for an interpreter that ends in "
            "a carriage return",
            1,
            "save it with line ends of Unix",
            severity=WARNING,
        )
    elif "\r\n" in rest:
        line = 2 + rest[: rest.index("\r\n")].count("\n")
        yield _script(
            "Windows line ends after the first line: nobody mends these", line, "save it with line ends of Unix"
        )


def _script(summary: str, line: int, help_text: str = "", severity: str = "error") -> Finding:
    return Finding(ids.GUEST_SCRIPT, summary, line=line, help=help_text, severity=severity)


def check_boothook(text: str) -> Iterator[Finding]:
    """Yield what keeps a hook from running: below #cloud-boothook there is a script."""
    body = text.lstrip()
    low = body.lower()
    if low.startswith("#cloud-boothook"):
        body = body[len("#cloud-boothook") :].lstrip()
    if not body.startswith("#!"):
        yield Finding(ids.GUEST_SCRIPT, "below #cloud-boothook a script is wanted: a line with #! first", line=1)


def check_include(text: str) -> Iterator[Finding]:
    """Yield every line that is no URL; one that cannot be fetched costs the guest all of its user data."""
    count = 0
    for number, line in enumerate(text.splitlines(), start=1):
        url = _INCLUDE.sub("", line).strip()
        if not url or url.startswith("#"):
            continue
        count += 1
        try:
            split = urlsplit(url)
            good = split.scheme in ("http", "https", "file") and bool(split.netloc or split.scheme == "file")
        except ValueError:
            good = False
        if not good or " " in url:
            summary = "this is not a URL: the guest could not fetch it, and would drop all user data"
            yield Finding(ids.USER_DATA_PART, summary, line=number, help="write http:// or https://")
        elif split.username or split.password:
            summary = "a URL with a password in plain text"
            yield Finding(ids.PLAIN_SECRET, summary, line=number, severity=WARNING)
    if not count:
        yield Finding(ids.USER_DATA_PART, "#include without a URL", line=1)


def check_jinja(text: str) -> Iterator[Finding]:
    """Yield what can be seen of a template before it is filled: what it makes, and that its braces close."""
    rest = text.partition("\n")[2]
    lead = next((line for line in rest.splitlines() if line.strip()), "")
    if not lead:
        yield Finding(ids.USER_DATA_PART, "a template of nothing but its first line", line=1)
    elif kinds.kind_of_part(rest.encode("utf-8")) is None and not lead.lstrip().startswith("{"):
        summary = "below the template's first line stands nothing that cloud-init knows: it would be ignored"
        yield Finding(ids.USER_DATA_PART, summary, line=2, help="put #cloud-config or #! there")
    for opening, closing in (("{{", "}}"), ("{%", "%}"), ("{#", "#}")):
        if rest.count(opening) > rest.count(closing) and "{% raw" not in rest:
            line = 2 + rest[: rest.rindex(opening)].count("\n")
            yield Finding(ids.USER_DATA_PART, f"{opening} without {closing}: the guest drops the template", line=line)


def check_part_handler(text: str) -> Iterator[Finding]:
    """Yield what keeps a part handler from being one: Python with two functions."""
    import ast

    try:
        names = {node.name for node in ast.parse(text).body if isinstance(node, ast.FunctionDef)}
    except (SyntaxError, ValueError, RecursionError) as error:
        line = (error.lineno or 1) if isinstance(error, SyntaxError) else 1
        yield Finding(ids.USER_DATA_PART, f"a part handler is Python: {shown(str(error).split(' (')[0])}", line=line)
        return
    missing = [name for name in ("list_types", "handle_part") if name not in names]
    if missing:
        yield Finding(ids.USER_DATA_PART, f"a part handler needs {' and '.join(missing)}", line=1)


def check_json_patch(text: str) -> Iterator[Finding]:
    """Yield what keeps a patch from being applied."""
    try:
        value = json.loads(text.lstrip().removeprefix("#cloud-config-jsonp"))
    except (ValueError, RecursionError):
        yield Finding(ids.USER_DATA_PART, "below #cloud-config-jsonp JSON is wanted", line=2)
        return
    if not isinstance(value, list) or not all(isinstance(one, dict) and "op" in one and "path" in one for one in value):
        yield Finding(ids.USER_DATA_PART, "a JSON patch is a list of {op, path, ...}", line=2)


def check_nothing_known(content: bytes) -> Iterator[Finding]:
    """Yield why cloud-init would ignore a content: an error where it nearly is something."""
    if not content.strip():
        yield Finding(ids.NOT_FOR_CLOUD_INIT, "empty user data", severity=WARNING, help="take it away")
        return
    text = content.decode("utf-8", "replace")
    for pattern, summary in _NEARLY:
        if pattern.match(text.lstrip()):
            yield Finding(ids.NOT_FOR_CLOUD_INIT, summary, line=1, help="see novalite explain NV0161")
            return
    summary = "cloud-init does not know what this is, and ignores it"
    help_text = "say type: other if another program of the image reads it"
    yield Finding(ids.NOT_FOR_CLOUD_INIT, summary, line=1, severity=WARNING, help=help_text)


# What nearly is something -> what is wrong with it.
_NEARLY = (
    (re.compile("\ufeff"), "a byte order mark stands first: cloud-init does not see what comes behind it"),
    (re.compile(r"#[ \t]+cloud-?config", re.I), "no blank may stand in #cloud-config: cloud-init ignores all of this"),
    (
        re.compile(r"#?\s*cloud[-_ ]?conf\w*\s*$", re.I | re.M),
        "the first line is nearly #cloud-config: cloud-init ignores all of this",
    ),
    (re.compile(r"#{2,}\s*cloud-config", re.I), "one # stands in #cloud-config: cloud-init ignores all of this"),
    (re.compile(r"#[ \t]+!|!#|# ?/(?:usr/)?bin/"), "the first line is nearly #!: cloud-init ignores all of this"),
    (re.compile(r"#+[ \t]*template\s*:", re.I), "the first line of a template is ## template: jinja, letter by letter"),
    (re.compile(r"#[ \t]+include|include:", re.I), "the first line is nearly #include: cloud-init ignores all of this"),
    (
        re.compile(r"Content-Type:", re.I),
        "a message of parts without MIME-Version: near its start: cloud-init takes it for nothing",
    ),
    (
        re.compile(
            r"(?:-{3}\s*\n)?(?:#.*\n|\s*\n)*(?:runcmd|users|packages|write_files|ssh_authorized_keys|hostname|"
            r"bootcmd|package_update|chpasswd)\s*:"
        ),
        "cloud-config without #cloud-config as its first line: cloud-init ignores all of this",
    ),
)
