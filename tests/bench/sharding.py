"""The playbooks through ``ansible-runner transmit | worker | process``: what Receptor and AWX carry between machines.

A shard is an inventory of some of the hosts. Its private data dir holds that inventory, the collection and the slices
of the plan, so a worker has ansible-core and ansible-runner, and nothing of ours.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from typing import TYPE_CHECKING, Any

from novalite import resources
from novalite.apply.slice_files import write_slices

from . import clock, peers
from .paths import WORK

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

COLLECTION = "ansible_collections/novalite/compute"
# Relative paths are taken from the project folder, wherever the worker unpacks it.
VARIABLES = {"ANSIBLE_COLLECTIONS_PATH": "collections", "ANSIBLE_FORKS": "20", "ANSIBLE_PIPELINING": "True"}


def make_shards(inventory: Path, count: int) -> list[Path]:
    """Split an inventory's hosts evenly; return a private data dir for each part."""
    hosts = json.loads(inventory.read_text())["novalite_hosts"]["hosts"]
    names = sorted(hosts)
    return [_shard(number, {name: hosts[name] for name in names[number::count]}) for number in range(count)]


def _shard(number: int, hosts: dict[str, Any]) -> Path:
    folder = WORK / f"shard-{number}"
    ignore = shutil.ignore_patterns("tests", "__pycache__")
    target = folder / "project" / "collections" / COLLECTION
    shutil.copytree(resources.collections_root() / COLLECTION, target, ignore=ignore)
    (folder / "inventory").mkdir()
    (folder / "inventory" / "hosts.json").write_text(json.dumps({"novalite_hosts": {"hosts": hosts}}))
    (folder / "env").mkdir()
    (folder / "env" / "envvars").write_text(json.dumps(VARIABLES))
    return folder


def observe(folders: Sequence[Path]) -> dict[str, dict[str, Any]]:
    """Run observe on all shards at the same time; return each host's result."""
    return _run(folders, "observe", "")


def apply(folders: Sequence[Path], plan: Path) -> dict[str, dict[str, Any]]:
    """Apply a plan of one wave on all shards at the same time; return each host's result."""
    content = plan.read_bytes()
    document = json.loads(content)
    for folder in folders:
        write_slices(folder / "project" / "slices", content)
    return _run(folders, "apply", f"-e slices=slices -e waves={len(document['waves'])}")


def _run(folders: Sequence[Path], name: str, variables: str) -> dict[str, dict[str, Any]]:
    processes = [_start(folder, name, variables) for folder in folders]
    for process in processes:
        process.wait()
    return {host: result for folder in folders for host, result in _results(folder.with_suffix(f".{name}")).items()}


def _start(folder: Path, name: str, variables: str) -> subprocess.Popen[bytes]:
    ours, worker = clock.tool("ansible-runner"), peers.tool("worker", "ansible-runner")
    done, away = folder.with_suffix(f".{name}"), folder.with_suffix(f".{name}-worker")
    pipeline = (
        f"'{ours}' transmit '{folder}' --playbook novalite.compute.{name} --cmdline '{variables}'"
        f" | PATH='{worker.parent}:'$PATH '{worker}' worker --private-data-dir '{away}' | '{ours}' process '{done}'"
    )
    done.mkdir()
    env = clock.clean_environment(ANSIBLE_HOME=str(WORK / "ansible-home"))
    with (WORK / f"{folder.name}.{name}.log").open("wb") as log:
        return subprocess.Popen(["bash", "-c", pipeline], env=env, stdout=log, stderr=log, stdin=subprocess.DEVNULL)


def _results(done: Path) -> dict[str, dict[str, Any]]:
    """Return host -> the result of the last task that did not skip it."""
    events = sorted(
        (json.loads(path.read_text()) for path in done.glob("artifacts/**/job_events/*.json")),
        key=lambda event: event["counter"],
    )
    return {
        event["event_data"]["host"]: event["event_data"]["res"]
        for event in events
        if event["event"] in ("runner_on_ok", "runner_on_failed", "runner_on_unreachable")
    }
