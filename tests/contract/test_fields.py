# SPDX-License-Identifier: GPL-3.0-or-later
"""One field, one home, and everything else tested equal: schema, value class, instance spec, table of changes."""

from __future__ import annotations

import json
from typing import Any

import attrs
import pytest
import yaml

from ansible_collections.novalite.compute.plugins.doc_fragments.spec import ModuleDocFragment
from ansible_collections.novalite.compute.plugins.module_utils import arguments
from contract.layers import TOP
from novalite.diff.fields import FIELDS
from novalite.model import rule_names
from novalite.model.adoption import Adoption
from novalite.model.aggregate import Aggregate
from novalite.model.cdrom import CdromDrive
from novalite.model.claim import Claim, ClaimedCell
from novalite.model.content import Content, GuestFile, VendorTargets
from novalite.model.extra_spec import HOST_ATTRIBUTES
from novalite.model.flavor import Flavor
from novalite.model.fleet import Fleet
from novalite.model.guest_link import GuestLink
from novalite.model.ignore import Ignore
from novalite.model.image import Image
from novalite.model.instance import Instance
from novalite.model.keypair import Keypair
from novalite.model.network import Network
from novalite.model.port import Port
from novalite.model.provider import SharingProvider
from novalite.model.resource import Inventory
from novalite.model.rolling import READY_KINDS, Ready, Rolling
from novalite.model.server_group import ServerGroup
from novalite.model.subnet import Subnet
from novalite.model.survival import Goal
from novalite.schedule.host import Host
from novalite.schedule.host_state import States
from novalite.schedule.named import FILTERS, WEIGHERS
from novalite.schedule.options import POLICIES, Metrics, Options
from novalite.schedule.table import HostTable
from novalite.spec.nouns.hints import READERS as HINT_READERS
from novalite.spec.nouns.scheduler import READERS as OPTION_READERS

SCHEMA = json.loads((TOP / "schemas" / "fleet.json").read_text(encoding="utf-8"))

SUBNETS = (Subnet("10.1.0.0/24"), Subnet("fd00::/64", ipv6="slaac"))
FULL = Instance(
    project="shop",
    name="web-0",
    flavor=Flavor("small", 1, 512, 4, 1, 64, {"hw:x": "y"}, 2, 1024),
    image=Image("debian", "/d.qcow2", "0" * 64, "qcow2", 1, 1, 1, {"hw_disk_bus": "virtio"}),
    ports=(
        Port(
            Network("lan", "libvirt", "default", "10.0.0.0/24", "10.0.0.1", ("10.0.0.2",), 1500, SUBNETS, True),
            "10.0.0.10",
            link="down",
            tag="front",
        ),
    ),
    keypair=Keypair("ops", "ssh-ed25519 AAAA ops"),
    group=ServerGroup("web", "anti-affinity", 2),
    metadata={"role": "web"},
    user_data=Content(b"#!", "1" * 64, ("2" * 12,)),
    availability_zone="az1",
    host="kvm-1",
    adopt=Adoption("kvm-1", "00000000-0000-4000-8000-000000000000", "old", "3" * 64),
    cdrom=CdromDrive(Image("tools", "/tools.iso", "2" * 64, "raw")),
    restart_token="2026-11-21",
    on_delete="keep",
    trash_days=30,
    hostname="www",
    config_drive="vfat",
    files=(GuestFile("/etc/motd", Content(b"hi", "4" * 64)),),
    vendor_data=Content(b"{}", "5" * 64),
    vendor_targets=VendorTargets((("site", "http://10.0.0.2/"),)),
    admin_pass=Content(b"secret", "6" * 64),
    host_key="none",
    secrets={"env:DB_PASS": "1111-222222222222"},
    guest_links=(GuestLink("bond0", (0, 1), "active-backup"),),
)
CLAIM = Claim(cells=(ClaimedCell(0, 1, (0,), (), 512),), shared_cpus=(2, 3))
SPEC = FULL.to_spec("00000000-0000-4000-8000-000000000000", "shop.web-0", ["52:00:00:00:00:01"], claim=CLAIM)

# What no plain instance has.
SELDOM = {"claim", "on_delete", "trash_days", *arguments._SELDOM}
TYPES = {"str": str, "int": int, "bool": bool, "dict": dict, "list": list}


