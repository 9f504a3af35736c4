"""The "debian-12" guest: a real Debian 12 with the real cloud-init, sshd and guest agent, made of Debian's packages.

mmdebstrap makes the tree, mke2fs its file system, syslinux (in a small FAT partition) boots it under SeaBIOS: no loop
device, no boot loader in the guest. What is its own: an initramfs that only mounts the root (a second under emulation
instead of six), no timers, no file system checks. cloud-init's configuration is Debian's.
"""

from __future__ import annotations

import gzip
import os
import shlex
import shutil
import struct
from pathlib import Path

from . import tiny
from .cpio import Archive

SUITE = "bookworm"
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
MBR = Path("/usr/lib/SYSLINUX/mbr.bin")
INIT = tiny.GUEST / "init-debian"
PACKAGES = (
    "cloud-init",
    "cloud-guest-utils",
    "dbus",
    "iproute2",
    "kmod",
    "netplan.io",
    "openssh-server",
    "python3",
    "qemu-guest-agent",
    "sudo",
    "systemd-resolved",
    "systemd-sysv",
    "udev",
)
KERNEL = "linux-image-cloud-amd64"
# Of the kernel's modules only what a guest can meet: half of the image would be drivers.
UNUSED = ("drivers/infiniband", "drivers/gpu", "drivers/md", "drivers/net/ethernet", "drivers/nvme", "drivers/xen*")
UNUSED += ("drivers/platform", "drivers/hid", "fs/btrfs", "fs/xfs", "fs/nfs*", "fs/ceph", "fs/smb*", "fs/ocfs2")
UNUSED += ("fs/gfs2", "fs/f2fs", "fs/jfs", "fs/reiserfs", "fs/afs", "fs/ubifs", "fs/dlm", "net/ceph", "net/sctp")
UNUSED += ("net/openvswitch", "net/netfilter", "net/sunrpc", "net/tipc", "net/batman-adv", "net/mac80211", "net/rxrpc")
# All drives must be there before systemd starts: cloud-init decides in a generator whether it has a config drive.
MODULES = ("virtio_pci", "virtio_blk", "sd_mod", "sr_mod", "virtio_scsi", "ata_piix", "ext4")
MASKED = ("apt-daily.timer", "apt-daily-upgrade.timer", "dpkg-db-backup.timer", "e2scrub_all.timer", "fstrim.timer",
          "e2scrub_reap.service", "getty@tty1.service", "systemd-tmpfiles-clean.timer", "motd-news.timer")  # fmt: skip
ARGUMENTS = (
    "root=novalite rw console=ttyS0 quiet loglevel=3 panic=5 mitigations=off audit=0 apparmor=0 selinux=0"
    " no_timer_check random.trust_cpu=on nokaslr raid=noautodetect rcupdate.rcu_expedited=1"
)
SYSLINUX = f"DEFAULT d\nPROMPT 0\nLABEL d\n  LINUX vmlinuz\n  INITRD initrd\n  APPEND {ARGUMENTS}\n"
LABEL = "novalite-root"
MIB = 1024 * 1024
BOOT_MIB = 32
FREE_MIB = 160


def mirror() -> str:
    """The Debian mirror that this machine is told to use. Raises RuntimeError where it has none."""
    said = tiny.run("apt-get", "indextargets", "--format", "$(ORIGIN) $(LABEL) $(SITE)", "Created-By: Packages")
    found = [line.split()[-1] for line in said.splitlines() if line.startswith("Debian Debian ")]
    if not found:
        msg = "the image debian-12 is made from a Debian mirror, and apt of this machine names none"
        raise RuntimeError(msg)
    return found[0]


def recipe() -> bytes:
    """Everything the image depends on but its packages' versions, which only the mirror knows: it is stable."""
    return b"\n".join([" ".join(PACKAGES).encode(), Path(__file__).read_bytes(), INIT.read_bytes()])


def build(target: Path, scratch: Path) -> None:
    """Writes the bootable qcow2 `target`; `scratch` is an empty folder. Needs root."""
    if os.geteuid() != 0 or not shutil.which("mmdebstrap"):
        msg = "the image debian-12 is made by root with mmdebstrap: apt-get install mmdebstrap"
        raise RuntimeError(msg)
    root = scratch / "root"
    _unpack(root, scratch)
    _kernel(root, scratch)
    _configure(root)
    _assemble(root, scratch, target)


def _assemble(root: Path, scratch: Path, target: Path) -> None:
    boot = scratch / "boot.raw"
    _boot_partition(scratch, boot)
    size = int(tiny.run("du", "-sm", root).split()[0]) + FREE_MIB
    disk = scratch / "disk.raw"
    with disk.open("wb") as file:
        file.write(_partition_table(size))
        file.seek(MIB)
        file.write(boot.read_bytes())
        file.truncate((1 + BOOT_MIB + size) * MIB)
    offset = (1 + BOOT_MIB) * MIB
    options = f"offset={offset},lazy_itable_init=0,nodiscard,root_owner=0:0"
    tiny.run("mke2fs", "-q", "-F", "-t", "ext4", "-O", "^metadata_csum,^orphan_file", "-m", "0", "-L", LABEL,
             "-E", options, "-d", root, disk, f"{size}M")  # fmt: skip
    tiny.run("qemu-img", "convert", "-f", "raw", "-O", "qcow2", disk, target)


