"""The whole ``novalite plan --snapshot`` process on generated files."""

from __future__ import annotations

import contextlib
import json
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from schedule import plan_judge

from . import clock, fleet
from .fleet import Shape
from .hypervisors import novalite
from .paths import BENCH
from .snapshot import snapshot_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .clock import Run


@dataclass(frozen=True)
class Planning:
    """A fleet and a snapshot on disk, and a cache of its own."""

    folder: Path

    @property
    def fleet(self) -> Path:
        """The fleet's file, or its folder."""
        folder = self.folder / "fleet"
        return folder if folder.is_dir() else self.folder / "fleet.yml"

    @property
    def cache(self) -> Path:
        """What novalite remembers of files it read."""
        return self.folder / "cache"

    def plan(self, *, cold: bool = False, peak: bool = False) -> Run:
        """Plan once, writing the plan's file; ``cold``: nothing is remembered, ``peak``: with its memory."""
        with tempfile.TemporaryDirectory(dir=self.folder) as fresh:
            cache = Path(fresh) if cold else self.cache
            argv = novalite(
                "plan", self.fleet, "--snapshot", self.folder / "snapshot.json", "-o", self.folder / "plan.json"
            )
            return clock.run(argv, env=clock.clean_environment(XDG_CACHE_HOME=str(cache)), peak=peak)

    def summary(self) -> dict[str, int]:
        """The counts of the plan that was written."""
        return dict(json.loads((self.folder / "plan.json").read_text())["summary"])

    def planned(self) -> dict[str, object]:
        """The plan that was written."""
        return dict(json.loads((self.folder / "plan.json").read_text()))

    def wrongs(self) -> list[str]:
        """What a checker that shares no code with the engine finds wrong with the plan that was written."""
        return plan_judge.wrongs(self.planned(), json.loads((self.folder / "snapshot.json").read_text()))


@contextlib.contextmanager
def files(instances: int, hosts: int, *, placed: bool, shape: Shape | None = None) -> Iterator[Planning]:
    """A fleet of so many instances, and a snapshot of so many hosts that hold all of them, or none."""
    BENCH.mkdir(parents=True, exist_ok=True)
    shape = shape or Shape()
    with tempfile.TemporaryDirectory(prefix="plan-", dir=BENCH) as name:
        folder = Path(name)
        if instances <= fleet.PER_FILE:
            (folder / "fleet.yml").write_text(fleet.text(instances, shape))
        else:
            (folder / "fleet").mkdir()
            for index, part in enumerate(fleet.texts(instances, shape)):
                (folder / "fleet" / f"part-{index}.yml").write_text(part)
        (folder / "snapshot.json").write_text(snapshot_text(hosts, instances if placed else 0, shape))
        yield Planning(folder)
