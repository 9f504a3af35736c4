# SPDX-License-Identifier: GPL-3.0-or-later
"""The parts of a user data -> everything that is wrong with them, and what others need to know of them. Pure."""

from __future__ import annotations

import json
import zlib
from typing import TYPE_CHECKING, Any

import attrs

from novalite.spec import ids
from novalite.spec.seed import kinds, text_kinds
from novalite.spec.seed.cloud_config_check import check_cloud_config
from novalite.spec.seed.finding import WARNING, Finding
from novalite.spec.seed.guest_yaml import read_guest_yaml
from novalite.spec.seed.ignition import check_ignition, check_ignition_value
from novalite.spec.seed.messages import parts_of_archive, parts_of_message
from novalite.spec.seed.schema import check_schema

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from novalite.spec.context import Context
    from novalite.spec.seed.finding import Origin
    from novalite.spec.seed.forms import Part

_MOST_BYTES = 16 * 1024 * 1024  # of what is unpacked
_DEEPEST = 4  # messages inside of messages
_READ_AS_MAIL = "MIME-Version: stands in it, so cloud-init reads it as a mail, and spoils what is not ASCII"

_TEXT_CHECKS: dict[str, Callable[[str], Iterator[Finding]]] = {
    **dict.fromkeys(kinds.SCRIPTS, text_kinds.check_script),
    kinds.BOOTHOOK: text_kinds.check_boothook,
    kinds.INCLUDE: text_kinds.check_include,
    kinds.INCLUDE_ONCE: text_kinds.check_include,
    kinds.JINJA: text_kinds.check_jinja,
    kinds.PART_HANDLER: text_kinds.check_part_handler,
    kinds.JSON_PATCH: text_kinds.check_json_patch,
    kinds.IGNITION: check_ignition,
}


@attrs.define(slots=True)
class Seen:
    """What a user data is made of: the kinds of its parts, and its cloud-configs with where they came from."""

    kinds: list[str | None] = attrs.field(factory=list)
    configs: list[tuple[Mapping[str, Any], Origin, Callable[[Finding], Finding]]] = attrs.field(factory=list)

    @property
    def names(self) -> bool:
        """Tell whether a cloud-config says how the guest calls itself."""
        return any("hostname" in value or "fqdn" in value for value, _, _ in self.configs)


def check_parts(context: Context, parts: Sequence[Part], *, several: bool) -> Seen:
    """Note every problem of the parts, and return what they are."""
    seen = Seen()
    for part in parts:
        if part.is_opaque:
            seen.kinds.append(kinds.OTHER)
        elif part.value is not None:
            _check_value(context, part, seen)
        else:
            look = kinds.kind_of_part if several else kinds.kind_of
            _check_content(context, part.content, part.kind, part.origin, seen, look, depth=0)
    if several:
        _check_merging(context, parts, seen)
    return seen


def _check_value(context: Context, part: Part, seen: Seen) -> None:
    value = dict(part.value or {})
    if "ignition" in value:
        seen.kinds.append(kinds.IGNITION)
        _tell(context, part.origin, check_ignition_value(json.loads(part.content)))
        return
    seen.kinds.append(kinds.CLOUD_CONFIG)
    seen.configs.append((value, part.origin, _as_it_is))
    _tell(context, part.origin, _config_findings(value))


def _check_content(
    context: Context,
    content: bytes,
    said: str | None,
    origin: Origin,
    seen: Seen,
    look: Callable[[bytes], str | None],
    depth: int,
) -> None:
    kind = said or look(content)
    if kind == kinds.GZIP and depth < _DEEPEST:
        unpacked = _unpacked(content)
        if unpacked is None:
            origin.tell(context, Finding(ids.USER_DATA_PART, "compressed data that is cut off, broken or too large"))
        else:
            _check_content(context, unpacked, None, _Inside(origin, "compressed"), seen, kinds.kind_of, depth + 1)
        return
    if kind in (kinds.MIME, kinds.ARCHIVE) and depth < _DEEPEST:
        unpack = parts_of_message if kind == kinds.MIME else parts_of_archive
        inner, findings = unpack(content)
        _tell(context, origin, findings)
        for number, (name, body) in enumerate(inner, start=1):
            inside = _Inside(origin, f"part {number}")
            _check_content(context, body, name, inside, seen, kinds.kind_of_part, depth + 1)
        return
    seen.kinds.append(kind)
    _tell(context, origin, _findings(content, kind, origin, seen))


