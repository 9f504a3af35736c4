# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs in Nova's environment: asks Nova's own filters, weighers and selection, and answers in JSON.

In: ``{"singles": [...], "batches": [...]}``; out: ``{"singles": [...], "batches": [...]}`` in the same order. A single
is hosts, aggregates, options, one request, and the names of the rules to ask; its answer holds, for each filter, a bool
for each host, and for each weigher raw and normalised values and multipliers. A rule that raises answers with the
exception's name. A batch holds the hosts that the other side chose: for each of its requests the answer tells the hosts
that pass, with Nova's weights, and then books the other side's choice, so that both stay in step.

Nothing of Nova is changed, but for the places where it would ask a database.
"""

import contextlib
import datetime
import json
import logging
import os
import sys

os.environ["OS_NOVA_DISABLE_EVENTLET_PATCHING"] = "true"
logging.disable(logging.WARNING)

import nova.conf  # noqa: E402
from nova import config, context, objects, weights  # noqa: E402
from nova.objects import pci_device_pool  # noqa: E402
from nova.scheduler import filters as host_filters  # noqa: E402
from nova.scheduler import host_manager, manager  # noqa: E402
from nova.scheduler import weights as host_weights  # noqa: E402
from oslo_utils import timeutils  # noqa: E402

CONF = nova.conf.CONF
CELLS = {name: f"00000000-0000-4000-8000-{index:012d}" for index, name in enumerate(("a", "b", "c"))}


class Hosts(host_manager.HostManager):
    """A host manager that asks no database for cells and aggregates."""

    def refresh_cells_caches(self):
        self.cells, self.enabled_cells = {}, []

    def _init_aggregates(self):
        """There are none."""


# ---- values --------------------------------------------------------------------------------------------------------


def host_state(said, aggregates):
    """One host of ours as Nova's scheduler would know it."""
    now = datetime.datetime.now(datetime.UTC)

    def amounts(name):
        found = said["inventories"].get(name, {})
        return found.get("total", 0), found.get("reserved", 0), said["used"].get(name, 0)

    cpus, _, cpus_used = amounts("VCPU")
    memory, memory_reserved, memory_used = amounts("MEMORY_MB")
    disk, disk_reserved, disk_used = amounts("DISK_GB")
    own = {"num_instances": said["num_instances"], "io_workload": said["io_ops"]}
    own["failed_builds"] = said["failed_builds"]
    stats = {name: value if isinstance(value, str) else json.dumps(value) for name, value in said["stats"].items()}
    metrics = [
        {"name": name, "value": value, "timestamp": "2026-01-01T00:00:00.000000", "source": "x"}
        for name, value in said["metrics"].items()
    ]
    compute = objects.ComputeNode(
        uuid=said["uuid"], host=said["name"], hypervisor_hostname=said["name"], updated_at=None,
        host_ip=said["address"], memory_mb=memory, free_ram_mb=memory - memory_reserved - memory_used,
        vcpus=cpus, vcpus_used=cpus_used, local_gb=disk, free_disk_gb=disk - disk_reserved - disk_used,
        disk_available_least=None, local_gb_used=disk_used, numa_topology=None,
        pci_device_pools=device_pools(said["pci"]),
        hypervisor_type=said["hypervisor_type"], hypervisor_version=said["hypervisor_version"],
        cpu_info=json.dumps(said["cpu_info"]),
        supported_hv_specs=[objects.HVSpec(arch=a, hv_type=h, vm_mode=m) for a, h, m in said["supported"]],
        stats={**stats, **{name: str(value) for name, value in own.items()}}, metrics=json.dumps(metrics),
        cpu_allocation_ratio=said["inventories"].get("VCPU", {}).get("allocation_ratio", 1.0),
        ram_allocation_ratio=1.0, disk_allocation_ratio=1.0,
    )  # fmt: skip
    seen = timeutils.utcnow() if said["up"] else timeutils.utcnow() - datetime.timedelta(days=10)
    service = {"disabled": not said["enabled"], "host": said["name"], "binary": "nova-compute"}
    service |= {"last_seen_up": seen, "created_at": now}
    state = host_manager.HostState(said["name"], said["name"], CELLS[said["cell"] or "a"])
    mine = [objects.Aggregate(name=a["name"], metadata=a["metadata"], hosts=a["hosts"]) for a in aggregates]
    mine = [aggregate for aggregate in mine if said["name"] in aggregate.hosts]
    guests = {guest["uuid"]: instance(guest) for guest in said["residents"]}
    state.update(compute=compute, service=service, aggregates=mine, inst_dict=guests)
    state.allocation_candidates = [{"allocations": {}, "mappings": {}}]  # devices are not in Placement
    return state


