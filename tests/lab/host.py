"""One lab host: a namespace set with its own libvirtd, QEMU processes, sshd and disk.

"Power" is the life of one process: process 1 of the host's pid namespace dies with it, and takes every process of the
host along, QEMU included, as pulling the plug would. What lies below `state` stays for the next power-on.
"""

from __future__ import annotations

import shutil
import subprocess
import time
import uuid
from dataclasses import dataclass
from pathlib import Path

from . import keys, network, process
from .paths import CHECKOUT, LAB, LAB_ID

INIT = Path(__file__).parent / "host-init"
START_LIMIT_S = 60

LIBVIRTD_CONF = """\
host_uuid = "{uuid}"
unix_sock_group = "root"
auth_unix_rw = "none"
log_outputs = "3:file:/var/log/libvirt/libvirtd.log"
max_clients = 500
max_workers = 20
"""
# No cgroups, security labels or private /dev: the lab runs in containers too, and all of it is one user's.
QEMU_CONF = """\
user = "root"
group = "root"
security_driver = "none"
cgroup_controllers = []
namespaces = []
"""
DEFAULT_NETWORK = """\
<network>
  <name>default</name>
  <uuid>{uuid}</uuid>
  <forward mode='nat'/>
  <bridge name='virbr0' stp='off' delay='0'/>
  <ip address='{subnet}.{third}.1' netmask='255.255.255.0'>
    <dhcp><range start='{subnet}.{third}.10' end='{subnet}.{third}.250'/></dhcp>
  </ip>
</network>
"""


@dataclass(frozen=True)
class Host:
    """A real host: `kvm-1` has index 1; `subnet` is the lab's, such as 10.77."""

    index: int
    subnet: str

    @property
    def name(self) -> str:
        """kvm-1, kvm-2, ..."""
        return f"kvm-{self.index}"

    @property
    def address(self) -> str:
        """Where its sshd listens."""
        return network.address(self.subnet, self.index)

    @property
    def state(self) -> Path:
        """The host's disk, as the controller sees it."""
        return LAB / self.name

    @property
    def host_key(self) -> Path:
        """The private half of what its sshd shows."""
        return self.state / "sshd" / "host_key"

    @property
    def pid(self) -> int | None:
        """The process whose life is the host's power; None when the host is off."""
        return process.find_pid(self.state / "pid")

    def power_on(self, everyone: list[Host]) -> None:
        """Starts the host and returns when its libvirt network and its sshd answer. Does nothing if it runs."""
        if self.pid is not None:
            return
        self._write_disk(everyone)
        network.plug(self.name, self.index, self.subnet)
        namespaces = ["unshare", "--mount", "--uts", "--pid", "--fork", "--kill-child", "--mount-proc"]
        init = [str(INIT), self.name, str(self.state), str(CHECKOUT)]
        argv = ["ip", "netns", "exec", network.namespace(self.name), *namespaces, *init]
        pid = process.spawn(self.state / "pid", argv, self.state / "init.log")
        deadline = time.monotonic() + START_LIMIT_S
        while not self._is_ready(pid):
            if self.pid is None or time.monotonic() > deadline:
                log = (self.state / "init.log").read_text(errors="replace")[-2000:]
                msg = f"{self.name} did not start\n{log}"
                raise RuntimeError(msg)
            time.sleep(0.05)

    def power_off(self) -> None:
        """Pulls the plug. The wire goes last, so that open SSH connections see their peer die."""
        if (pid := self.pid) is not None:
            process.kill(pid)
        deadline = time.monotonic() + 10
        while (left := network.pids(self.name)) and time.monotonic() < deadline:
            for one in left:  # a crashed `up` may have left a host whose first process is gone
                process.kill(one, wait_s=1)
        network.unplug(self.name, self.index)
        (self.state / "pid").unlink(missing_ok=True)

    def run(self, argv: list[str], **options: object) -> subprocess.CompletedProcess[str]:
        """Runs a command in the host, output captured as text; options are those of subprocess.run."""
        child = process.find_child(pid) if (pid := self.pid) is not None else None
        if child is None:
            msg = f"{self.name} is powered off"
            raise RuntimeError(msg)
        enter = ["nsenter", f"--target={child}", "--mount", "--uts", "--pid", "--net", "--root", "--wd=/"]
        chosen: dict[str, object] = {"capture_output": True, "text": True, "stdin": subprocess.DEVNULL} | options
        return subprocess.run([*enter, "env", "HOME=/root", *argv], **chosen)  # type: ignore[call-overload,no-any-return]

    def forget(self) -> None:
        """Throws the disk away."""
        shutil.rmtree(self.state, ignore_errors=True)

    def _is_ready(self, pid: int) -> bool:
        child = process.find_child(pid)
        return child is not None and Path(f"/proc/{child}/root/run/lab/ready").exists()

    def _write_disk(self, everyone: list[Host]) -> None:
        """The host's disk; what is already on it stays, but for the list of its neighbours."""
        for folder in ("etc-libvirt", "lib-libvirt", "log-libvirt", "cache-libvirt", "lib-novalite", "sshd"):
            (self.state / folder).mkdir(parents=True, exist_ok=True)
        etc = self.state / "etc-libvirt"
        if not (etc / "libvirtd.conf").exists():
            # nwfilter's stock rules come along, the machine's own domains and networks do not.
            for part in ("nwfilter", "virtlogd.conf", "libvirt.conf"):
                source = Path("/etc/libvirt") / part
                if source.is_dir():
                    shutil.copytree(source, etc / part)
                elif source.exists():
                    shutil.copy(source, etc / part)
            identity = uuid.uuid5(uuid.NAMESPACE_DNS, f"{self.name}.{LAB_ID}.novalite.invalid")
            (etc / "qemu.conf").write_text(QEMU_CONF)
            networks = etc / "qemu" / "networks"
            (networks / "autostart").mkdir(parents=True)
            definition = DEFAULT_NETWORK.format(
                uuid=uuid.uuid5(identity, "default"), subnet=self.subnet, third=100 + self.index
            )
            (networks / "default.xml").write_text(definition)
            (networks / "autostart" / "default.xml").symlink_to("/etc/libvirt/qemu/networks/default.xml")
            (etc / "libvirtd.conf").write_text(LIBVIRTD_CONF.format(uuid=identity))
        names = "".join(f"{host.address} {host.name}\n" for host in everyone)
        (self.state / "etc-hosts").write_text(f"127.0.0.1 localhost\n{names}")
        sshd = self.state / "sshd"
        (sshd / "sshd_config").write_text(keys.SSHD_CONFIG)
        shutil.copy(keys.CONTROLLER, sshd / "id")
        (sshd / "id.pub").write_text(keys.make(keys.CONTROLLER))
        shutil.copy(keys.KNOWN_HOSTS, sshd / "known_hosts")
