"""Nova's own filters, weighers and claims, in process: nova_scheduler.py HOSTS PLACEMENTS [SECONDS]; one JSON line.

Its real HostState, RequestSpec and HostManager with the default filters and all weighers; no database, no messages, so
this favours Nova. Only its public classes are called.
"""

import datetime
import json
import logging
import os
import sys
import time
import uuid

os.environ["OS_NOVA_DISABLE_EVENTLET_PATCHING"] = "true"
logging.disable(logging.WARNING)

import nova.conf  # noqa: E402
from nova import config, context, objects  # noqa: E402
from nova.scheduler import host_manager, manager  # noqa: E402
from oslo_utils import timeutils  # noqa: E402

FLAVORS = ((1, 2048, 20), (2, 4096, 40), (4, 8192, 80))
MEMORY_MIB, DISK_GIB, CPUS = 512 * 1024, 10_000, 128


class Hosts(host_manager.HostManager):
    """A host manager that asks no database for cells and aggregates."""

    def refresh_cells_caches(self):
        self.cells, self.enabled_cells = {}, []

    def _init_aggregates(self):
        """There are none."""


def host_state(index, cell, now):
    name = f"kvm-{index:04d}"
    supported = [objects.HVSpec(arch="x86_64", hv_type="kvm", vm_mode="hvm")]
    compute = objects.ComputeNode(
        uuid=str(uuid.uuid4()), host=name, hypervisor_hostname=name, updated_at=now, host_ip="192.0.2.1",
        memory_mb=MEMORY_MIB, free_ram_mb=MEMORY_MIB, vcpus=CPUS, vcpus_used=0,
        local_gb=DISK_GIB, free_disk_gb=DISK_GIB, disk_available_least=DISK_GIB, local_gb_used=0,
        numa_topology=None, pci_device_pools=None, hypervisor_type="QEMU", hypervisor_version=7002000,
        cpu_info="{}", supported_hv_specs=supported, stats={}, metrics="[]",
        cpu_allocation_ratio=4.0, ram_allocation_ratio=1.0, disk_allocation_ratio=1.0,
    )  # fmt: skip
    service = {
        "disabled": False,
        "host": name,
        "binary": "nova-compute",
        "last_seen_up": timeutils.utcnow(),
        "created_at": now,
    }
    state = host_manager.HostState(name, name, cell)
    state.update(compute=compute, service=service, aggregates=[], inst_dict={})
    return state


def host_states(count):
    """UUID -> host."""
    now, cell = datetime.datetime.now(datetime.UTC), str(uuid.uuid4())
    return {state.uuid: state for state in (host_state(index, cell, now) for index in range(count))}


def request(ctx, index):
    vcpus, memory, disk = FLAVORS[index % len(FLAVORS)]
    flavor = objects.Flavor(
        id=index % 3, flavorid=f"f{index % 3}", name=f"f{index % 3}", vcpus=vcpus, memory_mb=memory, root_gb=disk,
        ephemeral_gb=0, swap=0, extra_specs={}, is_public=True, rxtx_factor=1.0, vcpu_weight=0, disabled=False,
        projects=[], description=None,
    )  # fmt: skip
    image = objects.ImageMeta(id=str(uuid.uuid4()), properties=objects.ImageMetaProps(), min_ram=0, min_disk=0)
    return objects.RequestSpec(
        context=ctx, num_instances=1, flavor=flavor, image=image, project_id="p", user_id="u", availability_zone=None,
        instance_uuid=str(uuid.uuid4()), instance_group=None, numa_topology=None,
        pci_requests=objects.InstancePCIRequests(requests=[]), ignore_hosts=None, force_hosts=None, force_nodes=None,
        retry=None, limits=objects.SchedulerLimits(), scheduler_hints={}, requested_destination=None,
        requested_resources=[], request_level_params=objects.RequestLevelParams(), is_bfv=False,
        security_groups=objects.SecurityGroupList(), requested_networks=objects.NetworkRequestList(objects=[]),
    )  # fmt: skip


def main():
    count, placements = int(sys.argv[1]), int(sys.argv[2])
    config.parse_args(["bench"], default_config_files=[])
    logging.disable(logging.WARNING)
    objects.register_all()
    nova.conf.CONF.set_override("service_down_time", 100_000)
    nova.conf.CONF.set_override("track_instance_changes", False, group="filter_scheduler")
    ctx = context.RequestContext(user_id="u", project_id="p", is_admin=True)
    scheduler = manager.SchedulerManager.__new__(manager.SchedulerManager)
    scheduler.host_manager = Hosts()
    states = list(host_states(count).values())
    deadline = time.monotonic() + (float(sys.argv[3]) if len(sys.argv) > 3 else 1e9)
    started = time.process_time()
    placed = 0
    while placed < placements and time.monotonic() < deadline:
        wanted = request(ctx, placed)
        best = scheduler._get_sorted_hosts(wanted, states, 0)[0]
        scheduler._consume_selected_host(best, wanted, instance_uuid=wanted.instance_uuid)
        placed += 1
    seconds = time.process_time() - started
    line = {"placed": placed, "cpu_ms_each": round(1000 * seconds / placed, 2), "per_s": placed / seconds}
    line["filters"] = len(scheduler.host_manager.enabled_filters)
    print(json.dumps(line | {"weighers": len(scheduler.host_manager.weighers)}))


if __name__ == "__main__":
    main()
