"""The "tiny" guest: a distribution's kernel, busybox and one script on a disk that boots everywhere.

No root, no partition table, no package installed: the kernel's package is downloaded and unpacked, one FAT file system
is filled with mcopy, and syslinux makes it boot under SeaBIOS. What the guest does stands in guest/init.
"""

from __future__ import annotations

import functools
import gzip
import io
import lzma
import os
import re
import shutil
import subprocess
import tarfile
from pathlib import Path

from .cpio import Archive

GUEST = Path(__file__).parent / "guest"
FILESYSTEM_KIB = 28 * 1024
COUNTER_KIB = FILESYSTEM_KIB + 512  # behind the file system: guest/init keeps its boot counter there
DISK_KIB = 34 * 1024
# Behind that, QEMU's guest agent with its libraries: unpacked only by guests whose metadata asks for it, so that all
# others boot as quickly as without.
AGENT_KIB = 29 * 1024
AGENT = Path("/usr/sbin/qemu-ga")

MODULES = (
    "virtio_pci",
    "virtio_blk",
    "virtio_scsi",
    "sr_mod",
    "sd_mod",
    "isofs",
    "virtio_net",
    "virtio_balloon",
    "button",
    "evdev",
)
AGENT_MODULES = ("virtio_console",)
ATA_MODULES = ("ata_piix", "ahci")  # a CD-ROM on IDE or SATA; Debian's cloud kernel has no ahci

# Everything a test guest does not need is switched off: it boots under emulation, many at a time.
KERNEL_ARGUMENTS = (
    "console=ttyS0 quiet loglevel=3 panic=5 mitigations=off audit=0 apparmor=0 selinux=0 rcupdate.rcu_expedited=1"
    " no_timer_check random.trust_cpu=on net.ifnames=0 nokaslr raid=noautodetect"
)
SYSLINUX = f"DEFAULT tiny\nPROMPT 0\nLABEL tiny\n  LINUX vmlinuz\n  INITRD initrd\n  APPEND {KERNEL_ARGUMENTS}\n"


def run(*argv: str | Path, cwd: Path | None = None) -> str:
    """The standard output of a command that must succeed."""
    done = subprocess.run([str(word) for word in argv], cwd=cwd, capture_output=True, text=True, check=False)
    if done.returncode:
        msg = f"{' '.join(str(word) for word in argv)}: exit {done.returncode}\n{done.stdout}{done.stderr}"
        raise RuntimeError(msg)
    return done.stdout


def kernel_packages() -> list[str]:
    """The packages of the distribution's newest cloud kernel: image and, on Ubuntu, modules."""
    packages = _kernel_packages()
    if not packages and os.geteuid() == 0:  # the package lists of a bare image are empty
        run("apt-get", "update")
        packages = _kernel_packages()
    if not packages:
        msg = "no kernel package found: run apt-get update (wanted: linux-image-cloud-amd64 or linux-image-virtual)"
        raise RuntimeError(msg)
    return packages


def _kernel_packages() -> list[str]:
    for meta in ("linux-image-cloud-amd64", "linux-image-virtual"):
        depends = subprocess.run(["apt-cache", "depends", meta], capture_output=True, text=True, check=False).stdout
        for name in re.findall(r"Depends: (linux-image-\S+)", depends):
            modules = name.replace("linux-image-", "linux-modules-", 1)
            known = subprocess.run(["apt-cache", "show", modules], capture_output=True, check=False).returncode == 0
            return [name, modules] if known else [name]
    return []


def recipe(packages: list[str]) -> bytes:
    """Everything the image depends on; the cache is keyed by it."""
    busybox = run("dpkg-query", "-W", "busybox-static", "syslinux", "qemu-guest-agent")
    versions = run("apt-cache", "policy", *packages)
    candidates = " ".join(re.findall(r"Candidate: (\S+)", versions))
    sources = [path.read_bytes() for path in (Path(__file__), *sorted(GUEST.iterdir()))]
    return b"\n".join([" ".join(packages).encode(), candidates.encode(), busybox.encode(), *sources])


