# SPDX-License-Identifier: GPL-3.0-or-later
"""A table of rows for each pre-filter: what it adds to a shape, and when it says nothing."""

from __future__ import annotations

from typing import Any

import attrs
import pytest

from builders import make_flavor, make_host, make_instance
from novalite.model.aggregate import Aggregate
from novalite.model.placement import Placement, Unplaced
from novalite.schedule import prefilters
from novalite.schedule.host import Host
from novalite.schedule.named import PREFILTERS, filter_hosts, prefilter_shape
from novalite.schedule.options import Options
from novalite.schedule.prefilters import LEFT_OUT, Context
from novalite.schedule.relax import advise
from novalite.schedule.request import Group, Shape, requests_from_instances
from novalite.schedule.select import select
from novalite.schedule.table import HostTable

TENANTS = Options(limit_tenants_to_placement_aggregate=True)
STRICT = Options(limit_tenants_to_placement_aggregate=True, placement_aggregate_required_for_tenants=True)
ISOLATED = Options(enable_isolated_aggregate_filtering=True)
IMAGE_TYPES = Options(query_placement_for_image_type_support=True)
SHOPS = (
    Aggregate("a", (), {"filter_tenant_id": "shop"}),
    Aggregate("b", (), {"filter_tenant_id_2": "shop", "filter_tenant_id": "bank"}),
    Aggregate("c", (), {"filter_tenant_id": "bank", "owner": "shop"}),  # Nova would take this one too
    Aggregate("d", (), {"filter_tenant_id": "shop,bank"}),  # not a list here, as in Nova
)
TRAITS = (
    Aggregate("x", (), {"trait:CUSTOM_X": "required"}),
    Aggregate("xy", (), {"trait:CUSTOM_X": "required", "trait:CUSTOM_Y": "required"}),
    Aggregate("z", (), {"trait:CUSTOM_Z": "forbidden", "CUSTOM_Z": "required"}),
)
X = frozenset({"CUSTOM_X"})
ENCRYPTED = {"COMPUTE_EPHEMERAL_ENCRYPTION"}


def image(**properties: str) -> dict[str, Any]:
    return {"image_properties": tuple(sorted(properties.items()))}


def flavor(**specs: str) -> dict[str, Any]:
    return {"extra_specs": tuple(sorted((key.replace("__", ":"), value) for key, value in specs.items()))}


def requires(*traits: str) -> dict[str, Any]:
    return {"root_required": frozenset(traits)}


