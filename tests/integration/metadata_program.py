# SPDX-License-Identifier: GPL-3.0-or-later
"""The metadata service on a host of the lab, which has no systemd: started as its unit would, with its powers only."""

from __future__ import annotations

import re
import shutil
import time
from pathlib import Path
from typing import Any

COLLECTION = Path(__file__).resolve().parents[2] / "collections/ansible_collections/novalite/compute"
PROGRAM = COLLECTION / "plugins/module_utils/metadata_service"
UNIT = COLLECTION / "roles/host/templates/novalite-metadata.service.j2"
FOLDER = "/var/lib/novalite/program"


def said(key: str, **values: str) -> str:
    """Return what the unit says of a key."""
    [line] = re.findall(rf"^{key}=(.*)$", UNIT.read_text(), re.MULTILINE)
    for name, value in values.items():
        line = line.replace("{{ " + name + " }}", value)
    assert "{{" not in line
    return str(line)


class MetadataProgram:
    """One that runs on a host, until ``stop``."""

    def __init__(self, lab: Any, host: str, tokens: str = "off") -> None:
        self.lab, self.host = lab, host
        to = lab.state_dir(host) / "program" / "metadata_service"
        shutil.copytree(PROGRAM, to, ignore=shutil.ignore_patterns("__pycache__"), dirs_exist_ok=True)
        command = said("ExecStart", novalite_state_dir="/var/lib/novalite", novalite_metadata_service_tokens=tokens)
        powers = ",".join("+" + word.lower()[4:] for word in said("CapabilityBoundingSet").split())
        limited = f"setsid setpriv --no-new-privs --bounding-set=-all,{powers} --inh-caps=-all {command}"
        self.pid = lab.run(host, ["sh", "-c", f"cd {FOLDER} && {limited} >{FOLDER}/log 2>&1 & echo $!"]).strip()

    def log(self) -> str:
        """Return what it told its host so far."""
        return str(self.lab.run(self.host, ["cat", f"{FOLDER}/log"]))

    def is_there(self) -> bool:
        """Tell whether it runs."""
        return bool(self.lab.attempt(self.host, ["kill", "-0", self.pid]).returncode == 0)

    def stop(self) -> None:
        """End it, as systemd would, and wait until it has taken everything away."""
        if not self.is_there():
            return
        self.lab.run(self.host, ["kill", self.pid])
        deadline = time.monotonic() + 10
        while self.is_there():
            assert time.monotonic() < deadline, self.log()
            time.sleep(0.1)
