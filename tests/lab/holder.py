"""Keeps one connection open to each simulated host: libvirt's test driver forgets everything when the last one closes.

Run by the distribution's Python, which has libvirt: holder.py URI...; says "ready" and ends when no host is left.
"""

import sys
import time

import libvirt

libvirt.registerErrorHandler(lambda _context, _error: None, None)
LIMIT_S = 30


def main():
    held = []
    deadline = time.monotonic() + LIMIT_S
    for uri in sys.argv[1:]:
        while True:
            try:
                connection = libvirt.open(uri)
                break
            except libvirt.libvirtError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)
        _empty(connection)
        held.append(connection)
    print("ready", flush=True)
    while held:
        time.sleep(2)
        held = [connection for connection in held if _answers(connection)]


def _empty(connection):
    """The driver begins with a domain of 8 GiB on a host of 3 GiB, which would leave no room."""
    for domain in connection.listAllDomains():
        domain.destroy()
        domain.undefine()


def _answers(connection):
    try:
        return bool(connection.getLibVersion())
    except libvirt.libvirtError:
        return False


if __name__ == "__main__":
    main()
