# SPDX-License-Identifier: GPL-3.0-or-later
"""What an instance, its image, its networks and its user data say together. Pure."""

from __future__ import annotations

import ipaddress
from collections import Counter
from typing import TYPE_CHECKING, Any

from novalite.spec import ids
from novalite.spec.seed import kinds
from novalite.spec.seed.finding import WARNING, Finding
from novalite.spec.seed.traps import makes_default_user
from novalite.spec.suggest import shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from novalite.model.instance import Instance
    from novalite.spec.context import Context
    from novalite.spec.seed.check import Seen

CONFIG_DRIVE, NOCLOUD, IGNITION = "config-drive", "nocloud", "ignition"
_WITH_IGNITION = ("coreos", "fedora-coreos", "rhcos", "flatcar", "scos")  # values of os_distro

# Source: cloudinit/sources/__init__.py (_determine_dsmode), DataSourceConfigDrive.py (_get_data).
_DSMODES = {
    "disabled": ("error", "cloud-init ignores the whole seed"),
    "pass": ("error", "cloud-init takes the networks and leaves the rest of the seed alone"),
    "local": None,
    "net": None,
}


def check_seeds(context: Context, instances: Mapping[str, Instance], seen: Mapping[str, Seen]) -> None:
    """Note what does not go together; once for each entry of the fleet. ``seen``: what user data holds, by digest."""
    done: set[object] = set()
    for instance in instances.values():
        data = instance.user_data
        found = seen.get(data.sha256) if data is not None else None
        name = instance.hostname or instance.name if found is not None and found.names else None
        ports = instance.ports if len(instance.ports) > 1 else None
        what = (id(instance.image), data and data.sha256, id(instance.keypair), instance.metadata.get("dsmode"))
        if (*what, name, ports) in done:
            continue
        done.add((*what, name, ports))
        _image(context, instance, found)
        _metadata(context, instance)
        if len(instance.ports) > 1:
            _ways_out(context, instance)
        if found is not None:
            _user_data(context, instance, found)


def _path(context: Context, instance: Instance, key: str) -> tuple[str, ...]:
    """Return where an instance, or the defaults, say a key."""
    declared = context.section("instances")
    name = instance.name if instance.name in declared else instance.name.rpartition("-")[0]
    if key not in (declared.get(name) or {}) and key in context.section("defaults"):
        return ("defaults", key)
    return ("instances", name, key)


def _image(context: Context, instance: Instance, seen: Seen | None) -> None:
    image = instance.image
    reader = image.properties.get("novalite_seed", CONFIG_DRIVE)
    if seen is None or kinds.OTHER in seen.kinds:
        return
    path = _path(context, instance, "user_data")
    is_ignition = kinds.IGNITION in seen.kinds
    if reader == IGNITION and not is_ignition:
        summary = f"image {image.name} reads Ignition (novalite_seed), and this is something else: it stops at it"
        context.add(ids.SEED_KIND, summary, path, of_key=True)
    elif reader == NOCLOUD and is_ignition:
        summary = f"image {image.name} reads NoCloud (novalite_seed), and Ignition does not: it would be ignored"
        context.add(ids.SEED_KIND, summary, path, of_key=True)
    elif reader == CONFIG_DRIVE and is_ignition and image.properties.get("os_distro") not in _WITH_IGNITION:
        summary = f"an Ignition config, and nothing says that image {image.name} reads one: cloud-init ignores it"
        help_text = "say novalite_seed: ignition, or the os_distro, in the properties of the image"
        context.add(ids.SEED_KIND, summary, path, of_key=True, help=help_text, severity=WARNING)


def _metadata(context: Context, instance: Instance) -> None:
    mode = instance.metadata.get("dsmode")
    if mode is None or _DSMODES.get(mode, "") is None:
        return
    severity, what = _DSMODES.get(mode) or (WARNING, "cloud-init does not know it, and takes net")
    path = (*_path(context, instance, "metadata"), "dsmode")
    context.add(ids.DRIVE_IGNORED, f"dsmode: {shown(mode)}: {what}", path, severity=severity)


def _gateways(port: Any) -> Iterator[str]:
    """Yield the gateways that a guest is told of at a port."""
    if port.network.subnets:
        yield from (subnet.gateway for subnet in port.network.subnets if subnet.gateway and not subnet.dhcp)
    elif port.network.gateway and port.fixed_ip:
        yield port.network.gateway


def _ways_out(context: Context, instance: Instance) -> None:
    versions = Counter(
        (version, number)
        for number, port in enumerate(instance.ports)
        for version in {ipaddress.ip_address(gateway).version for gateway in _gateways(port)}
    )
    ports = Counter(version for version, _ in versions)
    for version, count in ports.items():
        if count > 1:
            summary = f"{count} networks give this guest a way out (IPv{version}): which one it takes is left to chance"
            help_text = "say a gateway in one of them only, or routes"
            path = _path(context, instance, "networks")
            context.add(ids.GUEST_NETWORK, summary, path, of_key=True, help=help_text, severity=WARNING)


def _user_data(context: Context, instance: Instance, seen: Seen) -> None:
    """Note where a cloud-config says something else than the instance."""
    for value, origin, placed in seen.configs:
        for finding in _against(value, instance):
            origin.tell(context, placed(finding))


def _against(value: Mapping[str, Any], instance: Instance) -> Iterator[Finding]:
    said = value.get("hostname")
    name = instance.hostname or instance.name
    if isinstance(said, str) and said != name:
        summary = f'the guest calls itself "{shown(said)}", and its instance is {name}'
        help_text = "say hostname of the instance, or take this line away"
        yield Finding(ids.SEED_AGAINST_INSTANCE, summary, ("hostname",), help=help_text, severity=WARNING)
    full = value.get("fqdn")
    if isinstance(full, str) and not isinstance(said, str) and full.partition(".")[0] != name:
        summary = f'the guest calls itself "{shown(full)}", and its instance is {name}'
        yield Finding(ids.SEED_AGAINST_INSTANCE, summary, ("fqdn",), severity=WARNING)
    if "ssh_keys" in value and instance.host_key is None:
        summary = "the guest takes these host keys, and its host pins one of its own: novalite ssh would refuse it"
        help_text = "say host_key: none of the instance"
        yield Finding(ids.SEED_AGAINST_INSTANCE, summary, ("ssh_keys",), of_key=True, help=help_text, severity=WARNING)
    if instance.keypair is not None and value.get("users") not in (None, []) and not makes_default_user(value):
        summary = f"key {instance.keypair.name} goes to the image's own user, and users without default makes none"
        help_text = "put default into users, or ssh_authorized_keys into one of them"
        yield Finding(ids.SEED_AGAINST_INSTANCE, summary, ("users",), of_key=True, help=help_text, severity=WARNING)
