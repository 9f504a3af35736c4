"""What one libvirtd holds, run by the distribution's Python: domains.py URI dump|remove|prepare [NETWORK].

``dump`` prints a JSON object of UUID -> inactive XML; ``remove`` destroys and undefines everything; ``prepare`` makes
and starts a network that needs nothing of the machine (it names a bridge that only a started guest would look for).
"""

import json
import sys

import libvirt

libvirt.registerErrorHandler(lambda _context, _error: None, None)
NETWORK = "<network><name>{0}</name><forward mode='bridge'/><bridge name='{0}'/></network>"


def remove(domain):
    if domain.isActive():
        domain.destroy()
    domain.undefineFlags(libvirt.VIR_DOMAIN_UNDEFINE_NVRAM | libvirt.VIR_DOMAIN_UNDEFINE_MANAGED_SAVE)


def main():
    uri, what = sys.argv[1], sys.argv[2]
    connection = libvirt.open(uri)
    if what == "prepare":
        connection.networkDefineXML(NETWORK.format(sys.argv[3])).create()
        return
    domains = connection.listAllDomains(0)
    if what == "dump":
        flags = libvirt.VIR_DOMAIN_XML_INACTIVE | libvirt.VIR_DOMAIN_XML_SECURE
        print(json.dumps({domain.UUIDString(): domain.XMLDesc(flags) for domain in domains}, sort_keys=True))
        return
    for domain in domains:
        remove(domain)
    print(len(domains))


if __name__ == "__main__":
    main()