def build(packages: list[str], target: Path, scratch: Path) -> None:
    """Writes the bootable qcow2 `target`; `scratch` is an empty folder."""
    try:
        run("apt-get", "download", *packages, cwd=scratch)
    except RuntimeError:  # old package lists name files that the mirror no longer has
        if os.geteuid() != 0:
            raise
        run("apt-get", "update")
        run("apt-get", "download", *packages, cwd=scratch)
    for package in scratch.glob("*.deb"):
        run("dpkg-deb", "-x", package, scratch / "root")
        package.unlink()
    kernel = next((scratch / "root/boot").glob("vmlinuz-*"))
    tree = next(folder for folder in library(scratch / "root").iterdir())
    shutil.copy(kernel, scratch / "vmlinuz")
    (scratch / "initrd").write_bytes(gzip.compress(_initramfs(tree / "kernel"), compresslevel=6, mtime=0))
    (scratch / "syslinux.cfg").write_text(SYSLINUX)
    disk = scratch / "disk.raw"
    run("mkfs.vfat", "-C", "-n", "NOVATINY", "-i", "6e6f7661", disk, str(FILESYSTEM_KIB))
    run("mcopy", "-i", disk, scratch / "vmlinuz", scratch / "initrd", scratch / "syslinux.cfg", "::")
    run("syslinux", "--install", disk)
    with disk.open("r+b") as file:
        file.truncate(DISK_KIB * 1024)
        file.seek(COUNTER_KIB * 1024)
        file.write(b"novalite-boots 0\n")
        file.seek(AGENT_KIB * 1024)
        file.write(agent())
        assert file.tell() < DISK_KIB * 1024, "the agent does not fit on the disk"
    run("qemu-img", "convert", "-f", "raw", "-O", "qcow2", disk, target)


@functools.cache
def agent() -> bytes:
    """The guest agent of this machine and the libraries that it needs, at the places where it looks for them."""
    libraries = re.findall(r"(/\S+) \(0x", run("ldd", AGENT))
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", dereference=True) as archive:
        for path in [str(AGENT), *libraries]:
            archive.add(path, filter=_anonymous)
    return gzip.compress(packed.getvalue(), compresslevel=6, mtime=0)


def _anonymous(member: tarfile.TarInfo) -> tarfile.TarInfo:
    """A file without owner and time, so that the same files give the same bytes."""
    member.uid = member.gid = member.mtime = 0
    member.uname = member.gname = ""
    return member


def library(root: Path) -> Path:
    return next(path for path in (root / "lib/modules", root / "usr/lib/modules") if path.is_dir())


def _module(kernel: Path, name: str) -> bytes | None:
    """The uncompressed module, or None where it is built in."""
    for path in kernel.rglob(name.replace("_", "[-_]") + ".ko*"):
        if path.suffix == ".xz":
            return lzma.decompress(path.read_bytes())
        if path.suffix == ".zst":  # Ubuntu; Python has no zstd before 3.14
            return subprocess.run(["zstd", "-dc", str(path)], capture_output=True, check=True).stdout
        return path.read_bytes()
    return None


def load_order(kernel: Path, names: tuple[str, ...], found: dict[str, bytes]) -> list[str]:
    """Modules to insert, needed ones first, as their own `depends=` says; adds their bytes to `found`."""
    order: list[str] = []
    for name in names:
        if name in found or (data := _module(kernel, name)) is None:
            continue
        found[name] = data
        depends = re.search(rb"\0depends=([^\0]*)\0", data)
        needed = tuple(word for word in (depends[1].decode().split(",") if depends else []) if word)
        order += [*load_order(kernel, needed, found), name]
    return order


def _initramfs(kernel: Path) -> bytes:
    archive = Archive()
    for name in ("bin", "dev", "proc", "sys", "tmp", "config", "modules"):
        archive.folder(name)
    archive.device("dev/console", 5, 1)
    archive.device("dev/null", 1, 3)
    archive.file("bin/busybox", Path("/bin/busybox").read_bytes(), executable=True)
    init = (GUEST / "init").read_text().replace("@COUNTER_KIB@", str(COUNTER_KIB))
    places = {"@AGENT_KIB@": AGENT_KIB, "@AGENT_KIB_COUNT@": -(-len(agent()) // 1024)}
    for word, number in places.items():
        init = init.replace(word, str(number))
    archive.file("init", init.encode(), executable=True)
    archive.file("udhcpc", (GUEST / "udhcpc").read_bytes(), executable=True)
    archive.file("json.awk", (GUEST / "json.awk").read_bytes())
    found: dict[str, bytes] = {}
    for listing, names in (("order", MODULES), ("order.ata", ATA_MODULES), ("order.agent", AGENT_MODULES)):
        order = load_order(kernel, names, found)
        archive.file(f"modules/{listing}", "".join(f"{name}.ko\n" for name in order).encode())
    for name, data in found.items():
        archive.file(f"modules/{name}.ko", data)
    return archive.finish()
