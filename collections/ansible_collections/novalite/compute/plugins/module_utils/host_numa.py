# SPDX-License-Identifier: GPL-3.0-or-later
"""The host's NUMA cells, and which of its CPUs guests may have. Talks to libvirtd: one call, where huge pages are.

Source: nova/virt/libvirt/driver.py, _get_host_numa_topology.
"""

from __future__ import annotations

from .claim import HUGE_KIB
from .cpu_list import format_cpus, parse_cpus
from .host_error import HostError
from .xml_tools import memory_kib

SETS = ("shared", "dedicated")


def read_numa(host, capabilities, memory_mib):
    # type: (object, object, int) -> list
    """Return the cells: ``id``, ``memory_mib``, ``cpus``, and where there is anything to say ``socket``, ``siblings``
    and ``pages``.

    A host with one cell has all its memory there, whatever the cell says (libvirt_connection.py, node).
    """
    elements = capabilities.findall("host/topology/cells/cell")
    cells = [_cell(element) for element in elements]
    if len(cells) == 1:
        _trust_the_kernel(cells[0], memory_mib)
    sizes = {page["size_kib"] for cell in cells for page in cell.get("pages", ())}
    sizes = sorted(size for size in sizes if size > HUGE_KIB)
    if sizes:
        first = min(cell["id"] for cell in cells)
        free = host.connection.free_pages(sizes, first, max(cell["id"] for cell in cells) - first + 1)
        for cell in cells:
            for page in cell.get("pages", ()):
                number = free.get(cell["id"], {}).get(page["size_kib"])
                if number is not None:
                    page["free"] = number
    return cells


def _trust_the_kernel(cell, memory_mib):
    # type: (dict, int) -> None
    """Give an only cell all of the host's memory, and plain pages for what is not in huge ones."""
    cell["memory_mib"] = memory_mib
    huge = sum(page["size_kib"] * page["total"] for page in cell.get("pages", ()) if page["size_kib"] > HUGE_KIB)
    for page in cell.get("pages", ()):
        if page["size_kib"] <= HUGE_KIB:
            page["total"] = max(0, memory_mib * 1024 - huge) // page["size_kib"]


def _cell(element):
    # type: (object) -> dict
    cpus = element.findall("cpus/cpu")
    memory = element.find("memory")
    cell = {
        "id": int(element.get("id")),
        "memory_mib": 0 if memory is None else memory_kib(memory) // 1024,
        "cpus": format_cpus(int(cpu.get("id")) for cpu in cpus),
    }
    sockets = sorted({int(cpu.get("socket_id")) for cpu in cpus if cpu.get("socket_id")})
    if len(sockets) == 1:
        cell["socket"] = sockets[0]
    siblings = {format_cpus(parse_cpus(cpu.get("siblings", ""))) for cpu in cpus}
    threads = sorted((parse_cpus(text), text) for text in siblings)
    if any(len(numbers) > 1 for numbers, _text in threads):
        cell["siblings"] = [text for _numbers, text in threads]
    pages = [(int(page.get("size", "0")), int(page.text or 0)) for page in element.findall("pages")]
    pages = [{"size_kib": size, "total": total} for size, total in sorted(pages) if total]
    if pages:
        cell["pages"] = pages
    return cell


def read_cpu_sets(config):
    # type: (dict) -> dict
    """Return the CPUs for guests that share and that pin, as the operator said, of those that are said.

    Raises: HostError ``bad_request`` for what is no list of CPUs, and where one CPU is in both.
    """
    found = {}
    for name in SETS:
        said = config.get("cpu_%s_set" % name)
        if said in (None, ""):
            continue
        try:
            found[name] = format_cpus(parse_cpus(said))
        except ValueError as error:
            raise HostError("bad_request", "novalite_cpu_%s_set: %s" % (name, error)) from error
    both = set(parse_cpus(found.get("shared", ""))) & set(parse_cpus(found.get("dedicated", "")))
    if both:
        raise HostError(
            "bad_request",
            "CPU %s is in novalite_cpu_shared_set and in novalite_cpu_dedicated_set" % format_cpus(both),
        )
    return found
