# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules of CPUs: policies, masks, resources, sockets, cores and threads. Source: nova/virt/hardware.py. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from novalite.model.guest_topology import DEDICATED, HYPERTHREADING, ISOLATE, MIXED, PREFER, SHARED
from novalite.spec import ids
from novalite.spec.consistency.rule import Rule

if TYPE_CHECKING:
    from novalite.model.guest_topology import Guest

_PARTS = ("sockets", "cores", "threads")


def _policies(guest: Guest) -> str:
    flavor, image = guest.specs.get("hw:cpu_policy"), guest.properties.get("hw_cpu_policy")
    refused = {SHARED: (DEDICATED, MIXED), MIXED: (DEDICATED,)}.get(flavor or "", ())
    return f"the image asks for CPU policy {image}, and the flavor says {flavor}" if image in refused else ""


def _thread_policies(guest: Guest) -> str:
    flavor, image = guest.specs.get("hw:cpu_thread_policy"), guest.properties.get("hw_cpu_thread_policy")
    if flavor in (None, PREFER) or image in (None, flavor):
        return ""
    return f"the image asks for thread policy {image}, and the flavor says {flavor}"


def _threads_without_pins(guest: Guest) -> str:
    if not guest.thread_policy or guest.pins:
        return ""
    return (
        f"thread policy {guest.thread_policy} has a meaning for pinned CPUs only, and the CPU policy is {_said(guest)}"
    )


def _threads_and_trait(guest: Guest) -> str:
    said = guest.specs.get("hw:cpu_thread_policy") or guest.properties.get("hw_cpu_thread_policy")
    if not said or not guest.hyperthreading_trait:
        return ""
    return f"thread policy {said} and trait {HYPERTHREADING} say the same thing in two ways"


def _resources_and_policy(guest: Guest) -> str:
    said = guest.specs.get("hw:cpu_policy") or guest.properties.get("hw_cpu_policy")
    asked = [name for name in ("VCPU", "PCPU") if guest.asked(name)]
    return f"resources:{asked[0]} and CPU policy {said} say the same thing in two ways" if said and asked else ""


def _both_resources(guest: Guest) -> str:
    return "resources:VCPU and resources:PCPU exclude each other" if guest.asked("VCPU") and guest.asked("PCPU") else ""


def _number_of_pcpus(guest: Guest) -> str:
    asked = guest.asked("PCPU")
    apart = guest.emulator_policy == ISOLATE
    wanted = guest.vcpus + apart
    if not asked or asked == wanted:
        return ""
    return f"resources:PCPU={asked}, and {wanted} are wanted: {guest.vcpus} vCPUs" + (
        " and the emulator's" if apart else ""
    )


def _emulator_without_pins(guest: Guest) -> str:
    if guest.emulator_policy != ISOLATE or guest.pins:
        return ""
    return f"isolated emulator threads need pinned CPUs, and the CPU policy is {_said(guest)}"


def _realtime_without_pins(guest: Guest) -> str:
    return (
        f"realtime needs pinned CPUs, and the CPU policy is {_said(guest)}"
        if guest.is_realtime and not guest.pins
        else ""
    )


def _mask_without_mixed(guest: Guest) -> str:
    if guest.dedicated_mask is None or guest.cpu_policy == MIXED:
        return ""
    return f"cpu_dedicated_mask belongs to CPU policy mixed, and the policy is {_said(guest)}"


def _one_mask(guest: Guest) -> str:
    if guest.cpu_policy != MIXED or (guest.dedicated_mask is None) is guest.is_realtime:
        return ""
    both = "both are" if guest.is_realtime else "neither is"
    return f"CPU policy mixed needs a dedicated mask or realtime CPUs, and {both} there"


def _dedicated_mask(guest: Guest) -> str:
    mask = guest.dedicated_mask
    if mask is None:
        return ""
    if outside := mask - set(range(guest.vcpus)):
        return f"the dedicated mask names CPU {min(outside)}, and the last is {guest.vcpus - 1}"
    if not mask or len(mask) == guest.vcpus:
        return f"the dedicated mask holds {len(mask)} of {guest.vcpus} CPUs: some, but not all, is what mixed means"
    return ""


def _realtime_mask(guest: Guest) -> str:
    if not guest.is_realtime:
        return ""
    mask = guest.realtime_cpus
    if not mask:
        return "the realtime mask holds no CPU"
    if outside := mask - set(range(guest.vcpus)):
        return f"the realtime mask names CPU {min(outside)}, and the last is {guest.vcpus - 1}"
    if len(mask) == guest.vcpus and not guest.emulator_policy:
        return "all CPUs are realtime: none is left for the emulator"
    return ""


def _maxima(guest: Guest) -> str:
    for part in _PARTS:
        flavor, image = _limits(guest, part)
        if flavor and image and image > flavor:
            return f"the image allows {image} {part}, and the flavor {flavor}: an image can only narrow"
    return ""


