"""Milliseconds a domain to start and to destroy all domains of a host: power.py URI STATE_DIR REPS; medians.

Run by the distribution's Python with the collections folder in PYTHONPATH. Guests are left paused at their first
instruction, so that the guests started first do not slow down those started last; steps then rightly says of them that
they do not run, which is all it may complain of.
"""

import json
import statistics
import sys
import time

import libvirt

from ansible_collections.novalite.compute.plugins.module_utils import libvirt_connection, steps
from ansible_collections.novalite.compute.plugins.module_utils.host import open_host

libvirt.registerErrorHandler(lambda _context, _error: None, None)


def start_paused(self, domain):
    self._call(domain.createWithFlags, libvirt.VIR_DOMAIN_START_PAUSED)


def one_by_one(domains, function):
    for domain in domains:
        function(domain)


def slice_of(domains, action, number):
    wanted = [
        {"id": f"s{index:04d}", "action": action, "name": domain.name(), "uuid": domain.UUIDString(), "timeout_s": 0}
        for index, domain in enumerate(domains)
    ]
    head = {"format": "novalite.slice/1", "plan": f"sha256:{action}-{number}", "project": "bench", "host": "local"}
    return json.dumps({**head, "wave": 0, "last": True, "relied": {}, "steps": wanted})


def apply(uri, state_dir, text, allowed):
    host = open_host(uri, state_dir)
    entries = steps.ensure(host, {"slice": text, "wait_s": 5}).facts["steps"]
    host.close()
    bad = [entry for entry in entries if entry["error"] and entry["error"]["id"] not in allowed]
    assert not bad, bad[0]


def main():
    uri, state_dir, reps = sys.argv[1], sys.argv[2], int(sys.argv[3])
    libvirt_connection.Connection.start = start_paused
    connection = libvirt.open(uri)
    domains = connection.listAllDomains(0)
    times = {}

    def timed(name, power, function, *arguments):
        started = time.perf_counter()
        function(*arguments)
        times.setdefault(name, []).append(1000 * (time.perf_counter() - started) / len(domains))
        assert {domain.state()[0] for domain in domains} == {power}

    off, paused = libvirt.VIR_DOMAIN_SHUTOFF, libvirt.VIR_DOMAIN_PAUSED
    for rep in range(reps):
        timed(
            "start_one_by_one_ms",
            paused,
            one_by_one,
            domains,
            lambda one: one.createWithFlags(libvirt.VIR_DOMAIN_START_PAUSED),
        )
        timed("destroy_one_by_one_ms", off, one_by_one, domains, lambda one: one.destroy())
        timed("start_ms", paused, apply, uri, state_dir, slice_of(domains, "start", rep), ("not_true",))
        timed("destroy_ms", off, apply, uri, state_dir, slice_of(domains, "stop", rep), ())
    print(json.dumps({name: round(statistics.median(values), 1) for name, values in times.items()}))


if __name__ == "__main__":
    main()
