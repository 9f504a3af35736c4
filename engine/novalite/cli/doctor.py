# SPDX-License-Identifier: GPL-3.0-or-later
"""``novalite doctor``: what is missing here or on the hosts, and the line that mends it."""

from __future__ import annotations

import importlib.metadata
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import attrs
import click

from novalite.cli import options

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGES = (
    "ansible-runner",
    "attrs",
    "click",
    "jsonschema",
    "jsonschema-rs",
    "numpy",
    "pycdlib",
    "pyyaml",
    "rich",
)


@attrs.frozen(slots=True)
class Check:
    """One thing looked at: ok, or what mends it."""

    name: str
    ok: bool
    found: str
    mend: str = ""


@click.command("doctor", short_help="Check this machine and the hosts; say what mends them.")
@options.inventory_option
@options.forks_option
@options.json_option
def command(inventory: tuple[str, ...], forks: int, as_json: bool) -> int:
    """Check this machine and the hosts of the inventory. What is wrong comes with the line that mends it."""
    from novalite.cli.terminal import show_json, wants_colour

    checks = [*controller_checks(), *host_checks(inventory, forks, quiet=as_json)]
    if as_json:
        show_json({"format": "novalite.doctor/1", "checks": [attrs.asdict(check) for check in checks]})
    else:
        colour = wants_colour(sys.stdout)
        width = max(len(check.name) for check in checks)
        for check in checks:
            mark = "ok" if check.ok else "xx"
            shown = click.style(mark, fg="green" if check.ok else "red") if colour else mark
            click.echo(f"{shown}  {check.name:<{width}}  {check.found}")
            if not check.ok and check.mend:
                click.echo(f"{'':<{width + 4}}  to mend: {check.mend}")
    wrong = [check for check in checks if not check.ok]
    if not wrong:
        return 0
    return 6 if all(check.name.startswith("host ") for check in wrong) else 1


def controller_checks() -> Iterator[Check]:
    """Yield what this machine must have."""
    python = ".".join(map(str, sys.version_info[:3]))
    yield Check("python", sys.version_info >= (3, 11), python, "install Python 3.11 or later")
    core = _version("ansible-core")
    recent = core is not None and tuple(int(part) for part in core.split(".")[:2]) >= (2, 19)
    yield Check("ansible-core", recent, core or "missing", "pip install 'ansible-core>=2.19'")
    beside = Path(sys.executable).with_name("ansible-playbook")
    found = str(beside) if beside.is_file() else shutil.which("ansible-playbook")
    yield Check("ansible-playbook", found is not None, found or "missing", "pip install 'ansible-core>=2.19'")
    ssh = shutil.which("ssh")
    yield Check("ssh", ssh is not None, ssh or "missing", "apt-get install openssh-client")
    missing = [name for name in PACKAGES if _version(name) is None]
    line = f"pip install {' '.join(missing)}"
    yield Check("packages", not missing, f"missing: {', '.join(missing)}" if missing else "all there", line)
    yield schema_check()


def schema_check() -> Check:
    """Return whether user data is checked against cloud-init's own schema too; that there is none is no fault."""
    from novalite.spec.seed.schema import VARIABLE, find_schema, load_schema

    path = find_schema()
    if path is None:
        return Check("cloud-init schema", True, f"none: user data is checked by our own rules alone ({VARIABLE})")
    schema, why = load_schema(path)
    found = str(path) if schema is not None else f"{path}: {why}"
    return Check("cloud-init schema", schema is not None, found, f"name another in {VARIABLE}, or none")


def host_checks(inventory: tuple[str, ...], forks: int, *, quiet: bool) -> Iterator[Check]:
    """Yield one check a host: that it can be observed, with what."""
    from novalite.cli.look import observe
    from novalite.cli.sources import Planning
    from novalite.errors import NovaliteError

    try:
        snapshot = observe(Planning(inventory, forks, quiet=quiet))
    except NovaliteError as error:
        yield Check("inventory", False, error.message, error.proceed or "")
        return
    for name, host in snapshot.hosts.items():
        versions = host.facts.get("versions") or {}
        text = f"{host.virt_type}, libvirt {_dotted(versions.get('libvirt'))}, {len(host.instances)} instances"
        yield Check(f"host {name}", True, text)
    for name, lost in snapshot.unknown.items():
        yield Check(f"host {name}", False, lost.reason, mend_for(name, lost.reason))


def mend_for(host: str, reason: str) -> str:
    """Return the line that probably mends a host that could not be observed."""
    low = reason.lower()
    if "host key" in low:
        return f"ssh {host} true   (and compare the key with the host's own)"
    if "permission denied" in low:
        return f"ssh-copy-id {host}"
    if low.startswith("unreachable"):
        return f"ansible -i INVENTORY {host} -m ping -vvv"
    if "libvirt" in low and ("module" in low or "python" in low or "import" in low):
        return f"ansible -i INVENTORY {host} -b -m apt -a name=python3-libvirt   (and see ansible_python_interpreter)"
    if "socket" in low or "connect" in low:
        return f"ansible -i INVENTORY {host} -b -m service -a 'name=libvirtd state=started'"
    return "ansible-playbook novalite.compute.observe -i INVENTORY -vvv"


def _version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def _dotted(number: object) -> str:
    """Return libvirt's number 9000000 as 9.0.0."""
    if not isinstance(number, int):
        return "?"
    return f"{number // 1_000_000}.{number // 1000 % 1000}.{number % 1000}"
