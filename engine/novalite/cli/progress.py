# SPDX-License-Identifier: GPL-3.0-or-later
"""One line a host while a playbook runs: moving on a terminal, plain lines elsewhere. On stderr."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any

from novalite.cli.terminal import is_terminal, note, rich_console

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

    from rich.live import Live

    from novalite.playbook import HostEvent

_MARKS = {"started": "..", "ok": "ok", "failed": "xx", "unreachable": "??", "skipped": "--"}
_STYLES = {"ok": "green", "failed": "red", "unreachable": "yellow"}
_SHOWN = 25  # lines; with more hosts the finished ones make room


class Progress:
    """A context manager that takes the playbook's events."""

    def __init__(
        self,
        verb: str,
        *,
        quiet: bool = False,
        plain: bool = False,
        waves: int = 1,
        ends: Mapping[int, str] | None = None,
    ) -> None:
        """``ends``: wave -> what ends it, besides the work of its hosts: guests that are waited for."""
        self._verb = verb
        self._plain = plain
        self._waves = waves
        self._ends = ends or {}
        self._quiet = quiet
        self._began = time.monotonic()
        self._hosts: dict[str, tuple[HostEvent, float]] = {}
        self._live: Live | None = None

    def __enter__(self) -> Progress:
        if not self._quiet and is_terminal(sys.stderr):
            from rich.live import Live

            self._live = Live(console=rich_console(sys.stderr), get_renderable=self._draw, transient=True)
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live is not None:
            self._live.stop()

    def say(self, text: str) -> None:
        """Print a remark above the moving lines."""
        if self._live is None:
            note(text)
        else:
            self._live.console.print(text, markup=False, soft_wrap=True)

    def take(self, event: HostEvent) -> None:
        """Note what a host did."""
        self._hosts[event.host] = (event, time.monotonic())
        is_result = event.state != "started" and event.task.startswith("Wave")
        if self._live is None and self._plain and not self._quiet and is_result:
            note(f"{event.host}: {self._stage(event)}{_word(event)}, {event.seconds:.1f} s")

    def _stage(self, event: HostEvent) -> str:
        """Return which part of the plan this was, where it has several: between them hosts wait for each other."""
        word, _, number = event.task.partition(" ")
        if self._waves < 2 or word != "Wave" or not number.isdigit():
            return ""
        return f"part {int(number) + 1} of {self._waves}: "

    def _end(self, event: HostEvent) -> str:
        """Return what a wave that is under way waits for at its end, if for anything."""
        word, _, number = event.task.partition(" ")
        is_wave = event.state == "started" and word == "Wave" and number.isdigit()
        end = self._ends.get(int(number)) if is_wave else None
        return f"; {end}" if end else ""

    def _draw(self) -> Any:
        from rich.console import Group
        from rich.table import Table
        from rich.text import Text

        table = Table.grid(padding=(0, 2))
        now = time.monotonic()
        busy = [item for item in self._hosts.values() if item[0].state == "started"]
        ended = [item for item in self._hosts.values() if item[0].state != "started"]
        for event, at in (busy + ended[::-1])[:_SHOWN]:
            seconds = now - at if event.state == "started" else event.seconds
            style = _STYLES.get(event.state, "")
            table.add_row(
                Text(_MARKS[event.state], style=style),
                Text(event.host),
                Text((self._stage(event) + _word(event) + self._end(event))[:120], style=style),
                Text(f"{seconds:.1f} s"),
            )
        total = f"{len(ended)} of {len(self._hosts)} hosts" if self._hosts else "starting Ansible"
        return Group(table, Text(f"{self._verb}: {total}, {now - self._began:.0f} s", style="dim"))


def _word(event: HostEvent) -> str:
    """Return what a host does or did, in a word or two."""
    if event.state == "started":
        return "at work"
    outcome = str(event.result.get("outcome") or event.state)
    if outcome == "stopped":
        return "not started, as you asked"
    if event.state != "ok":
        return f"{outcome}: {event.message}" if event.message else outcome
    return outcome
