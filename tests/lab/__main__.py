"""Makes both `python -m lab` and `python tests/lab` run the lab's command line."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lab.command import main

raise SystemExit(main())