def _unpack(root: Path, scratch: Path) -> None:
    """A tree with all packages configured, and the kernel's package beside it: its own initramfs is never made."""
    # With the tree's apt configuration: the kernel is that of the suite, whatever this machine is.
    fetch = (
        f"cd {shlex.quote(str(scratch))} && export APT_CONFIG=$MMDEBSTRAP_APT_CONFIG && apt-get -qq download"
        f" $(apt-cache depends {KERNEL} | sed -n 's/.*Depends: \\(linux-image-[^ ]*\\).*/\\1/p')"
    )
    tiny.run(
        "mmdebstrap",
        "--quiet",
        "--mode=root",
        "--variant=apt",
        "--architectures=amd64",
        f"--include={','.join(PACKAGES)}",
        '--aptopt=APT::Install-Recommends "false"',
        *(f"--dpkgopt=path-exclude=/usr/share/{name}/*" for name in ("man", "locale", "doc", "i18n/locales", "info")),
        "--dpkgopt=force-unsafe-io",
        f"--customize-hook={fetch}",
        *([f"--keyring={KEYRING}"] if KEYRING.exists() else []),
        SUITE,
        str(root),
        mirror(),
    )


def _kernel(root: Path, scratch: Path) -> None:
    """The kernel's files from its package, with few modules; `vmlinuz` and `initrd` are left in `scratch`."""
    folder = scratch / "kernel"
    folder.mkdir()
    for package in scratch.glob("*.deb"):
        tiny.run("dpkg-deb", "-x", package, folder)
        package.unlink()
    tree = next(tiny.library(folder).iterdir())
    for pattern in UNUSED:
        for unused in (tree / "kernel").glob(pattern):
            shutil.rmtree(unused)
    shutil.copytree(tree, root / "usr/lib/modules" / tree.name, symlinks=True)
    tiny.run("chroot", root, "depmod", tree.name)
    shutil.copy(next((folder / "boot").glob("vmlinuz-*")), scratch / "vmlinuz")
    (scratch / "initrd").write_bytes(gzip.compress(_initramfs(tree / "kernel"), compresslevel=6, mtime=0))
    shutil.rmtree(folder)


def _initramfs(kernel: Path) -> bytes:
    archive = Archive()
    for name in ("bin", "dev", "proc", "sys", "root", "modules"):
        archive.folder(name)
    archive.device("dev/console", 5, 1)
    archive.device("dev/null", 1, 3)
    archive.file("bin/busybox", Path("/bin/busybox").read_bytes(), executable=True)
    archive.file("init", INIT.read_bytes(), executable=True)
    found: dict[str, bytes] = {}
    order = tiny.load_order(kernel, MODULES, found)
    archive.file("modules/order", "".join(f"{name}.ko\n" for name in order).encode())
    for name, data in found.items():
        archive.file(f"modules/{name}.ko", data)
    return archive.finish()


def _configure(root: Path) -> None:
    """What a cloud image has that packages do not bring, and nothing that takes time or makes guests alike."""
    (root / "etc/fstab").write_text(f"LABEL={LABEL} / ext4 defaults 0 0\n")
    (root / "etc/hostname").write_text("debian\n")
    (root / "etc/machine-id").write_text("")
    (root / "etc/default/locale").write_text("LANG=C.UTF-8\n")  # as Debian's own: another one would be generated
    for key in (root / "etc/ssh").glob("ssh_host_*"):
        key.unlink()
    for unit in MASKED:
        (root / "etc/systemd/system" / unit).unlink(missing_ok=True)
        (root / "etc/systemd/system" / unit).symlink_to("/dev/null")
    resolv = root / "etc/resolv.conf"
    resolv.unlink(missing_ok=True)
    resolv.symlink_to("../run/systemd/resolve/stub-resolv.conf")
    shutil.rmtree(root / "var/log/journal", ignore_errors=True)
    tiny.run("systemctl", f"--root={root}", "enable", "systemd-networkd.service", "systemd-resolved.service")


def _boot_partition(scratch: Path, image: Path) -> None:
    (scratch / "syslinux.cfg").write_text(SYSLINUX)
    # Where the file system stands on the disk is in its own boot sector: syslinux reads it there.
    tiny.run("mkfs.vfat", "-C", "-h", str(MIB // 512), "-n", "BOOT", "-i", "6e6f7662", image, str(BOOT_MIB * 1024))
    files = [scratch / name for name in ("vmlinuz", "initrd", "syslinux.cfg")]
    tiny.run("mcopy", "-i", image, *files, "::")
    tiny.run("syslinux", "--install", image)


def _partition_table(root_mib: int) -> bytes:
    """The first sector: syslinux's boot code and two partitions."""
    code = MBR.read_bytes()[:440].ljust(446, b"\0")

    def entry(flag: int, kind: int, begin_mib: int, size_mib: int) -> bytes:
        sectors = (begin_mib * 2048, size_mib * 2048)
        return struct.pack("<B3sB3sII", flag, b"\xfe\xff\xff", kind, b"\xfe\xff\xff", *sectors)

    table = entry(0x80, 0x0E, 1, BOOT_MIB) + entry(0, 0x83, 1 + BOOT_MIB, root_mib)
    return code + table.ljust(64, b"\0") + b"\x55\xaa"
