"""The observe playbook through ``ansible-runner transmit | worker | process``: what Receptor and AWX carry between machines.

A shard is an inventory of some of the hosts. Its private data dir holds that inventory and the collection, so a worker needs
ansible-core and ansible-runner, and nothing of ours installed.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

from novalite import resources

from . import clock
from .hypervisors import beside
from .paths import WORK


def make_shards(inventory: Path, count: int) -> list[Path]:
    """Split an inventory's hosts evenly; return a private data dir for each part."""
    hosts = json.loads(inventory.read_text())["novalite_hosts"]["hosts"]
    names = sorted(hosts)
    return [_shard(number, {name: hosts[name] for name in names[number::count]}) for number in range(count)]


def _shard(number: int, hosts: dict[str, Any]) -> Path:
    folder = WORK / f"shard-{number}"
    collection = "ansible_collections/novalite/compute"
    ignore = shutil.ignore_patterns("tests", "__pycache__")
    shutil.copytree(
        resources.collections_root() / collection, folder / "project" / "collections" / collection, ignore=ignore
    )
    (folder / "inventory").mkdir()
    (folder / "inventory" / "hosts.json").write_text(json.dumps({"novalite_hosts": {"hosts": hosts}}))
    (folder / "env").mkdir()
    (folder / "env" / "envvars").write_text(json.dumps({"ANSIBLE_FORKS": "20", "ANSIBLE_PIPELINING": "True"}))
    return folder


def observe(folders: list[Path]) -> dict[str, str]:
    """Run observe on all shards at the same time; return host -> its packed facts. Raises: ProcessError."""
    runner = beside("ansible-runner")
    processes = []
    for folder in folders:
        done, away = folder.with_suffix(".done"), folder.with_suffix(".worker")
        pipeline = (
            f"'{runner}' transmit '{folder}' --playbook novalite.compute.observe"
            f" | '{runner}' worker --private-data-dir '{away}' | '{runner}' process '{done}'"
        )
        done.mkdir()
        env = clock.clean_environment(ANSIBLE_HOME=str(WORK / "ansible-home"))
        log = (WORK / f"{folder.name}.log").open("wb")
        processes.append(
            subprocess.Popen(["bash", "-c", pipeline], env=env, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        )
    for process in processes:
        process.wait()
    return {host: packed for folder in folders for host, packed in _answers(folder.with_suffix(".done")).items()}


def _answers(done: Path) -> dict[str, str]:
    found = {}
    for path in done.glob("artifacts/*/job_events/*.json"):
        event = json.loads(path.read_text())
        data = event.get("event_data") or {}
        if event["event"] == "runner_on_ok" and "packed" in data.get("res", {}):
            found[data["host"]] = data["res"]["packed"]
    return found
