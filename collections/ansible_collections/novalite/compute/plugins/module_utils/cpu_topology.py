# SPDX-License-Identifier: GPL-3.0-or-later
"""How a guest's CPUs are divided into sockets, cores and threads. Pure.

Source: nova/virt/hardware.py, get_best_cpu_topology. Unlike Nova, a guest that nobody says this of gets none: libvirt
and QEMU then make one socket of each CPU, which is Nova's answer too.
"""

from __future__ import annotations

from .wishes import extra_specs, image_wish, properties_of, whole

PARTS = ("sockets", "cores", "threads")
_LIMIT = 65536


def topology_from_spec(spec):
    # type: (dict) -> object
    """Return [sockets, cores, threads], or None where nothing is asked.

    Of all divisions within the limits the one that meets most of the preferences; then as few threads and as many
    sockets as can be. Raises: ValueError where the limits allow none.
    """
    limits = [_number(image_wish(spec, "cpu_max_" + part)) for part in PARTS]
    preferred = _preferred(spec, limits)
    if not any(preferred) and not any(limits):
        return None
    vcpus = spec["flavor"].get("max_vcpus") or spec["flavor"]["vcpus"]  # libvirt divides the most there can be
    possible = list(_divisions(vcpus, [min(vcpus, limit or _LIMIT) for limit in limits]))
    if not possible:
        raise ValueError("%d vCPUs cannot be divided into at most %s sockets, cores and threads" % (vcpus, limits))
    possible.sort(key=lambda one: (one[0] * one[1], one[0], one[2]), reverse=True)
    return max(possible, key=lambda one: _met(one, preferred))


def _divisions(vcpus, limits):
    # type: (int, list) -> object
    for sockets in range(1, limits[0] + 1):
        if vcpus % sockets:
            continue
        for cores in range(1, limits[1] + 1):
            threads, rest = divmod(vcpus // sockets, cores)
            if rest == 0 and threads <= limits[2]:
                yield [sockets, cores, threads]


def _met(division, preferred):
    # type: (list, list) -> int
    return sum(1 for part, wanted in zip(division, preferred) if wanted and part == wanted)  # noqa: B905


def _preferred(spec, limits):
    # type: (dict, list) -> list
    """Return what the image prefers, else the flavor, never parts of both; a flavor beyond the limits is not heard."""
    image = [_number(properties_of(spec).get("hw_cpu_" + part)) for part in PARTS]
    if any(image):
        return image
    flavor = [_number(extra_specs(spec).get("hw:cpu_" + part)) for part in PARTS]
    return [0, 0, 0] if any(limit and wanted > limit for wanted, limit in zip(flavor, limits)) else flavor  # noqa: B905


def _number(said):
    # type: (object) -> int
    return 0 if said in (None, "") else whole(said, "a number of sockets, cores or threads")
