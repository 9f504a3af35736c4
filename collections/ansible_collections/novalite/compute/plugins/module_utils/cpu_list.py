# SPDX-License-Identifier: GPL-3.0-or-later
"""CPU lists: ``0-3,^2,8`` as operators and flavors write them, ``0-1,3,8`` as libvirt does. Pure.

Source: nova/virt/hardware.py, parse_cpu_spec: exclusions count wherever they stand.
"""

from __future__ import annotations

MOST = 65536  # numbers above are a slip of the keyboard, and a range up to one would fill the memory


def parse_cpus(text):
    # type: (str) -> list
    """Return the numbers that a list means, sorted. Raises: ValueError for what is no list."""
    wanted, rejected = set(), set()
    for rule in str(text).split(","):
        rule = rule.strip()
        if not rule:
            continue
        into = wanted
        if rule.startswith("^"):
            rule, into = rule[1:].strip(), rejected
        first, dash, last = (part.strip() for part in rule.partition("-"))
        last = last if dash else first
        if not (first.isdecimal() and last.isdecimal() and int(first) <= int(last) < MOST):
            raise ValueError("not a list of CPUs such as 0-3,^2,8: %r" % (text,))
        into.update(range(int(first), int(last) + 1))
    return sorted(wanted - rejected)


def format_cpus(cpus):
    # type: (object) -> str
    """Return the shortest list of some numbers; none is an empty text."""
    runs = []
    for cpu in sorted(set(cpus)):
        if runs and cpu == runs[-1][1] + 1:
            runs[-1][1] = cpu
        else:
            runs.append([cpu, cpu])
    return ",".join(str(first) if first == last else "%d-%d" % (first, last) for first, last in runs)
