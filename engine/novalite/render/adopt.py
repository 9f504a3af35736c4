# SPDX-License-Identifier: GPL-3.0-or-later
"""What is told of domains that are to be adopted, line by line. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from novalite.render.words import clean

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


class Line(Protocol):
    """What is known of one domain (adopt/propose.py, Adopted)."""

    @property
    def name(self) -> str:
        """Return its name as an instance."""

    @property
    def domain(self) -> str:
        """Return its name on its host."""

    @property
    def flavor(self) -> str:
        """Return the flavor that says its sizes."""

    @property
    def image(self) -> str | None:
        """Return the image that it began with."""

    @property
    def kept(self) -> tuple[str, ...]:
        """Return the parts of its XML that the language does not say."""

    @property
    def notes(self) -> tuple[str, ...]:
        """Return what else its owner should know."""


def adopt_lines(adopted: Iterable[Line], skipped: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Yield the lines."""
    for one in adopted:
        image = f", image {one.image}" if one.image else ""
        yield f"{clean(one.domain)}: {one.name}, {one.flavor}{image}"
        yield from (f"  {clean(text)}" for text in one.notes)
        if one.kept:
            yield f"  kept as it is: {', '.join(clean(part) for part in one.kept)}"
    for domain, reason in skipped:
        yield f"{clean(domain)}: left out: {clean(reason)}"