def _preferred(guest: Guest) -> str:
    for part in _PARTS:
        said = int(guest.properties.get(f"hw_cpu_{part}", 0))
        most = _most(guest, part)
        if most and said > most:
            return f"the image asks for {said} {part}, and {most} are the most"
    return ""


def _possible(guest: Guest) -> str:
    """Say where no number of sockets, cores and threads within the limits makes the vCPUs."""
    most = [min(_most(guest, part) or guest.vcpus, guest.vcpus) for part in _PARTS]
    if most == [guest.vcpus] * 3:
        return ""
    for sockets in range(1, most[0] + 1):
        if guest.vcpus % sockets == 0:
            rest = guest.vcpus // sockets
            if any(rest % cores == 0 and rest // cores <= most[2] for cores in range(1, min(rest, most[1]) + 1)):
                return ""
    limits = " x ".join(f"{number} {part}" for number, part in zip(most, _PARTS, strict=True))
    return f"no topology within {limits} has {guest.vcpus} vCPUs"


def _limits(guest: Guest, part: str) -> tuple[int, int]:
    return int(guest.specs.get(f"hw:cpu_max_{part}", 0)), int(guest.properties.get(f"hw_cpu_max_{part}", 0))


def _most(guest: Guest, part: str) -> int:
    flavor, image = _limits(guest, part)
    return image or flavor


def _said(guest: Guest) -> str:
    return guest.cpu_policy or "not said"


_POLICY, _IMAGE_POLICY = "hw:cpu_policy", "hw_cpu_policy"
_THREAD, _IMAGE_THREAD = "hw:cpu_thread_policy", "hw_cpu_thread_policy"
_EMULATOR, _REALTIME, _MASK = "hw:emulator_threads_policy", "hw:cpu_realtime", "hw:cpu_dedicated_mask"
_RT_MASKS = (("hw:cpu_realtime_mask", _REALTIME), ("hw_cpu_realtime_mask",))
_TRAITS = (f"trait:{HYPERTHREADING}", "trait")
_MAX = (tuple(f"hw:cpu_max_{part}" for part in _PARTS), tuple(f"hw_cpu_max_{part}" for part in _PARTS))
_PREFER = tuple(f"hw_cpu_{part}" for part in _PARTS)
_PIN = "say hw:cpu_policy: dedicated, or mixed with a mask"
_ONE_WAY = "keep one of the two"

RULES = (
    Rule(ids.CPU_POLICY, "policies", _policies, (_POLICY,), (_IMAGE_POLICY,), "the flavor's word counts"),
    Rule(ids.THREAD_POLICY, "thread_policies", _thread_policies, (_THREAD,), (_IMAGE_THREAD,), "take the image's away"),
    Rule(
        ids.THREAD_POLICY, "threads_and_trait", _threads_and_trait, (_THREAD, *_TRAITS), (_IMAGE_THREAD, _TRAITS[0]),
        _ONE_WAY,
    ),
    Rule(
        ids.THREAD_POLICY, "threads_without_pins", _threads_without_pins, (_THREAD, *_TRAITS, _POLICY),
        (_IMAGE_THREAD, _TRAITS[0], _IMAGE_POLICY), _PIN,
    ),
    Rule(
        ids.CPU_RESOURCES, "resources_and_policy", _resources_and_policy, (_POLICY, "resources"), (_IMAGE_POLICY,),
        _ONE_WAY,
    ),
    Rule(ids.CPU_RESOURCES, "both_resources", _both_resources, ("resources",), (), _ONE_WAY, alone=True),
    Rule(ids.CPU_RESOURCES, "number_of_pcpus", _number_of_pcpus, ("resources", _EMULATOR), (), alone=True),
    Rule(ids.NEEDS_PINS, "emulator_without_pins", _emulator_without_pins, (_EMULATOR, _POLICY), (_IMAGE_POLICY,), _PIN),
    Rule(ids.NEEDS_PINS, "realtime_without_pins", _realtime_without_pins, (_REALTIME, _POLICY), (_IMAGE_POLICY,), _PIN),
    Rule(ids.CPU_MASK, "dedicated_mask", _dedicated_mask, (_MASK,), (), alone=True),
    Rule(ids.CPU_MASK, "mask_without_mixed", _mask_without_mixed, (_MASK, _POLICY), (_IMAGE_POLICY,)),
    Rule(ids.CPU_MASK, "one_mask", _one_mask, (_POLICY, _MASK, _REALTIME), (_IMAGE_POLICY,)),
    Rule(ids.CPU_MASK, "realtime_mask", _realtime_mask, *_RT_MASKS, "leave one out, or say hw:emulator_threads_policy"),
    Rule(ids.CPU_SHAPE, "maxima", _maxima, *_MAX),
    Rule(ids.CPU_SHAPE, "preferred", _preferred, _MAX[0], (*_PREFER, *_MAX[1])),
    Rule(ids.CPU_SHAPE, "possible", _possible, *_MAX, alone=True),
)  # fmt: skip
