# SPDX-License-Identifier: GPL-3.0-or-later
"""Record how another version of libvirt rewrites definitions of ours: python tests/xml/record.py SUITE (as root).

Takes libvirt and QEMU of a Debian suite into a folder of its own (mmdebstrap extracts them, nothing is installed),
runs that libvirtd in namespaces of its own, defines the domains of the cases, starts them paused, and writes what it
says to recorded/VERSION/CASE.defined.xml and CASE.running.xml, as it is. test_versions.py reads them.
A case that a version refuses to define is left out, and said; one that it refuses to start has no CASE.running.xml.
"""

from __future__ import annotations

import re
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from xml.etree import ElementTree

HERE = Path(__file__).resolve().parent
TOP = HERE.parents[1]
sys.path[:0] = [str(TOP / "tests"), str(TOP / "collections"), str(HERE)]

from test_xml import STATE_DIR, load  # noqa: E402 (as above)

from ansible_collections.novalite.compute.plugins.module_utils.domain_build import build_domain  # noqa: E402 (as above)

CASES = ("smallest", "two_ports", "all_disks", "uefi", "limits", "room_to_grow", "windows", "tpm_of_the_image",
         "secure_boot_where_it_can_be", "sound_and_usb", "watchdog_and_serial_ports",
         "disks_and_drive_on_scsi")  # fmt: skip
COMMON = ["libvirt-daemon", "libvirt-daemon-driver-qemu", "libvirt-clients", "qemu-system-x86", "qemu-utils", "ovmf",
          "base-files"]  # fmt: skip
MORE = {"bullseye": [], "bookworm": ["swtpm", "swtpm-tools"]}
SPLIT = ["libvirt-daemon-driver-network", "nftables", "swtpm", "swtpm-tools"]  # trixie and later
FILES = {
    "etc/passwd": "root:x:0:0:root:/root:/bin/sh\nlibvirt-qemu:x:64055:64055::/:/bin/sh\n",
    "etc/group": "root:x:0:\nlibvirt-qemu:x:64055:\nkvm:x:108:\ntty:x:5:\ntss:x:109:\nlibvirt:x:110:\n",
    "etc/libvirt/libvirtd.conf": 'host_uuid = "7f5b1c52-5a42-4a4e-9b62-2d1c5f2c7a10"\nunix_sock_group = "root"\n'
    'auth_unix_rw = "none"\n',
    "etc/libvirt/qemu.conf": 'user = "root"\ngroup = "root"\nsecurity_driver = "none"\ncgroup_controllers = []\n'
    'namespaces = []\nstdio_handler = "file"\nswtpm_user = "root"\nswtpm_group = "root"\n',
    "net.xml": "<network><name>default</name><forward mode='bridge'/><bridge name='br0'/></network>",
}


def extract(suite: str, root: Path) -> None:
    """Put libvirt and QEMU of a suite into a folder, with the mirror that apt has."""
    packages = ",".join([*COMMON, *MORE.get(suite, SPLIT)])
    argv = ["mmdebstrap", "--variant=extract", f"--include={packages}", "--aptopt=APT::Install-Recommends false"]
    subprocess.run([*argv, suite, str(root)], check=True)
    for path, text in FILES.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    for name in ("dev", "proc", "sys", "run", "cases", "var/lib/novalite", "var/log/libvirt", "root"):
        (root / name).mkdir(parents=True, exist_ok=True)
    if not (root / "var/run").is_symlink():  # their maintainers' scripts were not run
        (root / "var/run").rmdir()
        (root / "var/run").symlink_to("../run")


def run_in(root: Path, *argv: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Run a program of the folder."""
    done = subprocess.run(["chroot", str(root), *argv], check=False, capture_output=True, text=True)
    if check and done.returncode != 0:
        raise SystemExit(f"{argv}: {done.stderr}")
    return done


def record(root: Path) -> None:
    """Inside namespaces of our own: start libvirtd and write down what it makes of every case."""
    for words in ("--make-rprivate /", f"--rbind /dev {root}/dev", f"-t proc proc {root}/proc",
                  f"-t sysfs sysfs {root}/sys", f"-t tmpfs tmpfs {root}/run"):  # fmt: skip
        subprocess.run(["mount", *words.split()], check=True)
    for words in ("link set lo up", "link add br0 type bridge", "link set br0 up"):
        subprocess.run(["ip", *words.split()], check=True)
    resource.setrlimit(resource.RLIMIT_NOFILE, (1024, 1024))  # old ones close as many, one by one, for each program
    daemon = subprocess.Popen(["chroot", str(root), "libvirtd"], stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 60
        while run_in(root, "virsh", "uri", check=False).returncode != 0 and time.monotonic() < deadline:
            time.sleep(0.2)
        run_in(root, "virsh", "net-define", "/net.xml")
        run_in(root, "virsh", "net-start", "default")
        to = HERE / "recorded" / re.findall(r"\d+\.\d+\.\d+", run_in(root, "libvirtd", "--version").stdout)[0]
        to.mkdir(parents=True, exist_ok=True)
        for case in CASES:
            record_case(root, case, to)
    finally:
        daemon.kill()


def record_case(root: Path, case: str, to: Path) -> None:
    xml = build_domain(load(case)[0], "qemu", STATE_DIR)
    if to.name == "7.0.0":  # it knows no maximum: as under kvm
        xml = re.sub("""(<cpu mode=.)maximum""", r"\1host-model", xml)
    make_files(root, xml)
    (root / "cases" / f"{case}.xml").write_text(xml)
    name = ElementTree.fromstring(xml).findtext("name") or ""
    done = run_in(root, "virsh", "define", f"/cases/{case}.xml", check=False)
    if done.returncode != 0:
        print(f"{case}: not defined: {done.stderr.strip()}")
        return
    (to / f"{case}.defined.xml").write_text(run_in(root, "virsh", "dumpxml", "--inactive", name).stdout.strip() + "\n")
    done = run_in(root, "virsh", "start", "--paused", name, check=False)
    if done.returncode != 0:
        print(f"{case}: not started: {done.stderr.strip()}")
    else:
        (to / f"{case}.running.xml").write_text(run_in(root, "virsh", "dumpxml", name).stdout.strip() + "\n")
        run_in(root, "virsh", "destroy", name)
    run_in(root, "virsh", "undefine", "--nvram", name)


def make_files(root: Path, xml: str) -> None:
    """Make the files that a domain has for disks, empty."""
    for disk in ElementTree.fromstring(xml).iterfind("devices/disk"):
        for part in (disk, *disk.iter("backingStore")):
            source = part.find("source")
            if source is None or source.get("file") is None:
                continue
            path = source.attrib["file"]
            (root / path.lstrip("/")).parent.mkdir(parents=True, exist_ok=True)
            said = part.find("format" if part is not disk else "driver")
            kind = "raw" if said is None else said.get("type", "raw")
            run_in(root, "qemu-img", "create", "-q", "-f", kind, path, "1M")


def main() -> None:
    if sys.argv[1] == "--inside":
        record(Path(sys.argv[2]))
        return
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "root"
        extract(sys.argv[1], root)
        # bash is process 1: it collects the orphans, or libvirt would wait for each QEMU that it has ended.
        inside = ["bash", "-c", '"$@" & wait $!', "-", sys.executable, __file__, "--inside", str(root)]
        argv = ["unshare", "--mount", "--uts", "--net", "--ipc", "--pid", "--fork", "--kill-child", *inside]
        subprocess.run(argv, check=True)


if __name__ == "__main__":
    main()
