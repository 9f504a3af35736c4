"""The lab as a whole: which hosts it has, bringing them up and taking them down."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from . import inventory, keys, network, process, simulated
from .host import Host
from .paths import LAB, SOCKETS
from .simulated import SimulatedHost

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

STATE = LAB / "lab.json"
AnyHost = Host | SimulatedHost


def why_no_real_hosts() -> str:
    """Why this machine cannot carry real hosts, empty when it can."""
    if os.geteuid() != 0:
        return "not root"
    missing = [
        tool for tool in ("libvirtd", "virtlogd", "qemu-system-x86_64", "sshd", "dnsmasq", "ip") if not _which(tool)
    ]
    if missing:
        return f"not installed: {', '.join(missing)}"
    tried = subprocess.run(
        [
            "unshare",
            "--mount",
            "--uts",
            "--pid",
            "--net",
            "--fork",
            "--mount-proc",
            "mount",
            "-t",
            "tmpfs",
            "tmpfs",
            "/run",
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    return f"no namespaces: {tried.stderr.strip()}" if tried.returncode else ""


def _which(tool: str) -> str | None:
    return shutil.which(tool, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")


@contextlib.contextmanager
def _locked() -> Iterator[None]:
    LAB.parent.mkdir(exist_ok=True)
    with (LAB.parent / "lab.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@dataclass(frozen=True)
class Lab:
    """The lab of this checkout, as lab.json remembers it."""

    subnet: str
    hosts: tuple[Host, ...]
    simulations: tuple[SimulatedHost, ...]

    @property
    def everyone(self) -> tuple[AnyHost, ...]:
        """Real hosts, then simulated ones."""
        return (*self.hosts, *self.simulations)

    def get(self, name: str) -> AnyHost:
        """The host of that name. Raises KeyError."""
        return {host.name: host for host in self.everyone}[name]

    def power_on(self, name: str) -> None:
        """Starts one host again: a real one with its disk, a simulated one empty."""
        host = self.get(name)
        if isinstance(host, Host):
            host.power_on(list(self.hosts))
        else:
            simulated.power_on([host])

    def power_off(self, name: str) -> None:
        """Pulls the plug of one host."""
        self.get(name).power_off()


def read() -> Lab:
    """The lab, without hosts when none was made."""
    try:
        data = json.loads(STATE.read_text())
    except OSError:
        return Lab("", (), ())
    return _lab(data["subnet"], data["hosts"], data["simulated"])


def _lab(subnet: str, hosts: int, simulations: int) -> Lab:
    return Lab(
        subnet,
        tuple(Host(index, subnet) for index in range(1, hosts + 1)),
        tuple(SimulatedHost(index) for index in range(1, simulations + 1)),
    )


def up(hosts: int, simulations: int, say: Callable[[str], None] = print) -> Lab:
    """A running lab with at least so many hosts; what runs already is left alone."""
    if hosts and (reason := why_no_real_hosts()):
        msg = f"this machine cannot carry real hosts ({reason}); try: ./dev lab up --hosts 0 --simulated 4"
        raise RuntimeError(msg)
    with _locked():
        old = read()
        # After a reboot of the machine the subnet may be taken by then: choose again if our bridge is not there.
        subnet = old.subnet or (network.choose_subnet() if hosts else "")
        lab = _lab(subnet, max(hosts, len(old.hosts)), max(simulations, len(old.simulations)))
        LAB.mkdir(parents=True, exist_ok=True)
        (LAB / "control").mkdir(mode=0o700, exist_ok=True)
        STATE.write_text(json.dumps({"subnet": subnet, "hosts": len(lab.hosts), "simulated": len(lab.simulations)}))
        if lab.hosts:
            _wire(lab)
        with ThreadPoolExecutor(max_workers=8) as pool:
            started = [pool.submit(host.power_on, list(lab.hosts)) for host in lab.hosts]
            simulated.power_on(list(lab.simulations))
            for one in started:
                one.result()
        inventory.write(list(lab.hosts), list(lab.simulations))
        say(
            f"lab is up: {len(lab.hosts)} real hosts, {len(lab.simulations)} simulated; inventory {inventory.INVENTORY}"
        )
    return lab


def _wire(lab: Lab) -> None:
    network.make_bridge(lab.subnet)
    keys.make(keys.CONTROLLER)
    for host in lab.hosts:
        host.host_key.parent.mkdir(parents=True, exist_ok=True)
    keys.KNOWN_HOSTS.write_text(keys.known_hosts([(host.name, host.address, host.host_key) for host in lab.hosts]))


def down(say: Callable[[str], None] = print) -> None:
    """Takes away everything the lab made, also what a crashed `up` left behind."""
    with _locked():
        lab = read()
        simulated.stop_holders()
        for host in lab.everyone:
            host.power_off()
        # Hosts whose lab.json or pid file was lost: their names still carry this checkout's prefix.
        prefix = network.namespace("")
        for line in network.ip("netns", "list", check=False).splitlines() if _which("ip") else []:
            if line.startswith(prefix):
                for pid in network.pids(line.split()[0].removeprefix(prefix)):
                    process.kill(pid, wait_s=2)
        for pidfile in LAB.glob("*/pid"):
            if (pid := process.find_pid(pidfile)) is not None:
                process.kill(pid)
        if os.geteuid() == 0 and _which("ip"):
            network.remove_all()
        shutil.rmtree(LAB, ignore_errors=True)
        shutil.rmtree(SOCKETS, ignore_errors=True)
        say("lab is down")


def status() -> list[tuple[str, str, str, str, str]]:
    """Rows of (host, power, where, running domains, memory of its processes)."""
    rows = []
    for host in read().everyone:
        where = host.address if isinstance(host, Host) else host.uri
        pid = host.pid
        if pid is None:
            rows.append((host.name, "off", where, "", ""))
            continue
        done = host.run(["virsh", "-q", "list", "--name"])
        domains = len(done.stdout.split()) if done.returncode == 0 else 0
        memory = (
            sum(process.rss_mib(one) for one in network.pids(host.name))
            if isinstance(host, Host)
            else process.rss_mib(pid)
        )
        rows.append((host.name, "on", where, str(domains), f"{memory:.0f} MiB"))
    return rows


def log_file(name: str, uuid: str) -> Path:
    """Where a guest's serial port is written, as the controller sees the host's disk."""
    host = read().get(name)
    base = host.state / "lib-novalite"
    return base / "instances" / uuid / "console.log"
