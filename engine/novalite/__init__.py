# SPDX-License-Identifier: GPL-3.0-or-later
"""OpenStack Nova without a control plane: Git is the API, the hosts are the database, Ansible is the message bus."""

__version__ = "0.1.0"
