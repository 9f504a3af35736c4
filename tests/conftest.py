# SPDX-License-Identifier: GPL-3.0-or-later
"""What all tests share: the option that rewrites golden files, and the lab's fixtures."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

if (Path(__file__).parent / "lab" / "fixtures.py").is_file():
    pytest_plugins = ["lab.fixtures"]

# What tests say of user data must not depend on whether cloud-init is installed here; those of its schema name one.
os.environ["NOVALITE_CLOUD_INIT_SCHEMA"] = "none"

# No deadline: a slow machine is not a wrong answer. The same examples everywhere, so that a failure can be repeated.
settings.register_profile(
    "novalite", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow], max_examples=60
)
settings.register_profile("long", deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=2000)
settings.load_profile("novalite")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="write what the code says now into the golden files")


@pytest.fixture
def update_golden(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--update-golden"))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what tests measured (``record_property("measured", ...)``), whichever process they ran in."""
    for report in terminalreporter.getreports("passed"):
        for name, value in report.user_properties:
            if name == "measured":
                terminalreporter.write_line(str(value))
