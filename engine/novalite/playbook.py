# SPDX-License-Identifier: GPL-3.0-or-later
"""Run one of the collection's playbooks through ansible-runner (its only importer); knows nothing of what it means.

Nothing is kept: the private folder (0700) is removed afterwards. Variables are paths, digests and numbers, never
desired state: Ansible evaluates extra variables as templates.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import signal
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from novalite import resources
from novalite.errors import NovaliteError
from novalite.private_folder import private_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from types import FrameType

GROUP = "novalite_hosts"
_CONFIG = """\
[defaults]
forks = {forks}
local_tmp = {folder}/tmp
host_key_checking = True
interpreter_python = auto_silent
retry_files_enabled = False
gathering = explicit
nocows = True
deprecation_warnings = False
localhost_warning = False
inventory_unparsed_warning = False
[inventory]
any_unparsed_is_failed = True
[ssh_connection]
pipelining = True
ssh_args = -C -o ControlMaster=auto -o ControlPersist=60s -o ConnectTimeout=10 -o ServerAliveInterval=10
"""
_STATES = {
    "runner_on_start": "started",
    "runner_on_ok": "ok",
    "runner_on_failed": "failed",
    "runner_on_unreachable": "unreachable",
    "runner_on_skipped": "skipped",
}
# What Ansible adds around the reason; people want the reason.
_PREFIX = re.compile(r"^(Task failed: |Module failed: |Action failed: |Failed to connect to the host via ssh: )+")


@attrs.frozen(slots=True)
class HostEvent:
    """What one host did in one task. ``state``: started, ok, failed, unreachable or skipped."""

    host: str
    task: str
    state: str
    result: Mapping[str, Any] = attrs.field(factory=dict)
    message: str = ""
    seconds: float = 0.0


@attrs.frozen(slots=True)
class RunResult:
    """Every host's events in order; ``message`` is Ansible's own where the playbook failed as a whole."""

    events: tuple[HostEvent, ...]
    status: str  # successful, failed, canceled
    message: str = ""
    interrupts: int = 0  # how often the user asked to stop

    def last(self, host: str) -> HostEvent | None:
        """Return the last thing that happened on a host, or None where nothing did."""
        return next((event for event in reversed(self.events) if event.host == host), None)


def run(
    name: str,
    inventory: Sequence[str],
    *,
    variables: Mapping[str, str | int | bool] | None = None,
    limit: Sequence[str] | None = None,
    forks: int = 20,
    on_event: Callable[[HostEvent], None] | None = None,
    stop: Callable[[int], bool] | None = None,
) -> RunResult:
    """Run playbook ``novalite.compute.<name>`` and return what each host did.

    ``stop`` is called after the n-th Ctrl-C and tells whether to cancel Ansible (default: at the first).
    Raises: NovaliteError where there is no usable inventory, or nothing ran on any host.
    """
    paths = [_inventory(source) for source in inventory]
    collected = _Collector(on_event)
    with private_folder("run") as folder, _Interrupts(stop) as interrupts:
        status = _run(folder, name, paths, dict(variables or {}), limit, forks, collected, interrupts)
    if collected.no_hosts and not collected.events:
        raise NovaliteError(
            f"no host to work on: group {GROUP} is missing or empty in {', '.join(inventory)}",
            proceed=f"ansible-inventory -i {shlex.quote(inventory[0])} --graph {GROUP}",
        )
    message = collected.message()
    if status == "failed" and not collected.events:
        raise NovaliteError(f"Ansible could not start: {message or 'it said nothing'}", proceed="novalite doctor")
    return RunResult(tuple(collected.events), status, message, interrupts.count)


def _run(
    folder: Path,
    name: str,
    inventory: Sequence[str],
    variables: dict[str, str | int | bool],
    limit: Sequence[str] | None,
    forks: int,
    collected: _Collector,
    interrupts: _Interrupts,
) -> str:
    import ansible_runner  # costs 0.1 s, and only runs need it

    (folder / "project").mkdir()
    config = folder / "ansible.cfg"
    config.write_text(_CONFIG.format(forks=forks, folder=folder), encoding="utf-8")
    words = [word for path in inventory for word in ("-i", path)]
    if limit is not None:
        words += ["--limit", ",".join(limit)]
    runner = ansible_runner.run(
        private_data_dir=str(folder),
        playbook=f"novalite.compute.{name}",
        cmdline=shlex.join(words),
        extravars=variables or None,
        envvars=_environment(config),
        event_handler=collected.take,
        cancel_callback=interrupts.is_cancelled,
        settings={"pexpect_timeout": 0.2},
        suppress_output_file=True,
        quiet=True,
    )
    return str(runner.status)


def _environment(config: Path) -> dict[str, str]:
    """Return what is pinned: our configuration, our collection (a stale copy elsewhere must not win), no colours."""
    collections = resources.collections_root()
    ours = [str(Path(__file__).resolve().parents[1]), str(collections)]
    return {
        "ANSIBLE_CONFIG": str(config),
        "ANSIBLE_COLLECTIONS_PATH": str(collections),
        "ANSIBLE_HOST_KEY_CHECKING": os.environ.get("ANSIBLE_HOST_KEY_CHECKING", "True"),
        "ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED": "True",
        "ANSIBLE_STRATEGY": "linear",
        "ANSIBLE_FORCE_COLOR": "False",
        "ANSIBLE_NOCOLOR": "True",
        "ANSIBLE_PIPELINING": "True",
        **_vault_password(),
        "PATH": os.pathsep.join([str(_ansible_playbook().parent), os.environ.get("PATH", os.defpath)]),
        "PYTHONPATH": os.pathsep.join(
            dict.fromkeys(ours + [str(Path(p).resolve()) for p in os.environ.get("PYTHONPATH", "").split(":") if p])
        ),
        "PYTHONWARNINGS": "ignore",
    }


def _vault_password() -> dict[str, str]:
    """Return Ansible's variable for the passwords of vaults as it was given, as the playbook runs in another folder."""
    given = os.environ.get("ANSIBLE_VAULT_PASSWORD_FILE")
    return {"ANSIBLE_VAULT_PASSWORD_FILE": str(Path(given).expanduser().absolute())} if given else {}


