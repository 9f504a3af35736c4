"""libvirt's own speed, run by the distribution's Python: libvirt_floor.py URI N REPS PROTOTYPE; medians, ms each.

PROTOTYPE is the XML of a domain that novalite defined: the floor is measured with what novalite really defines.
"""

import json
import statistics
import sys
import time
import uuid
import xml.etree.ElementTree as ElementTree

import libvirt

libvirt.registerErrorHandler(lambda _context, _error: None, None)


def documents(prototype, count):
    root = ElementTree.fromstring(prototype)
    ElementTree.register_namespace("novalite", "urn:novalite:instance:1")
    for index in range(count):
        root.find("name").text = f"floor-{index:05d}"
        root.find("uuid").text = str(uuid.uuid4())
        yield ElementTree.tostring(root, encoding="unicode")


def measure(uri, texts):
    times = {}

    def timed(name, function):
        started = time.perf_counter()
        result = function()
        times[name] = 1000 * (time.perf_counter() - started) / len(texts)
        return result

    connection = libvirt.open(uri)
    domains = timed("define_ms", lambda: [connection.defineXML(text) for text in texts])
    # A namespace we know is there: every domain novalite defines carries its mark.
    mark = (libvirt.VIR_DOMAIN_METADATA_ELEMENT, "urn:novalite:instance:1", libvirt.VIR_DOMAIN_AFFECT_CONFIG)
    timed("metadata_ms", lambda: [domain.metadata(*mark) for domain in domains])
    timed("xmldesc_ms", lambda: [domain.XMLDesc(libvirt.VIR_DOMAIN_XML_INACTIVE) for domain in domains])
    timed("undefine_ms", lambda: [domain.undefine() for domain in domains])
    connection.close()
    return times


def main():
    uri, count, reps, path = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
    with open(path, encoding="utf-8") as file:
        texts = list(documents(file.read(), count))
    seen = [measure(uri, texts) for _ in range(reps)]
    print(json.dumps({name: round(statistics.median(times[name] for times in seen), 4) for name in seen[0]}))


if __name__ == "__main__":
    main()
