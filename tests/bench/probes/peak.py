"""Runs a command from a small process and says its peak memory: peak.py COMMAND...; the last line is ``PEAK KiB``.

Linux counts the memory of whoever called exec as the new program's, so a large parent hides what a child takes.
"""

import os
import sys

pid = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ)
_, status, usage = os.wait4(pid, 0)
print(f"\nPEAK {usage.ru_maxrss}", flush=True)
sys.exit(os.waitstatus_to_exitcode(status))
