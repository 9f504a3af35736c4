# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs in Nova's environment: asks the real Placement for allocation candidates, and answers in JSON.

In: ``{"worlds": [{"providers", "queries"}, ...]}``; out: ``{"worlds": [[answer, ...], ...]}``: for each query the list
of its candidates, each ``{provider: {class: amount}}`` by names, or ``{"error": status, "message"}``. Placement runs in
process (its own ``PlacementDirect``) on SQLite in memory; the providers of one world are deleted before the next.
"""

import json
import logging
import os
import sys
import uuid
from urllib.parse import urlencode

os.environ["OS_NOVA_DISABLE_EVENTLET_PATCHING"] = "true"
logging.disable(logging.CRITICAL)

from placement import direct  # noqa: E402
from placement_in_memory import configuration  # noqa: E402


class World:
    """The providers of one case, by name."""

    def __init__(self, client, said):
        self.client, self.uuids, self.generations = client, {}, {}
        self.order = [provider["name"] for provider in said]
        for provider in said:
            self.create(provider)

    def create(self, said):
        """A provider with what it has; a parent stands before its children."""
        name = said["name"]
        body = {"name": name, "uuid": str(uuid.uuid5(uuid.NAMESPACE_DNS, name))}
        if said["parent"]:
            body["parent_provider_uuid"] = self.uuids[said["parent"]]
        answer = self.call("post", "/resource_providers", body).json()
        self.uuids[name], self.generations[name] = answer["uuid"], answer["generation"]
        if said["inventories"]:
            # Whatever its units, all that is used was allocated once.
            roomy = {key: {"total": 10_000} for key in said["inventories"]}
            self.put(name, "inventories", {"inventories": roomy})
            used = {key: amount for key, amount in said["used"].items() if amount}
            if used:
                self.allocate(name, used)
            self.put(name, "inventories", {"inventories": said["inventories"]})
        if said["traits"]:
            self.put(name, "traits", {"traits": said["traits"]})
        if said["aggregates"]:
            self.put(name, "aggregates", {"aggregates": said["aggregates"]})

    def allocate(self, name, used):
        body = {"allocations": {self.uuids[name]: {"resources": used}}, "project_id": "p", "user_id": "u"}
        body |= {"consumer_generation": None, "consumer_type": "INSTANCE"}
        self.call("put", f"/allocations/{self.consumer(name)}", body)
        found = self.call("get", f"/resource_providers/{self.uuids[name]}").json()
        self.generations[name] = found["generation"]

    def consumer(self, name):
        return str(uuid.uuid5(uuid.NAMESPACE_URL, name))

    def put(self, name, what, body):
        body = {**body, "resource_provider_generation": self.generations[name]}
        answer = self.call("put", f"/resource_providers/{self.uuids[name]}/{what}", body)
        self.generations[name] = answer.json()["resource_provider_generation"]

    def call(self, verb, path, body=None):
        answer = getattr(self.client, verb)(path, **({"json": body} if body is not None else {}))
        assert answer.status_code < 300, f"{verb} {path}: {answer.status_code} {answer.text}"
        return answer

    def ask(self, query):
        """The candidates, by names."""
        answer = self.client.get("/allocation_candidates?" + urlencode([tuple(pair) for pair in query]))
        if answer.status_code != 200:
            return {"error": answer.status_code, "message": answer.text[:300]}
        names = {found: name for name, found in self.uuids.items()}
        return [
            {names[found]: part["resources"] for found, part in candidate["allocations"].items()}
            for candidate in answer.json()["allocation_requests"]
        ]

    def close(self):
        for name in reversed(self.order):
            self.client.delete(f"/allocations/{self.consumer(name)}")
            self.call("delete", f"/resource_providers/{self.uuids[name]}")


def main():
    said = json.load(sys.stdin)
    worlds = []
    with direct.PlacementDirect(configuration(), latest_microversion=True) as client:
        for trait in said["traits"]:
            client.put(f"/traits/{trait}")
        for resource in said["classes"]:
            client.put(f"/resource_classes/{resource}")
        for one in said["worlds"]:
            world = World(client, one["providers"])
            worlds.append([world.ask(query) for query in one["queries"]])
            world.close()
    json.dump({"worlds": worlds}, sys.stdout)


if __name__ == "__main__":
    main()