def _ansible_playbook() -> Path:
    """Return the ansible-playbook of our own environment, or the user's."""
    beside = Path(sys.executable).with_name("ansible-playbook")
    found = str(beside) if beside.is_file() else shutil.which("ansible-playbook")
    if found is None:
        raise NovaliteError("ansible-playbook is not installed", proceed="pip install 'ansible-core>=2.19'")
    return Path(found)


def _inventory(source: str) -> str:
    if "," in source:  # Ansible's own notation of a list of hosts
        return source
    path = Path(source)
    if not path.exists():
        raise NovaliteError(
            f"no Ansible inventory at {source}",
            proceed="name yours with -i INVENTORY (or $NOVALITE_INVENTORY); 'novalite init DIR' writes an example",
        )
    return str(path.resolve())


class _Collector:
    """Turns the runner's events into ours."""

    def __init__(self, on_event: Callable[[HostEvent], None] | None) -> None:
        self.events: list[HostEvent] = []
        self.no_hosts = False
        self._on_event = on_event
        self._text: list[str] = []

    def take(self, raw: dict[str, Any]) -> bool:
        kind = raw.get("event", "")
        data = raw.get("event_data") or {}
        if kind in ("verbose", "error", "warning") or not data:
            self._text.append(str(raw.get("stdout") or ""))
        elif kind == "playbook_on_no_hosts_matched":
            self.no_hosts = True
        elif kind in _STATES and "host" in data:
            event = _event_from_raw(_STATES[kind], data)
            self.events.append(event)
            if self._on_event is not None:
                self._on_event(event)
        return False  # nothing is kept on disk

    def message(self) -> str:
        """Return Ansible's first error on one line, without the excerpt of our playbook that follows it."""
        text = " ".join(" ".join(self._text).split())
        match = re.search(r"(?:\[ERROR\]:|ERROR!)\s*(.*)", text)
        message = match.group(1) if match else text
        cause = re.search(r"Failed to parse \S+ with yaml plugin: (.*?)(?: Origin: |\[WARNING|\[ERROR|$)", text)
        return (message.partition(" Origin: ")[0] + (f": {cause.group(1)}" if cause else "")).strip()[:1000]


def _event_from_raw(state: str, data: Mapping[str, Any]) -> HostEvent:
    result = data.get("res") or {}
    message = str(result.get("msg") or result.get("message") or "") if state in ("failed", "unreachable") else ""
    if "see stdout/stderr" in message.lower() or "deserialization failed" in message.lower():
        message = f"{message} {str(result.get('module_stderr', '')).strip()[-500:]}"
    return HostEvent(
        host=str(data["host"]),
        task=str(data.get("task", "")),
        state=state,
        result=result,
        message=" ".join(_PREFIX.sub("", message).split()),
        seconds=float(data.get("duration") or 0.0),
    )


class _Interrupts:
    """Counts Ctrl-C while Ansible runs in a session of its own, and asks ``stop`` what each one means.

    The signal is only counted; ``stop`` is asked where the runner looks whether to go on, so that it may print.
    """

    def __init__(self, stop: Callable[[int], bool] | None) -> None:
        self.count = 0
        self._asked = 0
        self._stop = stop
        self._cancelled = False
        self._old: dict[int, Any] = {}

    def __enter__(self) -> _Interrupts:
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                if signal.getsignal(number) is not signal.SIG_IGN:  # nohup
                    self._old[number] = signal.signal(number, self._hear)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._old.items():
            signal.signal(number, handler)

    def _hear(self, _number: int, _frame: FrameType | None) -> None:
        self.count += 1

    def is_cancelled(self) -> bool:
        while self._asked < self.count:
            self._asked += 1
            self._cancelled = self._cancelled or self._stop is None or self._stop(self._asked)
        return self._cancelled
