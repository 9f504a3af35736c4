# SPDX-License-Identifier: GPL-3.0-or-later
"""python3 -m metadata_service --state-dir DIR [--tokens off|optional|required]"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal

from .service import Service
from .tokens import MODES, OFF


def main():
    # type: () -> None
    """Serve until SIGTERM."""
    parser = argparse.ArgumentParser(prog="metadata_service", description="Tells the guests of this host who they are.")
    parser.add_argument("--state-dir", default="/var/lib/novalite", help="novalite's folder on this host")
    parser.add_argument("--tokens", choices=MODES, default=OFF, help="session tokens as EC2's IMDSv2")
    chosen = parser.parse_args()
    os.umask(0o077)
    asyncio.run(_serve(Service(chosen.state_dir, chosen.tokens)))


async def _serve(service):
    # type: (Service) -> None
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await service.run(stop)


if __name__ == "__main__":
    main()
