"""The guest images, made on this machine and kept by the content of their recipe.

`debian-12` takes a minute and 300 MiB, so it is made for who asks for it only.

`tiny.qcow2` and `bootsector.qcow2` are links to `NAME-DIGEST.qcow2`: when the recipe changes, so does the file, and
an image that a running guest still has open is never written to.
"""

from __future__ import annotations

import fcntl
import hashlib
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from . import bootsector, debian, tiny
from .paths import IMAGES

if TYPE_CHECKING:
    from collections.abc import Callable

SECTORS = {"bootsector": "halt", "bootsector-heartbeat": "heartbeat"}


def ensure(say: Callable[[str], None] = print) -> dict[str, Path]:
    """Name -> image, built where the cache has none."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    with (IMAGES / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two test processes may ask at once
        images = {name: _sector(name, variant, say) for name, variant in SECTORS.items()}
        images["tiny"] = _tiny(say)
        return images


def ensure_debian(say: Callable[[str], None] = print) -> Path:
    """The image debian-12. Raises RuntimeError where this machine cannot make it."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    with (IMAGES / "lock-debian").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return _cached("debian-12", debian.recipe(), debian.build, say)


def _tiny(say: Callable[[str], None]) -> Path:
    packages = tiny.kernel_packages()
    return _cached("tiny", tiny.recipe(packages), lambda to, scratch: tiny.build(packages, to, scratch), say)


def _sector(name: str, variant: str, say: Callable[[str], None]) -> Path:
    disk = bootsector.disk(variant)

    def build(target: Path, scratch: Path) -> None:
        (scratch / "disk.raw").write_bytes(disk)
        tiny.run("qemu-img", "convert", "-f", "raw", "-O", "qcow2", scratch / "disk.raw", target)

    return _cached(name, disk, build, say)


def _cached(name: str, recipe: bytes, build: Callable[[Path, Path], None], say: Callable[[str], None]) -> Path:
    digest = hashlib.sha256(recipe).hexdigest()[:12]
    image = IMAGES / f"{name}-{digest}.qcow2"
    if not image.exists():
        say(f"building image {image.name}")
        scratch = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=IMAGES))
        scratch.chmod(0o755)  # what is unpacked in it is read by other users, apt's among them
        try:
            build(scratch / "image.part", scratch)
            (scratch / "image.part").rename(image)
        finally:
            shutil.rmtree(scratch)
    link = IMAGES / f"{name}.qcow2"
    if not link.is_symlink() or link.readlink().name != image.name:
        link.unlink(missing_ok=True)
        link.symlink_to(image.name)
    return link
