# SPDX-License-Identifier: GPL-3.0-or-later
"""module_utils/deadline.py, and what is done about a QEMU that never answers."""

from __future__ import annotations

import threading

import pytest

from ansible_collections.novalite.compute.plugins.module_utils import host_info, instance, libvirt_connection, power
from ansible_collections.novalite.compute.plugins.module_utils.deadline import call_in_time
from ansible_collections.novalite.compute.plugins.module_utils.host_error import HostError
from ansible_collections.novalite.compute.plugins.module_utils.libvirt_connection import Connection


def test_a_call_in_time_is_an_ordinary_call():
    assert call_in_time(lambda: 3, 5, "x") == 3
    with pytest.raises(KeyError):
        call_in_time(lambda: {}["no"], 5, "x")


def test_a_call_that_is_late_is_given_up():
    for_ever = threading.Event()
    with pytest.raises(HostError, match="web-0 hangs in 0") as caught:
        call_in_time(for_ever.wait, 0.01, "web-0 hangs")
    assert caught.value.id == "deadline"
    for_ever.set()


class Wedged:
    """A libvirt in which one domain's QEMU never answers; it stands for connection and domain."""

    def __init__(self):
        self.calls, self.answer = [], threading.Event()

    def getType(self):  # noqa: N802
        return "QEMU"

    def lookupByUUID(self, _uuid):  # noqa: N802
        return self

    def UUID(self):  # noqa: N802
        return b"u"

    def name(self):
        return "shop.web-0"

    def __getattr__(self, name):
        def call(*_arguments):
            self.calls.append(name)
            self.answer.wait(20)

        return call


@pytest.fixture
def wedged(monkeypatch):
    pytest.importorskip("libvirt")
    for name in ("PRESS_S", "CHANGE_S", "START_S", "SAVE_S"):
        monkeypatch.setattr(libvirt_connection, name, 0.02)
    stub = Wedged()
    yield stub
    stub.answer.set()


def test_what_changes_a_wedged_domain_ends_with_its_name(wedged):
    connection = Connection(wedged)
    for change in (connection.destroy, connection.undefine, connection.start, connection.pause, connection.save):
        with pytest.raises(HostError, match=r"shop\.web-0: .* did not end") as caught:
            change(wedged)
        assert caught.value.id == "deadline"


def test_a_power_button_that_does_not_come_back_is_not_pressed_again(wedged, monkeypatch):
    connection = Connection(wedged)
    monkeypatch.setattr(power, "_PRESS_AGAIN_S", 0.01)
    monkeypatch.setattr(power, "_TICK_S", 0.01)
    monkeypatch.setattr(Connection, "power", lambda *_: "running")
    host = type("Host", (), {"connection": connection})
    assert not power._ask(host, wedged, 0.2)
    assert wedged.calls == ["shutdownFlags"]


def test_calls_that_never_came_back_do_not_hold_up_others(wedged, monkeypatch):
    """libvirtd reads only five calls at a time from one connection."""
    opened = []
    monkeypatch.setattr(libvirt_connection, "_open", lambda _uri: opened.append(Wedged()) or opened[-1])
    connection = Connection(wedged, "qemu:///system")
    for _ in range(7):
        assert not connection.press_power_button(wedged)
    assert wedged.calls == []
    assert len(opened) == 7
    for one in opened:
        one.answer.set()


def test_a_connection_that_came_back_is_used_again(wedged, monkeypatch):
    opened = []
    monkeypatch.setattr(libvirt_connection, "CHANGE_S", 5)
    monkeypatch.setattr(libvirt_connection, "_open", lambda _uri: opened.append(Wedged()) or opened[-1])
    wedged.answer.set()
    connection = Connection(wedged, "qemu:///system")
    for _ in range(3):
        if opened:
            opened[0].answer.set()
        else:
            threading.Timer(0.05, lambda: opened[0].answer.set()).start()
        connection.destroy(wedged)
    assert len(opened) == 1


def test_looking_at_a_host_ends_too(host, monkeypatch):
    stop, seen = threading.Event(), []
    monkeypatch.setattr(host_info, "LOOK_S", 0.05)
    monkeypatch.setattr(host_info, "collect_facts", lambda *_: seen.append(stop.wait(20)))
    with pytest.raises(HostError) as caught:
        host_info.ensure(host, {"config": {}, "packed": False, "wait_s": 0})
    assert (caught.value.id, seen) == ("deadline", [])  # it still looks
    stop.set()


def test_one_wedged_domain_leaves_the_other_steps_alone(apply, make_spec, monkeypatch):
    specs = [make_spec("web-0"), make_spec("web-1")]
    steps = [{"action": "create", "name": spec["name"], "spec": spec} for spec in specs]
    apply(*[{**step, "power": "running", "virt_type": "test", "contents": {}} for step in steps])
    destroy = Connection.destroy

    def wedged_destroy(self, domain):
        if domain.name() == "shop.web-0":
            raise HostError("deadline", "shop.web-0: destroy did not end")
        destroy(self, domain)

    monkeypatch.setattr(Connection, "destroy", wedged_destroy)
    deletes = [{"action": "delete", "name": spec["name"], "uuid": spec["uuid"], "disks": []} for spec in specs]
    for step, spec in zip(deletes, specs, strict=True):
        step["disks"] = [f"{apply.host.state_dir}/instances/{spec['uuid']}/disk"]
    result = apply(*deletes)
    assert [step["outcome"] for step in result["steps"]] == ["failed", "done"]
    assert "shop.web-0" in result["steps"][0]["error"]["message"]
    assert instance.volume.missing_disks(apply.host.state_dir, specs[0]) == []
