# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs in Nova's environment: the real Placement with its database in memory, for scripts that ask it in process."""

from oslo_config import cfg
from oslo_config import fixture as config_fixture
from placement import conf as placement_conf
from placement import deploy
from placement.tests import fixtures


def configuration():
    """A configuration of Placement with its database in memory."""
    found = cfg.ConfigOpts()
    placement_conf.register_opts(found)
    found.set_default("connection", "sqlite://", group="placement_database")
    found(args=[], default_config_files=[])
    held = config_fixture.Config(found)
    held.setUp()
    held.config(group="placement_database", connection="sqlite://", sync_on_startup=False)
    fixtures.Database(held, set_config=False).setUp()
    deploy.update_database(found)
    return found