# pre-filter, options, aggregates, shape, what changes in it (None: nothing to say), part of the reason
ROWS: list[tuple[str, Options, tuple[Aggregate, ...], dict[str, Any], dict[str, Any] | None, str]] = [
    ("require_tenant_aggregate", Options(), SHOPS, {"project": "shop"}, None, ""),
    (
        "require_tenant_aggregate",
        TENANTS,
        SHOPS,
        {"project": "shop", "member_of": (X,)},
        {"member_of": (X, frozenset({"a", "b"}))},
        "project shop: a, b",
    ),
    ("require_tenant_aggregate", TENANTS, SHOPS, {"project": "other"}, {}, "any host"),
    ("require_tenant_aggregate", STRICT, SHOPS, {"project": "other"}, {"member_of": (frozenset(),)}, "one is required"),
    ("map_az_to_placement_aggregate", Options(), (), {}, None, ""),
    ("map_az_to_placement_aggregate", Options(), (), {"zone": "az1"}, {}, "zone az1"),
    ("require_image_type_support", Options(), (), {"image_format": "qcow2"}, None, ""),
    ("require_image_type_support", IMAGE_TYPES, (), {"image_format": ""}, None, ""),
    (
        "require_image_type_support",
        IMAGE_TYPES,
        (),
        {"image_format": "qcow2", "required": X},
        requires("COMPUTE_IMAGE_TYPE_QCOW2"),
        "COMPUTE_IMAGE_TYPE_QCOW2",
    ),
    (
        "compute_status_filter",
        Options(),
        (),
        {"forbidden": X},
        {"root_forbidden": frozenset({"COMPUTE_STATUS_DISABLED"})},
        "forbids COMPUTE_STATUS_DISABLED",
    ),
    ("isolate_aggregates", Options(), TRAITS, {}, None, ""),
    ("isolate_aggregates", ISOLATED, TRAITS, {}, {"not_member_of": frozenset({"x", "xy"})}, "x, xy"),
    ("isolate_aggregates", ISOLATED, TRAITS, {"required": X}, {"not_member_of": frozenset({"xy"})}, "xy"),
    (
        "isolate_aggregates",
        ISOLATED,
        TRAITS,
        {"root_required": X},
        {"not_member_of": frozenset({"x", "xy"})},
        "x, xy",
    ),
    (
        "isolate_aggregates",
        ISOLATED,
        TRAITS,
        {"required": X, "groups": (Group("_A", required=frozenset({"CUSTOM_Y"})),)},
        None,
        "",
    ),
    ("transform_image_metadata", Options(), (), image(os_type="linux"), None, ""),
    (
        "transform_image_metadata",
        Options(image_metadata_prefilter=False),
        (),
        image(hw_disk_bus="scsi"),
        None,
        "",
    ),
    (
        "transform_image_metadata",
        Options(),
        (),
        image(hw_disk_bus="scsi", hw_cdrom_bus="sata", hw_vif_model="ne2k_pci", hw_video_model="none"),
        requires(
            "COMPUTE_STORAGE_BUS_SCSI",
            "COMPUTE_STORAGE_BUS_SATA",
            "COMPUTE_NET_VIF_MODEL_NE2K_PCI",
            "COMPUTE_GRAPHICS_MODEL_NONE",
        ),
        "COMPUTE_STORAGE_BUS_SCSI",
    ),
    (
        "transform_image_metadata",
        Options(),
        (),
        image(
            hw_architecture="x86_64",
            hw_emulation_architecture="aarch64",
            hw_viommu_model="intel",
            hw_firmware_type="uefi",
        ),
        requires("HW_ARCH_X86_64", "COMPUTE_ARCH_AARCH64", "COMPUTE_VIOMMU_MODEL_INTEL", "COMPUTE_FIRMWARE_UEFI"),
        "COMPUTE_VIOMMU_MODEL_INTEL",
    ),
    ("accelerators_filter", Options(), (), {}, None, ""),
    (
        "accelerators_filter",
        Options(),
        (),
        flavor(accel__device_profile="p"),
        requires("COMPUTE_ACCELERATORS"),
        "COMPUTE_ACCELERATORS",
    ),
    ("packed_virtqueue_filter", Options(), (), flavor(hw__virtio_packed_ring="no"), None, ""),
    (
        "packed_virtqueue_filter",
        Options(),
        (),
        flavor(hw__virtio_packed_ring="true"),
        requires("COMPUTE_NET_VIRTIO_PACKED"),
        "PACKED",
    ),
    (
        "packed_virtqueue_filter",
        Options(),
        (),
        image(hw_virtio_packed_ring="on"),
        requires("COMPUTE_NET_VIRTIO_PACKED"),
        "PACKED",
    ),
    ("ephemeral_encryption_filter", Options(), (), flavor(hw__ephemeral_encryption_format="luks"), None, ""),
    ("ephemeral_encryption_filter", Options(), (), image(hw_ephemeral_encryption="yes"), requires(*ENCRYPTED), "ENCR"),
    (
        "ephemeral_encryption_filter",
        Options(),
        (),
        flavor(hw__ephemeral_encryption="true") | image(hw_ephemeral_encryption_format="luksv2"),
        requires(*ENCRYPTED, "COMPUTE_EPHEMERAL_ENCRYPTION_LUKSV2"),
        "LUKSV2",
    ),
    ("virtio_sound_filter", Options(), (), image(hw_sound_model="ich9"), None, ""),
    (
        "virtio_sound_filter",
        Options(),
        (),
        flavor(hw__sound_model="virtio"),
        requires("COMPUTE_SOUND_MODEL_VIRTIO"),
        "SOUND",
    ),
    ("tpm_secret_security_filter", Options(), (), flavor(hw__tpm_secret_security="host"), None, ""),
    (
        "tpm_secret_security_filter",
        Options(),
        (),
        flavor(hw__tpm_secret_security="user") | image(hw_tpm_version="2.0", hw_tpm_secret_security="host"),
        requires("COMPUTE_SECURITY_TPM_SECRET_SECURITY_USER"),
        "USER",
    ),
    ("tpm_secret_security_filter", Options(), (), flavor(hw__tpm_version="2.0"), None, ""),  # Nova: the user's
    (
        "tpm_secret_security_filter",
        Options(),
        (),
        flavor(hw__tpm_version="2.0", hw__tpm_secret_security="deployment"),
        requires("COMPUTE_SECURITY_TPM_SECRET_SECURITY_DEPLOYMENT"),
        "DEPLOYMENT",
    ),
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_prefilter(row: tuple[Any, ...]) -> None:
    """Each row: by Nova's name, on a plain shape."""
    name, options, aggregates, fields, change, reason = row
    shape, context, rule = Shape(**fields), Context(options, aggregates), PREFILTERS[name]
    assert rule.applies(shape, context) is (change is not None)
    found = prefilter_shape(name, shape, options=options, aggregates=aggregates)
    assert found == attrs.evolve(shape, **(change or {}))
    if change is not None:
        assert reason in rule.why(shape, context)


def test_every_prefilter_has_rows() -> None:
    """One that is added without rows fails here."""
    assert set(PREFILTERS) == {row[0] for row in ROWS}


def test_novas_order_and_what_is_left_out() -> None:
    """The order of nova/scheduler/request_filter.py; three of the fourteen need a cloud."""
    assert [rule.NAME for rule in prefilters.ALL] == [
        "require_tenant_aggregate",
        "map_az_to_placement_aggregate",
        "require_image_type_support",
        "compute_status_filter",
        "isolate_aggregates",
        "transform_image_metadata",
        "accelerators_filter",
        "packed_virtqueue_filter",
        "ephemeral_encryption_filter",
        "virtio_sound_filter",
        "tpm_secret_security_filter",
    ]
    assert set(LEFT_OUT) == {"routed_networks_filter", "remote_managed_ports_filter", "owner_nova_filter"}
    assert len(LEFT_OUT) + len(PREFILTERS) == 14


def test_all_of_them_after_each_other() -> None:
    """Each sees what those before it added; and says so for explanations."""
    context = Context(ISOLATED, TRAITS)
    shape = Shape(zone="az1", image_properties=(("hw_disk_bus", "virtio"),))
    assert prefilters.run(shape, context) == attrs.evolve(
        shape,
        not_member_of=frozenset({"x", "xy"}),
        root_required=frozenset({"COMPUTE_STORAGE_BUS_VIRTIO"}),
    )
    assert prefilters.reasons(shape, context) == [
        ("map_az_to_placement_aggregate", "zone az1, see AvailabilityZoneFilter"),
        ("compute_status_filter", "leaves it to ComputeFilter"),
        ("isolate_aggregates", "keeps off the isolated aggregates x, xy"),
        ("transform_image_metadata", "requires COMPUTE_STORAGE_BUS_VIRTIO"),
    ]


def test_hosts_that_are_disabled_say_so_with_a_trait() -> None:
    """And nobody else does: without ComputeFilter they are still kept off; with it they are refused once."""
    off, on = make_host("kvm-1", config={"enabled": False}), make_host("kvm-2")
    assert ("COMPUTE_STATUS_DISABLED" in off.traits, "COMPUTE_STATUS_DISABLED" in on.traits) == (True, False)
    options = Options(enabled_filters=())
    (request,) = requests_from_instances([make_instance()], Context(options))
    table = HostTable([off, on], options=options)
    assert [placement.host for placement in select(table, [request]) if isinstance(placement, Placement)] == ["kvm-2"]
    (request,) = requests_from_instances([make_instance()])
    assert [dict(item.refused) for item in select(HostTable([off]), [request]) if isinstance(item, Unplaced)] == [
        {"ComputeFilter": 1}
    ]
    advice = advise(HostTable([off]), request)
    assert advice is not None
    assert [change.kind for change in advice.changes] == ["enable"]


def test_request_groups_are_no_wish_for_aggregates() -> None:
    """Nova takes group_policy for one where AggregateInstanceExtraSpecsFilter is on, and refuses every host."""
    flavor_ = make_flavor(extra_specs={"group_policy": "isolate", "same_subtree": "_A", "resources_A:VCPU": "1"})
    (request,) = requests_from_instances([make_instance(flavor=flavor_)])
    assert filter_hosts("AggregateInstanceExtraSpecsFilter", [Host("a")], request) == [True]
