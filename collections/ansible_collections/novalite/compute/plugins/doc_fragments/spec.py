# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of an instance spec (module_utils/arguments.py, SPEC)."""

from __future__ import annotations


class ModuleDocFragment(object):
    """The option ``spec``."""

    DOCUMENTATION = r"""
options:
  spec:
    description:
      - All that decides what an instance looks like, except whether it runs.
      - The novalite planner writes it; C(novalite render) shows it.
    type: dict
    suboptions:
      uuid:
        description: The instance's UUID, in lower case.
        type: str
        required: true
      project:
        description: The project that owns it.
        type: str
        required: true
      name:
        description: Its name inside the project, which is also its hostname.
        type: str
        required: true
      domain:
        description: The name of its libvirt domain.
        type: str
        required: true
      launch_index:
        description: Its position among the instances declared together.
        type: int
        default: 0
      availability_zone:
        description: The zone it asked for.
        type: str
      host:
        description: The host it is pinned to.
        type: str
      flavor:
        description: How big it is.
        type: dict
        required: true
        suboptions:
          name:
            description: The flavor's name.
            type: str
            required: true
          vcpus:
            description: Number of virtual CPUs.
            type: int
            required: true
          ram_mib:
            description: Memory in MiB.
            type: int
            required: true
          disk_gib:
            description: Root disk in GiB; 0 means as large as the image.
            type: int
            required: true
          ephemeral_gib:
            description: A second disk in GiB, empty and without a file system.
            type: int
            default: 0
          swap_mib:
            description: A swap disk in MiB.
            type: int
            default: 0
          extra_specs:
            description: Nova's extra specs.
            type: dict
            default: {}
          max_vcpus:
            description: How many virtual CPUs it can have without being powered off; as many as it has if not said.
            type: int
          max_ram_mib:
            description: How much memory it can have without being powered off; as much as it has if not said.
            type: int
      image:
        description: What its root disk starts from.
        type: dict
        required: true
        suboptions:
          name:
            description: The image's name.
            type: str
            required: true
          sha256:
            description: SHA-256 of the image file.
            type: str
            required: true
          format:
            description: Format of the image file; never guessed.
            type: str
            required: true
            choices: [qcow2, raw]
          min_disk_gib:
            description: Smallest root disk that it fits on.
            type: int
            default: 0
          properties:
            description: Nova's image properties, such as C(hw_disk_bus).
            type: dict
            default: {}
      keypair:
        description: The SSH key that the guest gets.
        type: dict
        suboptions:
          name:
            description: The keypair's name.
            type: str
            required: true
          public_key:
            description: One line as in an authorized_keys file.
            type: str
            required: true
      ports:
        description: Its NICs, in order.
        type: list
        elements: dict
        default: []
        suboptions:
          network:
            description: The network's name in the fleet.
            type: str
            required: true
          kind:
            description: Whether O(spec.ports[].source) is a libvirt network or a bridge.
            type: str
            required: true
            choices: [libvirt, bridge]
          source:
            description: The libvirt network or the bridge on the host.
            type: str
            required: true
          mac:
            description: The NIC's MAC address.
            type: str
            required: true
          fixed_ip:
            description: The address the guest is told; without it, DHCP.
            type: str
          cidr:
            description: The subnet.
            type: str
          gateway:
            description: The subnet's gateway.
            type: str
          dns:
            description: Name servers.
            type: list
            elements: str
            default: []
          mtu:
            description: The network's MTU.
            type: int
          link:
            description: C(down) where its cable is pulled; plugged in if not said.
            type: str
            choices: [down]
          subnets:
            description:
              - What the guest is told of the subnets of a network that has several, at most one of each family.
              - Each has C(cidr), C(gateway), C(dns), C(routes), C(dhcp), C(ipv6) and C(fixed_ip).
            type: list
            elements: dict
          tag:
            description: What the guest finds the NIC by in its meta data.
            type: str
          port_security:
            description: Whether packets with others' addresses are dropped on the host; not if not said.
            type: bool
      group:
        description: The server group it belongs to.
        type: dict
        suboptions:
          name:
            description: The group's name.
            type: str
            required: true
          policy:
            description: The group's policy.
            type: str
            required: true
            choices: [affinity, anti-affinity, soft-affinity, soft-anti-affinity]
          max_server_per_host:
            description: How many members may share a host under C(anti-affinity).
            type: int
            default: 1
      metadata:
        description: What the guest finds as C(meta).
        type: dict
        default: {}
      user_data_sha256:
        description: SHA-256 of the user data, where there is any.
        type: str
      claim:
        description:
          - Which CPUs, cells, pages and devices of its host the scheduler gave it.
          - Nothing in particular if it is not said.
        type: dict
      adopted:
        description: What a domain that somebody else made was when it was taken under our care.
        type: dict
      protect:
        description: Whether the host refuses to delete it.
        type: bool
        default: false
      restart_token:
        description: Any text; it was restarted since this was said. Nothing was asked for if it is not said.
        type: str
      on_delete:
        description:
          - What becomes of it when its fleet no longer declares it.
          - Set aside for some days (C(trash)) if it is not said.
        type: str
        choices: [trash, delete, keep]
      trash_days:
        description: How many days it stays in the trash; 7 if not said.
        type: int
      hostname:
        description: Its hostname; its name if not said.
        type: str
      config_drive:
        description: The file system of its config drive, or C(none); ISO 9660 if not said.
        type: str
        choices: [vfat, none]
      files:
        description: Files that the guest writes at first boot, each a C(path) and the C(sha256) of its content.
        type: list
        elements: dict
      user_data_parts:
        description: A short digest of each part of the user data, where it has several; tells which of them changed.
        type: list
        elements: str
      vendor_data_sha256:
        description: SHA-256 of the static vendor data, where there is any.
        type: str
      secrets:
        description: Keyed fingerprints of the values of secrets that it was made with, by what they are called.
        type: dict
      vendor_targets:
        description: Who is asked for dynamic vendor data (C(targets)), and whether that may fail (C(fatal)).
        type: dict
      admin_pass_sha256:
        description: SHA-256 of the administrator's first password, where there is one.
        type: str
      host_key:
        description: C(none) where no SSH host key is made for it; one is if not said.
        type: str
        choices: [none]
      guest_links:
        description: Bonds and VLANs that the guest makes itself of its NICs.
        type: list
        elements: dict
      cdrom:
        description: The medium in its CD-ROM drive beside the config drive; no such drive if not said.
        type: dict
        suboptions:
          name:
            description: The image's name.
            type: str
            required: true
          sha256:
            description: SHA-256 of the image file.
            type: str
            required: true
          format:
            description: Format of the image file.
            type: str
            required: true
            choices: [raw]
"""