def shape_of_options(options: dict[str, Any]) -> dict[str, Any]:
    """Return an argument spec as nested keys and types."""
    return {
        name: [shape_of_options(option["options"])]
        if option["type"] == "list" and "options" in option
        else shape_of_options(option["options"])
        if "options" in option
        else TYPES[option["type"]]
        for name, option in options.items()
    }


def shape_of_value(value: dict[str, Any], options: dict[str, Any]) -> dict[str, Any]:
    """Return a spec as nested keys and types; what the options call a free mapping is one leaf."""
    result: dict[str, Any] = {}
    for name, item in value.items():
        inner = options.get(name, {}).get("options")
        if inner is not None and isinstance(item, list):
            result[name] = [shape_of_value(item[0], inner)]
        else:
            result[name] = shape_of_value(item, inner) if inner is not None else type(item)
    return result


def test_spec_is_what_hosts_accept() -> None:
    assert shape_of_value(SPEC, arguments.SPEC) == shape_of_options(arguments.SPEC)


def test_spec_is_documented() -> None:
    def documented(options: dict[str, Any]) -> dict[str, Any]:
        return {name: documented(option.get("suboptions", {})) for name, option in options.items()}

    def accepted(options: dict[str, Any]) -> dict[str, Any]:
        return {name: accepted(option.get("options", {})) for name, option in options.items()}

    told = yaml.safe_load(ModuleDocFragment.DOCUMENTATION)["options"]["spec"]["suboptions"]
    assert documented(told) == accepted(arguments.SPEC)


def test_a_bare_instance_has_the_same_fields() -> None:
    bare = Instance(project="shop", name="web-0", flavor=FULL.flavor, image=FULL.image)
    assert set(bare.to_spec("", "", [])) == set(arguments.SPEC) - SELDOM


def test_only_what_may_be_missing_is_optional() -> None:
    for name, option in arguments.SPEC.items():
        assert option.get("required") or "default" in option or SPEC[name] is not None, name


def leaves(options: dict[str, Any], prefix: str = "") -> set[str]:
    found = set()
    for name, option in options.items():
        inner = option.get("options")
        found |= leaves(inner, f"{prefix}{name}.") if inner else {prefix + name}
    return found


def test_every_field_has_one_row_in_the_table_of_changes() -> None:
    assert set(FIELDS) == leaves(arguments.SPEC)
    assert all(row.reason for row in FIELDS.values())


# Key of the language -> attribute of the value class, where they differ. None: read elsewhere, as the comment says.
WORDS: dict[str, tuple[type, dict[str, str | None]]] = {
    "flavor": (
        Flavor,
        {
            "ram": "ram_mib",
            "disk": "disk_gib",
            "ephemeral": "ephemeral_gib",
            "swap": "swap_mib",
            "max_ram": "max_ram_mib",
        },
    ),
    "image": (Image, {"min_disk": "min_disk_gib", "min_ram": "min_ram_mib"}),
    "keypair": (Keypair, {"file": "public_key"}),
    "network": (Network, {"libvirt": "source", "bridge": "source"}),
    "server_group": (ServerGroup, {}),
    "rolling": (Rolling, {"pause": "pause_s"}),
    "ready": (Ready, {**dict.fromkeys(READY_KINDS, "checks"), "timeout": "timeout_s"}),
    "aggregate": (Aggregate, {}),
    "inventory": (Inventory, {}),
    "sharing_provider": (SharingProvider, {}),
    "goal": (Goal, {}),
    "drift_ignore": (Ignore, {}),
    "port": (Port, {}),
    "instance": (
        Instance,
        {
            "networks": "ports",
            "key": "keypair",
            "moved": "moved_from",
            "count": "launch_index",
            "scheduler_hints": "hints",
            "stop_timeout": "stop_timeout_s",
            "vendor_data_targets": "vendor_targets",
            "vendor_data_fatal": "vendor_targets",
        },
    ),
}
# Attributes that no key says: names are the keys of sections, the rest follows from something else.
DERIVED = {
    "flavor": {"name", "pci"},
    "image": {"name", "size_bytes"},
    "keypair": {"name"},
    "network": {"name", "kind"},
    "server_group": {"name", "where"},
    "rolling": {"of", "where"},
    "ready": set(),
    "aggregate": {"name"},
    "inventory": set(),
    "sharing_provider": {"name", "used"},
    "goal": set(),
    "drift_ignore": {"where"},
    "port": set(),
    "instance": {"project", "name", "where", "secrets"},
}


