# SPDX-License-Identifier: GPL-3.0-or-later
"""ProvidersFilter: some choice of providers gives all that is asked: the host, what is in it, what it shares.

Placement's allocation candidates: request groups, group_policy, same_subtree, traits of each provider. It has something
to say where the request has groups, or where providers other than hosts offer a class that is asked; else the filters
of single classes say it all. Source: placement/objects/allocation_candidate.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from novalite.schedule.providers import words

if TYPE_CHECKING:
    from novalite.schedule.request import Request
    from novalite.schedule.table import HostTable, Mask

NAME = "ProvidersFilter"


def applies(table: HostTable, request: Request) -> bool:
    """Tell whether providers other than hosts have a say."""
    return table.providers.concerns(request)


def mask(table: HostTable, request: Request) -> Mask:
    """Return the hosts with an assignment of every group to providers."""
    return table.answers.mask(request.shape)


def passes(table: HostTable, request: Request, row: int) -> bool:
    """Tell it of one host."""
    return table.answers.fits(row, request.shape)


def why(table: HostTable, request: Request, row: int) -> str:
    """Return who would give what, or the first group that finds no provider, with the numbers of each."""
    providers = table.providers
    usage = providers.usage(row, providers.demand(request.shape).total)
    return words.why(providers.tree(row), usage, providers.names(row), request.shape)
