"""Side by side: Ganeti's hspace, which places equal instances on a simulated cluster one after the other."""

from __future__ import annotations

from bench import clock, peers, placing
from bench.figure import Figure, Goal, Settings, ratio

HOSTS = 100
SHORT, LONG = 10, 210
# CPUs, MiB and MiB of disk of one node; what one instance takes.
NODE, INSTANCE = "10485760,524288,128,10", "20480,2048,1"


def measure(settings: Settings) -> list[Figure]:
    """CPU time of one placement: the slope between two lengths, without start-up; ours at the same number of hosts."""
    peers.need_system("ganeti")
    ours, short, long = clock.alternate(
        settings.heavy_reps,
        lambda: float(placing.ours(HOSTS, LONG, "--reps", "5", "--groups", "0")["per_s"]),
        lambda: _seconds(SHORT),
        lambda: _seconds(LONG),
    )
    theirs = (LONG - SHORT) / (long - short)
    parts = {"hosts": HOSTS, "ours_per_s": round(ours), "hspace_per_s": round(theirs, 1)}
    return [Figure("schedule_ganeti", ratio(ours, theirs), None, "higher", parts=parts)]


def _seconds(instances: int) -> float:
    argv = [
        "hspace", f"--simulate=p,{HOSTS},{NODE}", "--disk-template=plain", "--standard-alloc", INSTANCE,
        "-l", str(instances), "--machine-readable=yes",
    ]  # fmt: skip
    done = clock.run(argv, env=clock.clean_environment(LC_ALL="C.UTF-8"))
    placed = next(line for line in done.output.splitlines() if line.startswith("HTS_ALLOC_INSTANCES="))
    if placed != f"HTS_ALLOC_INSTANCES={instances}":
        raise clock.ProcessError(f"hspace was to place {instances}: {placed}")
    return done.cpu_s


GOAL = Goal(
    "schedule_ganeti",
    "placements per CPU second at 100 hosts / those of Ganeti's hspace",
    measure,
    (("schedule_ganeti", None),),
    better="higher",
)
