"""The lab's wires: one bridge for the controller, one network namespace and one veth pair for each host.

Nothing is routed anywhere: the bridge's address belongs to the controller, and hosts have no default route.
"""

from __future__ import annotations

import ipaddress
import json
import subprocess

from .paths import LAB_ID

PREFIX = f"nv{LAB_ID}"  # interface names end at 15 characters
BRIDGE = f"{PREFIX}br"


def ip(*words: str, check: bool = True) -> str:
    """Output of ip(8)."""
    done = subprocess.run(["ip", *words], capture_output=True, text=True, check=False)
    if check and done.returncode:
        msg = f"ip {' '.join(words)}: {done.stderr.strip()}"
        raise RuntimeError(msg)
    return done.stdout


def choose_subnet() -> str:
    """A 10.X that no route of this machine touches, beginning at a place that depends on the checkout."""
    routes = json.loads(ip("-j", "-4", "route", "show", "table", "all") or "[]")
    taken = [ipaddress.ip_network(route["dst"], strict=False) for route in routes if route["dst"] != "default"]
    first = int(LAB_ID, 16) % 192
    for offset in range(192):
        prefix = f"10.{64 + (first + offset) % 192}"
        if not any(ipaddress.ip_network(f"{prefix}.0.0/16").overlaps(network) for network in taken):
            return prefix
    msg = "no free 10.X.0.0/16 left on this machine"
    raise RuntimeError(msg)


def address(subnet: str, index: int) -> str:
    """The address at which the controller reaches host `index` (1, 2, ...)."""
    return f"{subnet}.0.{10 + index}"


def namespace(host: str) -> str:
    """The name of a host's network namespace, as `ip netns` knows it."""
    return f"{PREFIX}-{host}"


def has_bridge() -> bool:
    """Whether the controller's side is there."""
    return bool(ip("link", "show", BRIDGE, check=False))


def make_bridge(subnet: str) -> None:
    """The controller's side."""
    if has_bridge():
        return
    ip("link", "add", BRIDGE, "type", "bridge")
    ip("addr", "add", f"{subnet}.0.1/24", "dev", BRIDGE)
    ip("link", "set", BRIDGE, "up")


def plug(host: str, index: int, subnet: str) -> None:
    """A fresh network namespace for a host, wired to the bridge."""
    unplug(host, index)
    space, outer = namespace(host), f"{PREFIX}h{index}"
    ip("netns", "add", space)
    # The same MAC after every power cycle: the controller would send to the old one for up to 45 s.
    mac = f"02:6e:{LAB_ID[:2]}:{LAB_ID[2:]}:{index >> 8:02x}:{index & 255:02x}"
    ip("link", "add", outer, "type", "veth", "peer", "name", "eth0", "address", mac, "netns", space)
    ip("link", "set", outer, "master", BRIDGE, "up")
    ip("-n", space, "addr", "add", f"{address(subnet, index)}/24", "dev", "eth0")
    ip("-n", space, "link", "set", "lo", "up")
    ip("-n", space, "link", "set", "eth0", "up")


def unplug(host: str, index: int) -> None:
    """Takes the namespace away, and with it every interface inside."""
    ip("link", "del", f"{PREFIX}h{index}", check=False)
    ip("netns", "del", namespace(host), check=False)


def pids(host: str) -> list[int]:
    """Processes in a host's network namespace: ours by construction, whatever became of their pid file."""
    return [int(word) for word in ip("netns", "pids", namespace(host), check=False).split()]


def remove_all() -> None:
    """Takes away every namespace and interface that carries this lab's prefix."""
    for line in ip("netns", "list", check=False).splitlines():
        if line.startswith(f"{PREFIX}-"):
            ip("netns", "del", line.split()[0], check=False)
    for link in json.loads(ip("-j", "link", "show", check=False) or "[]"):
        if link["ifname"].startswith(PREFIX):
            ip("link", "del", link["ifname"], check=False)