def instance(said):
    stored = {f"image_{name}": value for name, value in said["image_properties"].items()}
    return objects.Instance(uuid=said["uuid"], system_metadata=stored, image_ref="")


def request_spec(ctx, said, group):
    amounts = said["resources"]
    flavor = objects.Flavor(
        id=1, flavorid=said["flavor"], name=said["flavor"], vcpus=amounts.get("VCPU", 0),
        memory_mb=amounts.get("MEMORY_MB", 0), root_gb=amounts.get("DISK_GB", 0), ephemeral_gb=0, swap=0,
        extra_specs=dict(said["extra_specs"]), is_public=True, rxtx_factor=1.0, vcpu_weight=0, disabled=False,
        projects=[], description=None,
    )  # fmt: skip
    properties = objects.ImageMetaProps.from_dict(dict(said["image_properties"]))
    image = objects.ImageMeta(id=said["image"], name=said["image"], properties=properties, min_ram=0, min_disk=0)
    cell = said.get("from_cell")
    destination = None
    if cell:
        mapping = objects.CellMapping(uuid=CELLS[cell], name=cell)
        destination = objects.Destination(cell=mapping, allow_cross_cell_move=True)
    return objects.RequestSpec(
        context=ctx, num_instances=1, flavor=flavor, image=image, project_id=said["project"], user_id="u",
        availability_zone=None, instance_uuid=said["uuid"], instance_group=group, numa_topology=None,
        pci_requests=objects.InstancePCIRequests(requests=device_requests(said["pci"])),
        ignore_hosts=None, force_hosts=None, force_nodes=None,
        retry=None, limits=objects.SchedulerLimits(), scheduler_hints=dict(said["hints"]),
        requested_destination=destination, requested_resources=[], request_level_params=objects.RequestLevelParams(),
        security_groups=objects.SecurityGroupList(), requested_networks=objects.NetworkRequestList(objects=[]),
        is_bfv=False,
    )  # fmt: skip


def device_pools(said):
    """Free devices of one kind are one pool; a host without any reports none."""
    found = [
        pci_device_pool.PciDevicePool(
            vendor_id=pool["vendor_id"], product_id=pool["product_id"], numa_node=pool["numa_node"],
            tags={**pool["tags"], "dev_type": pool["device_type"]}, count=pool["free"],
        )
        for pool in said
    ]  # fmt: skip
    return pci_device_pool.PciDevicePoolList(objects=found)


def device_requests(said):
    return [
        objects.InstancePCIRequest(
            count=asked["count"], spec=asked["specs"], alias_name=asked["alias"], request_id=None, numa_policy="legacy"
        )
        for asked in said
    ]


def server_group(said):
    """``members`` are UUIDs, ``hosts`` those on which members live."""
    if said is None:
        return None
    rules = {"max_server_per_host": said["max_server_per_host"]} if said["policy"] == "anti-affinity" else {}
    return objects.InstanceGroup(
        uuid=said["uuid"], name=said["name"], policy=said["policy"], policies=[said["policy"]], rules=rules,
        members=list(said["members"]), hosts=list(said["hosts"]),
    )  # fmt: skip


# ---- one rule at a time --------------------------------------------------------------------------------------------


@contextlib.contextmanager
def options(overrides):
    """Nova's configuration as one case says it: "group.option" -> value."""
    for name, value in overrides.items():
        group, option = name.split(".")
        CONF.set_override(option, value, group=group)
    try:
        yield
    finally:
        for name in overrides:
            group, option = name.split(".")
            CONF.clear_override(option, group=group)


def attempt(answer):
    try:
        return answer()
    except Exception as error:  # whatever a rule raises is its answer
        return {"error": type(error).__name__, "message": str(error)[:200]}


