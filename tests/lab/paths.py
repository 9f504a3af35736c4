"""Where the lab keeps things: all below .dev/ of the checkout, but for what the kernel wants short."""

from __future__ import annotations

import hashlib
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
DEV = CHECKOUT / ".dev"
IMAGES = DEV / "images"
LAB = DEV / "lab"

# Two checkouts on one machine may each have a lab: names in the kernel carry four digits of the path.
LAB_ID = hashlib.sha256(str(CHECKOUT).encode()).hexdigest()[:4]

# UNIX sockets end at 107 bytes, and a checkout's path may be longer than that alone.
SOCKETS = Path("/tmp") / f"nvl-{LAB_ID}"  # made with mode 0700, by whoever runs the lab
