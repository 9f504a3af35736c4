# SPDX-License-Identifier: GPL-3.0-or-later
"""Values of secrets are in the guest's config drive, and nowhere else: not even for a moment."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from integration.guest import SILENT, domains, observed
from integration.watch import Watch, holders

if TYPE_CHECKING:
    from integration.command import Controller

pytestmark = pytest.mark.libvirt

FLEET = (
    "novalite: 1\nproject: shop\n"
    + SILENT
    + """
instances:
  db:
    count: COUNT
    flavor: speck
    image: bootsector
    power: shutoff
    user_data:
      awkward: [{secret: {env: QUOTES}}, {secret: {env: LINES}}, {secret: {env: WORDS}}]
      of_file: {secret: {file: secret.txt}}
      vault: {secret: {vault: vault/secrets.yml, key: password}}
      command: {secret: {command: [cat, COMMANDED]}}
    files: {/etc/db.conf: {secret: {env: RAW}}}
    vendor_data: {site: {token: {secret: {env: VENDOR}}, name: lab}}
    admin_pass: {secret: {env: ADMIN}}
"""
)
KEY = {"NOVALITE_SECRETS_KEY": "the key of fingerprints"}


def canary() -> str:
    return f"canary{uuid.uuid4().hex}"


class Values:
    """What the guest is to read, and where the controller has it from."""

    def __init__(self, controller: Controller) -> None:
        self.env = {
            "QUOTES": f"{canary()} \" ' \\ \\n # &a *a !b %",
            "LINES": f"two\nlines: {canary()}\n\ttab, \x07 and \U0001f600 Grüße\n",
            "RAW": f'[db]\npassword = {canary()}\t"quoted" \U0001f600\n',
            "VENDOR": f'"}} {canary()} \\ \U0001f600',
            "ADMIN": f"pass word {canary()} '",
            "WORDS": f"{{{{ 7 * 7 }}}} {canary()} {{% x %}} $(id) `id`",
        }
        self.file, self.vault, self.command = (f"{canary()} of a {kind}" for kind in ("file", "vault", "command"))
        (controller.fleet / "secret.txt").write_text(self.file + "\n")
        self.commanded = controller.folder / "commanded"
        self.commanded.write_text(self.command)
        password = controller.folder / "password"
        password.write_text("vault password")
        encrypt = [Path(sys.executable).with_name("ansible-vault"), "encrypt"]
        vault = controller.fleet / "vault" / "secrets.plain"
        vault.parent.mkdir()
        vault.write_text(yaml.safe_dump({"password": self.vault}))
        subprocess.run(
            [*encrypt, "--vault-password-file", password, "--output", vault.with_suffix(".yml"), vault],
            check=True,
            capture_output=True,
            env=controller.environment(),
        )
        vault.unlink()
        self.given = {**self.env, "ANSIBLE_VAULT_PASSWORD_FILE": str(password), "NOVALITE_SECRET_COMMANDS": "1"}

    def sources(self, controller: Controller) -> set[str]:
        return {str(self.commanded), str(controller.fleet / "secret.txt")}

    def canaries(self) -> list[bytes]:
        """The random part of each value, which no escaping changes."""
        import re

        texts = [*self.env.values(), self.file, self.vault, self.command]
        return [match.group().encode() for text in texts if (match := re.search(r"canary[0-9a-f]{32}", text))]

    def read_by_guest(self) -> dict[str, Any]:
        awkward = [self.env["QUOTES"], self.env["LINES"], self.env["WORDS"]]
        return {"awkward": awkward, "of_file": self.file, "vault": self.vault, "command": self.command}


def config_drive(lab: Any, instance: dict[str, Any]) -> Path:
    found: Path = lab.state_dir(instance["host"]) / "instances" / instance["uuid"] / "disk.config"
    return found


def file_of_drive(path: Path, name: str) -> bytes:
    import pycdlib

    drive, out = pycdlib.PyCdlib(), io.BytesIO()
    drive.open(str(path))
    drive.get_file_from_iso_fp(out, rr_path=f"/{name}")
    drive.close()
    return out.getvalue()


def temporary(lab: Any, controller: Controller) -> list[Path]:
    """Where Ansible and we keep what lives as long as a run, on the controller and on hosts."""
    on_hosts = [
        lab.root(host) / name for host in lab.hosts for name in ("tmp", "run/ansible", "root/.ansible", "var/tmp")
    ]
    return [*on_hosts, controller.home, *Path(os.environ.get("TMPDIR", "/tmp")).glob("novalite-*")]


def test_secrets_are_in_the_config_drive_and_nowhere_else(controller: Controller, lab: Any) -> None:
    values = Values(controller)
    fleet = FLEET.replace("COMMANDED", str(values.commanded))
    controller.declare(fleet.replace("COUNT", "1"))

    refused = controller.novalite("apply", "--yes", expect=3, **{**values.given, "NOVALITE_SECRET_COMMANDS": "0"})
    assert "NV0181" in refused.err
    assert "secret command:cat" in refused.err
    assert domains(lab) == {host: [] for host in lab.hosts}

    plan = controller.folder / "plan.json"
    shown = controller.novalite("plan", "-o", str(plan), **values.given, **KEY)
    assert "secret env:QUOTES (fingerprint " in shown.out
    with Watch(values.canaries(), list(values.env), temporary(lab, controller)) as watch:
        applied = controller.run("apply", str(plan), "-i", str(controller.inventory), "--json", "--yes", **values.given)
        assert applied.status == 0, applied.out + applied.err
        # Without pipelining, as Ansible is without a configuration, and as loud as it can be.
        controller.declare(fleet.replace("COUNT", "2"))
        loud = {
            "ANSIBLE_VERBOSITY": "4",
            "ANSIBLE_DEBUG": "1",
            "ANSIBLE_LOG_PATH": str(controller.folder / "ansible.log"),
        }
        played = controller.playbook("novalite.compute.apply", f"fleet={controller.fleet}", **values.given, **loud)
    assert watch.found == set()
    assert watch.rounds > 10

    drives = set()
    for instance in observed(controller).values():
        path = config_drive(lab, instance)
        drives.add(str(path))
        private = [path, path.with_name("metadata.json")]
        assert [one.stat().st_mode & 0o777 for one in private] == [0o600, 0o600]
        assert yaml.safe_load(file_of_drive(path, "openstack/latest/user_data")) == values.read_by_guest()
        assert file_of_drive(path, "openstack/content/0000").decode() == values.env["RAW"]
        vendor = json.loads(file_of_drive(path, "openstack/latest/vendor_data.json"))
        assert vendor["site"] == {"token": values.env["VENDOR"], "name": "lab"}
        assert json.loads(file_of_drive(path, "openstack/latest/meta_data.json"))["admin_pass"] == values.env["ADMIN"]
    assert len(drives) == 2
    hosts = [lab.state_dir(host).parent for host in lab.hosts]
    said = controller.folder / "said"
    said.write_text("".join(done.out + done.err for done in (refused, shown, applied, played)))
    assert holders([controller.folder, *hosts], values.canaries()) == drives | values.sources(controller)

    changed = {**values.given, "QUOTES": "another one"}
    told = controller.novalite("plan", "--json", **changed, **KEY)
    (line,) = [change for change in json.loads(told.out)["changes"] if change["fields"]]
    assert line["name"] == "db-0"  # db-1 was born without a key
    assert line["summary"] == "the value of secret env:QUOTES changed"
