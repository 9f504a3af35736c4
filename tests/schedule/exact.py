# SPDX-License-Identifier: GPL-3.0-or-later
"""The best batch by CP-SAT, with a model of its own: one boolean for each instance and host that suits it."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from ortools.sat.python import cp_model

if TYPE_CHECKING:
    from schedule.checker import Judge


class Exact:
    """``most`` instances can be placed, and these on ``fewest`` hosts."""

    def __init__(self, judge: Judge) -> None:
        self.judge = judge
        self.most = round(self._solve(None))
        self.fewest = round(self._solve(self.most))

    def _solve(self, placed: int | None) -> float:
        model = cp_model.CpModel()
        chosen = {
            (name, host): model.new_bool_var("")
            for name, request in self.judge.requests.items()
            for host in self.judge.hosts
            if not any(self.judge.unsuited(request, host))
        }
        for name in self.judge.requests:
            model.add_at_most_one(variable for (who, _), variable in chosen.items() if who == name)
        self._room(model, chosen)
        self._groups(model, chosen)
        if placed is None:
            model.maximize(sum(chosen.values()))
        else:
            used = {host: model.new_bool_var("") for host in self.judge.hosts}
            for (_, host), variable in chosen.items():
                model.add_implication(variable, used[host])
            model.add(sum(chosen.values()) == placed)
            model.minimize(sum(used.values()))
        solver = cp_model.CpSolver()
        solver.parameters.num_workers = 1
        status = solver.solve(model)
        assert status == cp_model.OPTIMAL, solver.status_name(status)
        return solver.objective_value

    def _room(self, model: cp_model.CpModel, chosen: dict[tuple[str, str], Any]) -> None:
        for name, host in self.judge.hosts.items():
            for resource, held in host.inventories.items():
                room = (held.total - held.reserved) * held.allocation_ratio - host.used.get(resource, 0)
                taken = [
                    dict(self.judge.requests[who].shape.resources).get(resource, 0) * variable
                    for (who, where), variable in chosen.items()
                    if where == name
                ]
                model.add(sum(taken) <= max(int(room // 1), 0))

    def _groups(self, model: cp_model.CpModel, chosen: dict[tuple[str, str], Any]) -> None:
        there: dict[tuple[str, str], list[Any]] = defaultdict(list)
        groups = {}
        for (who, host), variable in chosen.items():
            group = self.judge.requests[who].group
            if group is not None:
                groups[group.name] = group
                there[group.name, host].append(variable)
        for name, group in groups.items():
            before = self.judge.members.get(name, {})
            homes = {host: model.new_bool_var("") for host in self.judge.hosts}
            for host, home in homes.items():
                variables = there[name, host]
                if group.policy == "anti-affinity":
                    model.add(sum(variables) <= max(group.max_server_per_host - before.get(host, 0), 0))
                elif group.policy == "affinity":
                    model.add(sum(variables) <= len(variables) * home)
                    if any(before.values()) and not before.get(host):
                        model.add(home == 0)
            if group.policy == "affinity" and not any(before.values()):
                model.add_at_most_one(homes.values())
