"""What tests see of the lab. In a conftest: `from lab.fixtures import lab, images`.

`lab` brings two real hosts up if none are, and takes down only what it brought up. Where real hosts cannot be (no root,
no namespaces) it gives four simulated ones and says so; a test that needs a hypervisor calls `lab.need_real()`.
"""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from . import images as guest_images
from . import inventory, process, simulated
from . import lab as labs
from .host import Host
from .paths import DEV, LAB

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator
    from typing import IO

REAL_HOSTS, SIMULATED_HOSTS = 2, 4

# On a host: what would be left of a test. Foreign domains of a test go too; the network `default` stays.
_CLEAN = """
for name in $(virsh -q list --all --uuid); do
    virsh -q destroy "$name" >/dev/null 2>&1
    virsh -q undefine "$name" --nvram --managed-save --snapshots-metadata >/dev/null 2>&1 ||
        virsh -q undefine "$name" >/dev/null 2>&1
done
for pool in $(virsh -q pool-list --all --name); do
    virsh -q pool-destroy "$pool" >/dev/null 2>&1
    virsh -q pool-undefine "$pool" >/dev/null 2>&1
done
for network in $(virsh -q net-list --all --name); do
    [ "$network" = default ] && continue
    virsh -q net-destroy "$network" >/dev/null 2>&1
    virsh -q net-undefine "$network" >/dev/null 2>&1
done
find /var/lib/novalite -mindepth 1 -delete
virsh -q list --all --name
"""


class LabUnderTest:
    """The running lab, with what a test asks of it."""

    def __init__(self, lab: labs.Lab) -> None:
        self._lab = lab

    @property
    def inventory(self) -> Path:
        """The Ansible inventory file."""
        return inventory.INVENTORY

    @property
    def is_real(self) -> bool:
        """Whether hosts have QEMU behind them."""
        return bool(self._lab.hosts)

    @property
    def hosts(self) -> list[str]:
        """Names of the hosts a test may use: the real ones, or the simulated where there are no real ones."""
        return [host.name for host in self._lab.hosts or self._lab.simulations]

    def need_real(self) -> None:
        """Skips the test, with a reason that ./dev test prints, where hosts are simulated."""
        if not self.is_real:
            pytest.skip(f"needs a real hypervisor: {labs.why_no_real_hosts()}")

    def run(self, host: str, argv: list[str]) -> str:
        """Standard output of a command on a host; it must succeed."""
        done = self.attempt(host, argv)
        assert done.returncode == 0, f"{' '.join(argv)} on {host}: exit {done.returncode}\n{done.stdout}{done.stderr}"
        return done.stdout

    def attempt(self, host: str, argv: list[str]) -> subprocess.CompletedProcess[str]:
        """A command on a host that may fail."""
        return self._lab.get(host).run(argv)

    def virsh(self, host: str, *words: str) -> str:
        """Output of virsh on a host; it must succeed."""
        return self.run(host, ["virsh", "-q", *words])

    def serial(self, host: str, uuid: str) -> str:
        """What the guest said on its serial port so far; empty when it has none yet."""
        path = labs.log_file(host, uuid)
        return path.read_text(errors="replace") if path.exists() else ""

    def wait_serial(self, host: str, uuid: str, text: str, timeout_s: float = 60) -> str:
        """The serial output once it holds `text`. Raises TimeoutError, with its end."""
        deadline = time.monotonic() + timeout_s
        while text not in (said := self.serial(host, uuid)):
            if time.monotonic() > deadline:
                msg = f"{uuid} on {host} did not say {text!r} in {timeout_s} s:\n{said[-2000:]}"
                raise TimeoutError(msg)
            time.sleep(0.1)
        return said

    def state_dir(self, host: str) -> Path:
        """The host's /var/lib/novalite, as the controller sees it."""
        return self._lab.get(host).state / "lib-novalite"

    def root(self, host: str) -> Path:
        """The real host's /, as the controller sees it; it changes when the host is powered on again."""
        pid = self._lab.get(host).pid
        child = process.find_child(pid) if pid is not None else None
        assert child is not None, f"{host} is powered off"
        return Path(f"/proc/{child}/root")

    def is_on(self, host: str) -> bool:
        """Whether the host has power."""
        return self._lab.get(host).pid is not None

    def power_off(self, host: str) -> None:
        """Pulls the plug: QEMU dies too, SSH says "No route to host" after about 3 s."""
        self._lab.power_off(host)

    def power_on(self, host: str) -> None:
        """Starts the host again with the disk it had."""
        self._lab.power_on(host)

    def clean(self) -> None:
        """Every host on, without a domain and with an empty state directory."""
        for name in self.hosts:
            self.power_on(name)
            host = self._lab.get(name)
            if isinstance(host, Host):
                done = host.run(["sh", "-c", _CLEAN])
                assert not done.stdout.strip(), f"{name} is not clean: {done.stdout}{done.stderr}"
            else:
                host.power_off()  # the test driver has no disk: off and on is clean
                host.forget()
                simulated.power_on([host])


def _claim() -> IO[str] | None:
    """A lock against other runs on this lab; ./dev test holds that of its own already when it starts us."""
    if os.environ.get("NOVALITE_LAB_CLAIMED") and DEV / "lab" == LAB:
        return None
    DEV.mkdir(exist_ok=True)
    lock = (DEV / f"{LAB.name}-use.lock").open("w")
    fcntl.flock(lock, fcntl.LOCK_EX)
    return lock


@pytest.fixture(scope="session")
def lab() -> Iterator[LabUnderTest]:
    """The lab, brought up if need be; ours alone until the tests end."""
    claim = _claim()
    before = labs.read()
    is_ours = not before.everyone
    reason = "" if before.hosts else labs.why_no_real_hosts()
    if reason:
        print(f"LAB ON SIMULATED HOSTS: {reason}")
        found = labs.up(0, SIMULATED_HOSTS)
    else:
        found = labs.up(REAL_HOSTS, 0)
    yield LabUnderTest(found)
    if is_ours:
        labs.down()
    if claim is not None:
        claim.close()


@pytest.fixture
def clean_lab(lab: LabUnderTest) -> Iterator[LabUnderTest]:
    """The lab without domains, before and after the test."""
    lab.clean()
    yield lab
    lab.clean()


@pytest.fixture(scope="session")
def images() -> dict[str, Path]:
    """The guest images: tiny, bootsector, bootsector-heartbeat."""
    return guest_images.ensure()


@pytest.fixture(scope="session")
def debian() -> Path:
    """The guest image debian-12, with the real cloud-init: made for the first test that asks for it."""
    return guest_images.ensure_debian()