@pytest.mark.parametrize("noun", WORDS)
def test_schema_and_value_class_have_the_same_fields(noun: str) -> None:
    value_class, renamed = WORDS[noun]
    keys = set(SCHEMA["$defs"][noun]["properties"])
    attributes = {field.name for field in attrs.fields(value_class)} - DERIVED[noun]
    assert {renamed.get(key, key) for key in keys} == attributes


def test_sections_of_the_language_are_known() -> None:
    assert set(SCHEMA["properties"]) - {"novalite", "project", "defaults", "instances"} == {
        "flavors", "images", "keypairs", "networks", "server_groups", "aggregates", "survive", "scheduler",
        "sharing_providers", "pci_aliases", "drift_ignores",
    }  # fmt: skip
    assert {field.name for field in attrs.fields(Fleet)} >= {"project", "instances", "aggregates"}


def test_scheduler_options_are_nova_s_with_the_defaults_that_the_schema_says() -> None:
    said = SCHEMA["$defs"]["scheduler"]["properties"]
    for properties, options in ((said, Options()), (said["metrics"]["properties"], Metrics())):
        assert set(properties) == {field.name for field in attrs.fields(type(options))}
        values = {key: node["default"] for key, node in properties.items() if "default" in node}
        assert values == {key: getattr(options, key) for key in values}
    assert tuple(said["policy"]["enum"]) == POLICIES


def test_scheduler_hints_are_read_by_filters() -> None:
    assert set(SCHEMA["$defs"]["scheduler_hints"]["properties"]) == set(HINT_READERS)
    assert set(HINT_READERS.values()) | {name for names in OPTION_READERS.values() for name in names} <= set(FILTERS)
    assert set(OPTION_READERS) <= set(SCHEMA["$defs"]["scheduler"]["properties"])


def test_names_of_rules_are_those_of_the_scheduler() -> None:
    assert set(rule_names.FILTERS) | set(rule_names.ALWAYS) | set(rule_names.REMOVED_FILTERS) >= set(FILTERS)
    assert set(rule_names.FILTERS) | set(rule_names.ALWAYS) <= set(FILTERS)
    assert set(rule_names.WEIGHERS) == set(WEIGHERS)
    assert not set(rule_names.REMOVED_FILTERS) & set(rule_names.FILTERS)
    assert set(rule_names.ENABLED_FILTERS) <= set(rule_names.FILTERS)


def test_attributes_of_hosts_are_those_that_filters_know() -> None:
    assert set(States(HostTable([Host("a")])).of(0)) == HOST_ATTRIBUTES


def test_defaults_accept_what_instances_accept() -> None:
    instance = set(SCHEMA["$defs"]["instance"]["properties"])
    assert instance - set(SCHEMA["$defs"]["defaults"]["properties"]) == {
        "adopt",
        "count",
        "extra_xml",
        "hostname",
        "moved",
        "rolling",
    }


def objects(node: Any, path: str = "") -> list[tuple[str, dict[str, Any]]]:
    """Return every schema that has properties, and where it is."""
    is_schema = not path.endswith(("/$defs", "/properties"))  # images have a key that is itself called "properties"
    found = [(path, node)] if is_schema and isinstance(node, dict) and "properties" in node else []
    items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    return found + [one for key, item in items for one in objects(item, f"{path}/{key}")]


def test_every_key_is_described_and_unknown_ones_are_refused() -> None:
    undescribed = []
    for path, node in objects(SCHEMA):
        closed = node.get("additionalProperties") is False or node.get("unevaluatedProperties") is False
        # Branches of oneOf and of if/then only narrow an object that is closed above them.
        assert closed or any(part in path for part in ("/oneOf/", "/anyOf/", "/allOf/", "/if", "/then", "/else")), path
        undescribed += [
            f"{path}/{key}"
            for key, item in node["properties"].items()
            if closed and "description" not in item and "$ref" not in json.dumps(item)
        ]
    assert not undescribed


@pytest.mark.parametrize("path", sorted((TOP / "schemas").glob("*.json")), ids=lambda path: path.name)
def test_schema_files_are_of_their_draft(path: Any) -> None:
    import jsonschema

    jsonschema.Draft202012Validator.check_schema(json.loads(path.read_text(encoding="utf-8")))


def test_server_group_policies_are_the_same_everywhere() -> None:
    from novalite.model.server_group import POLICIES

    assert list(POLICIES) == arguments.GROUP["policy"]["choices"]
    assert list(POLICIES) == SCHEMA["$defs"]["server_group"]["properties"]["policy"]["enum"]
