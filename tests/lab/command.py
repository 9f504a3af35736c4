"""./dev lab: the lab from the command line."""

from __future__ import annotations

import argparse
import shlex
import sys
import time

from . import images, lab
from .inventory import INVENTORY


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="./dev lab", description="Hypervisors in namespaces, with real libvirt and QEMU."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    up = commands.add_parser("up", help="start the lab, or add what is missing")
    up.add_argument("--hosts", type=int, default=2, metavar="N", help="real hosts kvm-1 ... (needs root; default 2)")
    up.add_argument("--simulated", type=int, default=0, metavar="M", help="hosts sim-1 ... on libvirt's test driver")
    commands.add_parser("down", help="take everything away")
    commands.add_parser("status", help="a table of the hosts")
    made = commands.add_parser("images", help="make the guest images and print their paths")
    made.add_argument("--debian", action="store_true", help="also debian-12, which takes a minute (root)")
    power = commands.add_parser("power", help="pull a host's plug, or start it again")
    power.add_argument("what", choices=["on", "off"])
    power.add_argument("host")
    run = commands.add_parser("run", help="run a command on a host: run kvm-1 virsh list")
    run.add_argument("host")
    run.add_argument("argv", nargs=argparse.REMAINDER)
    return parser


def main(argv: list[str] | None = None) -> int:
    """The exit status."""
    arguments = _parser().parse_args(argv)
    started = time.monotonic()
    try:
        status = _run(arguments)
    except KeyError as error:
        print(f"no host {error} in this lab: see ./dev lab status", file=sys.stderr)
        return 1
    except RuntimeError as error:
        print(f"lab: {error}", file=sys.stderr)
        return 1
    if arguments.command in {"up", "down", "images", "power"}:
        print(f"({time.monotonic() - started:.1f} s)")
    return status


def _run(arguments: argparse.Namespace) -> int:
    match arguments.command:
        case "up":
            lab.up(arguments.hosts, arguments.simulated)
        case "down":
            lab.down()
        case "images":
            found = images.ensure()
            found |= {"debian-12": images.ensure_debian()} if arguments.debian else {}
            for name, path in found.items():
                print(f"{name:22} {path.resolve()}")
        case "power" if arguments.what == "on":
            lab.read().power_on(arguments.host)
        case "power":
            lab.read().power_off(arguments.host)
        case "run":
            return lab.read().get(arguments.host).run(arguments.argv, capture_output=False).returncode
        case _:
            _print_status()
    return 0


def _print_status() -> None:
    rows = lab.status()
    if not rows:
        print("no lab here: ./dev lab up")
        return
    table = [("host", "power", "where", "running", "memory"), *rows]
    widths = [max(len(row[column]) for row in table) for column in range(5)]
    for row in table:
        print("  ".join(word.ljust(width) for word, width in zip(row, widths, strict=True)).rstrip())
    print(f"inventory: {shlex.quote(str(INVENTORY))}")
