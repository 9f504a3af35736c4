"""What the files of an instance cost alone, run by the distribution's Python: file_floor.py BASE FOLDER N.

Prints the milliseconds of one overlay made by qemu-img and of one ISO made by pycdlib; medians of five rounds.
"""

import io
import json
import os
import statistics
import subprocess
import sys
import time

import pycdlib

FILES = {
    "meta_data.json": json.dumps({"uuid": "0" * 36, "name": "vm", "hostname": "vm"}).encode(),
    "user_data": b"#cloud-config\nhostname: vm\n",
    "network_data.json": b'{"links": [], "networks": [], "services": []}',
}


def overlay(base, path):
    argv = ["qemu-img", "create", "-q", "-f", "qcow2", "-F", "qcow2", "-b", base, path, "10G"]
    subprocess.run(argv, check=True)


def config_drive(_, path):
    iso = pycdlib.PyCdlib()
    iso.new(interchange_level=3, joliet=3, rock_ridge="1.09", vol_ident="config-2")
    for index, (name, content) in enumerate(FILES.items()):
        iso.add_fp(io.BytesIO(content), len(content), f"/F{index}.;1", rr_name=name, joliet_path=f"/{name}")
    iso.write(path)
    iso.close()


def timed(make, base, folder, count):
    started = time.perf_counter()
    for index in range(count):
        make(base, os.path.join(folder, f"floor-{index}"))
    seconds = time.perf_counter() - started
    for index in range(count):
        os.unlink(os.path.join(folder, f"floor-{index}"))
    return 1000 * seconds / count


def main():
    base, folder, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
    for make in (overlay, config_drive):
        print(round(statistics.median(timed(make, base, folder, count) for _ in range(5)), 4))


if __name__ == "__main__":
    main()
