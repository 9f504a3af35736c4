# SPDX-License-Identifier: GPL-3.0-or-later
"""The metadata service of a host: a program of its own, which the role ``host`` copies there. Python 3.8, standard
library; it imports nothing from outside this folder.

``guard`` keeps the bridges (nft, ip), ``identity`` says which instance asks, ``documents`` reads what it is told,
``answers`` is Nova's tree of paths, ``request`` reads HTTP, ``server`` has the sockets and the limits, ``service`` all.
"""
