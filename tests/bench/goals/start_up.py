"""Goal 12: the command starts fast, and does not import what it does not need."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from bench import clock, fleet
from bench.figure import Figure, Goal, Settings, ratio
from bench.fleet import Shape
from bench.hypervisors import novalite

VERSION, VALIDATE = 0.35, 0.6
HEAVY = ("numpy", "ortools", "ansible_runner", "ansible")


def measure(settings: Settings) -> list[Figure]:
    """Wall of three processes, in turns."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "fleet.yml"
        path.write_text(fleet.text(1, Shape()))
        env = clock.clean_environment(XDG_CACHE_HOME=folder, ANSIBLE_LOCAL_TEMP=folder, ANSIBLE_HOME=folder)

        def wall(argv: list[str | Path]) -> float:
            return clock.run(argv, env=env).wall_s

        version, validate, ansible = clock.alternate(
            2 * settings.reps,
            lambda: wall(novalite("--version")),
            lambda: wall(novalite("validate", path)),
            lambda: wall([clock.tool("ansible-playbook"), "--version"]),
        )
        imported = _imported(path, env)
    parts = {"ansible_playbook_version_s": round(ansible, 3), "reps": 2 * settings.reps}
    return [
        Figure("start_up.version", ratio(version, ansible), VERSION, parts={"version_s": round(version, 3), **parts}),
        Figure(
            "start_up.validate", ratio(validate, ansible), VALIDATE, parts={"validate_s": round(validate, 3), **parts}
        ),
        Figure("start_up.heavy_imports", len(imported), 0, unit="modules", parts={"imported": imported}),
    ]


def _imported(path: Path, env: dict[str, str]) -> list[str]:
    """Which of the heavy modules either command imports."""
    script = (
        "import sys; from novalite.cli.main import run; run(sys.argv[1:]);"
        f"print('HEAVY', *[name for name in {HEAVY!r} if name in sys.modules])"
    )
    found: set[str] = set()
    for words in (["--version"], ["validate", str(path)]):
        said = clock.run([sys.executable, "-c", script, *words], env=env).output
        found |= set(said[said.index("HEAVY") :].split()[1:])
    return sorted(found)


GOAL = Goal(
    "start_up",
    "wall of `novalite --version`, and of `validate` on one instance / `ansible-playbook --version`; no numpy",
    measure,
    (("start_up.version", VERSION), ("start_up.validate", VALIDATE), ("start_up.heavy_imports", 0)),
)
