"""Where the lab keeps things: all below .dev/ of the checkout, but for what the kernel wants short."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
DEV = CHECKOUT / ".dev"
IMAGES = DEV / "images"

# Tests that run in several processes have a lab in each: the first has that of ./dev lab, and they differ in all else.
_WORKER = os.environ.get("PYTEST_XDIST_WORKER", "gw0")
_SUFFIX = "" if _WORKER == "gw0" else f"-{_WORKER}"
LAB = DEV / f"lab{_SUFFIX}"

# Several labs on one machine: names in the kernel carry four digits of the path.
LAB_ID = hashlib.sha256(f"{CHECKOUT}{_SUFFIX}".encode()).hexdigest()[:4]

# UNIX sockets end at 107 bytes, and a checkout's path may be longer than that alone.
SOCKETS = Path("/tmp") / f"nvl-{LAB_ID}"  # made with mode 0700, by whoever runs the lab
