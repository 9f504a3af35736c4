# SPDX-License-Identifier: GPL-3.0-or-later
"""The history: intents before, results after, and no host call without an intent."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from novalite.apply.events import Report, StepReport
from novalite.apply.history import History, history_path
from novalite.errors import NovaliteError
from novalite.model.plan import Plan, Step

PLAN = Plan(
    project="shop",
    fleet="sha256:0",
    changes=(),
    waves=((Step(id="s0001", host="kvm-1", action="create", name="web", body={"secret": "never stored"}),),),
    relied={},
)


def begin(history: History) -> int:
    return history.begin(PLAN, "sha256:1", actor="me@here", now="2026-01-02T03:04:05+00:00", summary={"create": 1})


def test_intents_then_results(tmp_path: Path) -> None:
    history = History(tmp_path / "state" / "history.db")
    number = begin(history)
    assert history.entries()[0].outcome is None
    assert [step["outcome"] for step in history.steps(number)] == [None]
    done = Report("sha256:1", (StepReport("s0001", "kvm-1", "create", "web", "done", seconds=1.5),), (), seconds=2.0)
    history.end(number, done, now="2026-01-02T03:04:07+00:00")
    entry = history.entries()[0]
    assert (entry.outcome, entry.actor, entry.project, entry.summary) == ("done", "me@here", "shop", {"create": 1})
    assert history.steps(number)[0]["outcome"] == "done"


def test_only_the_owner_reads_it_and_bodies_are_not_in_it(tmp_path: Path) -> None:
    history = History(tmp_path / "history.db")
    begin(history)
    assert stat.S_IMODE(history.path.stat().st_mode) == 0o600
    assert b"never stored" not in b"".join(path.read_bytes() for path in tmp_path.iterdir())


def test_newest_first_and_limited(tmp_path: Path) -> None:
    history = History(tmp_path / "history.db")
    numbers = [begin(history) for _ in range(3)]
    assert [entry.id for entry in history.entries(2)] == [numbers[2], numbers[1]]


def test_several_begin_at_once_with_no_history_yet(tmp_path: Path) -> None:
    """Each waits its turn: before, one in ten was told that the database is locked, and began nothing."""
    workers = 4
    for number in range(25):
        history = History(tmp_path / str(number) / "history.db")
        together = Barrier(workers)

        def one(history: History = history, together: Barrier = together) -> int:
            together.wait()
            return begin(history)

        with ThreadPoolExecutor(workers) as pool:
            begun = [pool.submit(one) for _ in range(workers)]
            assert sorted(each.result() for each in begun) == list(range(1, workers + 1))


def test_nothing_is_begun_without_an_intent(tmp_path: Path) -> None:
    damaged = tmp_path / "history.db"
    damaged.write_bytes(b"this is no database" * 100)
    with pytest.raises(NovaliteError, match="nothing is begun") as caught:
        begin(History(damaged))
    assert caught.value.proceed


def test_a_full_disk_stops_before_the_first_host(tmp_path: Path) -> None:
    history = History(Path("/dev/full") / "history.db")
    with pytest.raises(NovaliteError, match="nothing is begun"):
        begin(history)


def test_a_newer_format_is_refused(tmp_path: Path) -> None:
    import sqlite3

    history = History(tmp_path / "history.db")
    begin(history)
    database = sqlite3.connect(history.path)
    database.execute("PRAGMA user_version = 99")
    database.close()
    with pytest.raises(NovaliteError, match="newer novalite"):
        begin(history)


def test_where_it_is() -> None:
    assert history_path({"XDG_STATE_HOME": "/s"}) == Path("/s/novalite/history.db")
    assert history_path({"HOME": "/h"}) == Path("/h/.local/state/novalite/history.db")


def test_no_history_is_empty(tmp_path: Path) -> None:
    assert History(tmp_path / "none.db").entries() == []
