"""Nova with the real Placement: nova_placement.py HOSTS PLACEMENTS [SECONDS]; one JSON line.

Candidates, filters, weighers and claims for each placement; Placement in process (its own ``PlacementDirect``) on
SQLite in memory, without HTTP: this favours Nova. Only public classes are called.
"""

import json
import logging
import os
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "nova"))
os.environ["OS_NOVA_DISABLE_EVENTLET_PATCHING"] = "true"
logging.disable(logging.WARNING)

import nova.conf  # noqa: E402
import nova_scheduler as world  # noqa: E402
from nova import config, context, objects  # noqa: E402
from nova.scheduler import manager  # noqa: E402
from nova.scheduler import utils as scheduler_utils  # noqa: E402
from nova.scheduler.client import report  # noqa: E402
from placement import direct  # noqa: E402
from placement_in_memory import configuration  # noqa: E402


def load(client, states):
    """Tell Placement of every host."""
    for uuid, state in states.items():
        answer = client.post("/resource_providers", json={"name": state.host, "uuid": uuid})
        assert answer.status_code in (200, 201), answer.text
        inventories = {
            "VCPU": {"total": world.CPUS, "allocation_ratio": 4.0, "max_unit": world.CPUS},
            "MEMORY_MB": {"total": world.MEMORY_MIB, "max_unit": world.MEMORY_MIB},
            "DISK_GB": {"total": world.DISK_GIB, "max_unit": world.DISK_GIB},
        }
        body = {"resource_provider_generation": 0, "inventories": inventories}
        answer = client.put(f"/resource_providers/{uuid}/inventories", json=body)
        assert answer.status_code == 200, answer.text


def place(scheduler, client, ctx, states, wanted):
    """One placement, as the scheduler's manager makes it."""
    asked = scheduler_utils.resources_from_request_spec(ctx, wanted, scheduler.host_manager)
    candidates, summaries, version = client.get_allocation_candidates(ctx, asked)
    of_provider = {}
    for candidate in candidates:
        for uuid in candidate["allocations"]:
            of_provider.setdefault(uuid, []).append(candidate)
    hosts = [states[uuid] for uuid in summaries]
    for host in hosts:
        host.allocation_candidates = of_provider[host.uuid]
    for host in scheduler._get_sorted_hosts(wanted, hosts, 0):
        if scheduler_utils.claim_resources(
            ctx, client, wanted, wanted.instance_uuid, host.allocation_candidates[0],
            allocation_request_version=version,
        ):  # fmt: skip
            scheduler._consume_selected_host(host, wanted, instance_uuid=wanted.instance_uuid)
            return
    raise AssertionError("no host")


def main():
    count, placements = int(sys.argv[1]), int(sys.argv[2])
    deadline = float(sys.argv[3]) if len(sys.argv) > 3 else 1e9
    config.parse_args(["bench"], default_config_files=[])
    logging.disable(logging.WARNING)
    objects.register_all()
    nova.conf.CONF.set_override("service_down_time", 100_000)
    nova.conf.CONF.set_override("track_instance_changes", False, group="filter_scheduler")
    ctx = context.RequestContext(user_id="u", project_id="p", is_admin=True)
    scheduler = manager.SchedulerManager.__new__(manager.SchedulerManager)
    scheduler.host_manager = world.Hosts()
    states = world.host_states(count)
    with direct.PlacementDirect(configuration(), latest_microversion=True) as session:
        load(session, states)
        client = report.SchedulerReportClient(adapter=session)
        deadline += time.monotonic()
        started = time.process_time()
        placed = 0
        while placed < placements and time.monotonic() < deadline:
            place(scheduler, client, ctx, states, world.request(ctx, placed))
            placed += 1
        seconds = time.process_time() - started
    print(json.dumps({"placed": placed, "cpu_ms_each": round(1000 * seconds / placed, 2), "per_s": placed / seconds}))


if __name__ == "__main__":
    main()