def _findings(content: bytes, kind: str | None, origin: Origin, seen: Seen) -> Iterator[Finding]:
    """Yield what is wrong with one content that has no parts."""
    if kind is None:
        yield from text_kinds.check_nothing_known(content)
        return
    if kind == kinds.BUTANE:
        yield Finding(ids.IGNITION, "this is Butane, which no guest reads", line=1, help="make JSON of it with butane")
        return
    if kind != kinds.CLOUD_CONFIG and kind not in _TEXT_CHECKS:
        return  # a type of its own: a part handler takes it
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        summary = f"byte 0x{content[error.start]:02x} is not UTF-8: cloud-init knows what it is, and fails at it"
        yield Finding(
            ids.NOT_FOR_CLOUD_INIT, summary, line=line, help="let a script fetch what is not text, or unpack it"
        )
        return
    if kinds.speaks_of_mime(content) and not content.isascii():
        help_text = "take MIME-Version: away from its first 4096 bytes, or write ASCII only"
        yield Finding(ids.USER_DATA_PART, _READ_AS_MAIL, line=1, help=help_text)
    if kind == kinds.CLOUD_CONFIG:
        yield from _cloud_config_text(text, origin, seen)
    else:
        yield from _TEXT_CHECKS[kind](text)


def _cloud_config_text(text: str, origin: Origin, seen: Seen) -> Iterator[Finding]:
    first = text.lstrip().splitlines()[0]
    if first.lower().startswith("#cloud-config") and first[len("#cloud-config") :].strip():
        summary = "more stands behind #cloud-config in its line"
        yield Finding(ids.NOT_FOR_CLOUD_INIT, summary, line=1, severity=WARNING)
    late = next((n for n, line in enumerate(text.splitlines(), 1) if line.lower().startswith("## template: jinja")), 0)
    if late:
        summary = "## template: jinja must be the first line: the guest fills nothing in"
        yield Finding(ids.USER_DATA_PART, summary, line=late, help="put it above #cloud-config")
        return
    read = read_guest_yaml(text)
    yield from read.findings
    if any(finding.severity == "error" for finding in read.findings) and read.value is None:
        return
    if isinstance(read.value, dict):
        seen.configs.append((read.value, origin, read.placed))
    for finding in _config_findings(read.value):
        yield read.placed(finding)


def _config_findings(value: Any) -> Iterator[Finding]:
    told = set()
    for finding in check_cloud_config(value):
        told.add(finding.path[:1])
        yield finding
    if isinstance(value, dict):
        yield from check_schema(value, told)


def _check_merging(context: Context, parts: Sequence[Part], seen: Seen) -> None:
    """Note keys that several parts say: without merge_how the last wins (cc DEF_MERGERS: dict(replace))."""
    first: dict[str, int] = {}
    ways = {id(part.origin): part.merge_how for part in parts}
    for number, (value, origin, placed) in enumerate(seen.configs):
        says_how = bool(ways.get(id(origin))) or "merge_how" in value or "merge_type" in value
        for key in value:
            if key in first and not says_how:
                summary = f'an earlier part says "{key}" too: the guest takes only this one'
                help_text = "say merge_how: list(append)+dict(recurse_array)+str() of this part"
                finding = Finding(ids.CLOUD_CONFIG_TRAP, summary, (key,), of_key=True, help=help_text, severity=WARNING)
                origin.tell(context, placed(finding))
            first.setdefault(key, number)


def _as_it_is(finding: Finding) -> Finding:
    return finding


def _tell(context: Context, origin: Origin, findings: Iterator[Finding] | Sequence[Finding]) -> None:
    for finding in findings:
        origin.tell(context, finding)


@attrs.frozen(slots=True)
class _Inside:
    """A content inside of another: lines are not those of the file."""

    outer: Origin
    name: str

    def tell(self, context: Context, finding: Finding) -> None:
        """Note a finding at what it is inside of."""
        line = f", line {finding.line}" if finding.line else ""
        summary = f"{finding.summary} ({self.name}{line})"
        self.outer.tell(context, attrs.evolve(finding, summary=summary, path=(), line=0, column=1, of_key=False))


def _unpacked(content: bytes) -> bytes | None:
    unpacker = zlib.decompressobj(wbits=31)
    try:
        found = unpacker.decompress(content, _MOST_BYTES)
    except zlib.error:
        return None
    return found if unpacker.eof else None