class Asker:
    """All filters and weighers of this Nova, by name."""

    def __init__(self):
        self.context = context.RequestContext(user_id="u", project_id="p", is_admin=True)
        self.filters = {rule.__name__: rule for rule in host_filters.all_filters()}
        self.weighers = {rule.__name__: rule for rule in host_weights.all_weighers()}
        self.manager = manager.SchedulerManager.__new__(manager.SchedulerManager)
        self.manager.host_manager = Hosts()

    def single(self, case):
        with options(case["options"]):
            states = [host_state(said, case["aggregates"]) for said in case["hosts"]]
            spec = request_spec(self.context, case["request"], server_group(case["request"]["group"]))
            return {
                "filters": {name: attempt(lambda n=name: self.filter(n, states, spec)) for name in case["filters"]},
                "weighers": {name: attempt(lambda n=name: self.weigh(n, states, spec)) for name in case["weighers"]},
            }

    def filter(self, name, states, spec):
        rule = self.filters[name]()
        passed = {state.host for state in rule.filter_all(states, spec)}
        return [state.host in passed for state in states]

    def weigh(self, name, states, spec):
        rule = self.weighers[name]()
        held = [host_weights.WeighedHost(state, 0.0) for state in states]
        raw = [rule._weigh_object(state, spec) for state in states]  # before it is clamped
        clamped = rule.weigh_objects(held, spec)
        normal = list(weights.normalize(clamped, minval=rule.minval, maxval=rule.maxval))
        return {"raw": raw, "normalised": normal, "multiplier": [rule.weight_multiplier(state) for state in states]}

    # ---- the whole selection ---------------------------------------------------------------------------------------

    def batch(self, case):
        with options(case["options"]):
            self.manager.host_manager = Hosts()
            states = {said["name"]: host_state(said, case["aggregates"]) for said in case["hosts"]}
            room = Room(case["hosts"])
            groups = {said["name"]: server_group(said) for said in case["groups"]}
            return [self.step(states, room, groups, said) for said in case["requests"]]

    def step(self, states, room, groups, said):
        group = groups.get(said["group"]["name"]) if said["group"] else None
        spec = request_spec(self.context, said, group)
        # What Placement would leave over; the rest is Nova's.
        left = [state for name, state in states.items() if room.takes(name, said)]
        passed = list(self.manager.host_manager.get_filtered_hosts(left, spec, 0))
        weighed = self.manager.host_manager.get_weighed_hosts(passed, spec)
        choice = self.manager._get_sorted_hosts(spec, left, 0)
        if said["chosen"] is not None:
            room.book(said["chosen"], said)
            chosen = states[said["chosen"]]
            self.manager._consume_selected_host(chosen, spec, instance_uuid=spec.instance_uuid)
            if group is not None:
                group.members.append(spec.instance_uuid)
        return {
            "weights": {one.obj.host: one.weight for one in weighed},
            "nova": choice[0].host if choice else None,
        }


class Room:
    """Placement's part where there is nothing but hosts: capacity, units, traits, zones."""

    def __init__(self, hosts):
        self.hosts = {said["name"]: said for said in hosts}
        self.used = {said["name"]: dict(said["used"]) for said in hosts}

    def takes(self, name, request):
        host, used = self.hosts[name], self.used[name]
        for resource, amount in request["resources"].items():
            held = host["inventories"].get(resource)
            if held is None or used.get(resource, 0) + amount > self._capacity(held):
                return False
            if not held["min_unit"] <= amount <= held["max_unit"] or amount % held["step_size"]:
                return False
        if request["zone"] is not None and request["zone"] != host["zone"]:
            return False
        has = set(host["traits"])
        return set(request["required"]) <= has and not set(request["forbidden"]) & has

    @staticmethod
    def _capacity(held):
        return (held["total"] - held["reserved"]) * held["allocation_ratio"]

    def book(self, name, request):
        for resource, amount in request["resources"].items():
            self.used[name][resource] = self.used[name].get(resource, 0) + amount


def no_database():
    """What Nova would read from its database: cells by UUID, and the guests' metadata, which is there already."""
    objects.CellMapping.get_by_uuid = staticmethod(lambda _ctx, uuid: objects.CellMapping(uuid=uuid))
    context.target_cell = lambda ctx, _cell: contextlib.nullcontext(ctx)
    objects.InstanceList.fill_metadata = lambda _self: None


def main():
    config.parse_args(["nova"], default_config_files=[])
    logging.disable(logging.WARNING)
    objects.register_all()
    CONF.set_override("service_down_time", 100_000)
    CONF.set_override("track_instance_changes", False, group="filter_scheduler")
    no_database()
    said = json.load(sys.stdin)
    asker = Asker()
    answer = {
        "filters": sorted(asker.filters),
        "weighers": sorted(asker.weighers),
        "singles": [attempt(lambda c=case: asker.single(c)) for case in said["singles"]],
        "batches": [attempt(lambda c=case: asker.batch(c)) for case in said["batches"]],
    }
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    main()
