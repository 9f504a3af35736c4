# SPDX-License-Identifier: GPL-3.0-or-later
"""Ask one host for the whole definition of some domains: one Ansible task that changes nothing. I/O."""

from __future__ import annotations

from typing import TYPE_CHECKING

from novalite import playbook
from novalite.adopt.reading import domains_from_document
from novalite.errors import Interrupted, NovaliteError
from novalite.shared import packed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from novalite.adopt.reading import ReadDomain
    from novalite.model.image import Image


def read_domains(
    inventory: Sequence[str],
    host: str,
    uuids: Iterable[str],
    images: Iterable[Image] = (),
    *,
    on_event: Callable[[playbook.HostEvent], None] | None = None,
) -> tuple[ReadDomain, ...]:
    """Return what the host says of domains; ``images`` are those that their disks may be based on.

    Raises: NovaliteError where it does not tell; Interrupted where the user stopped it.
    """
    known = (f"{image.sha256}:{image.size_bytes}" for image in images if image.size_bytes is not None)
    variables = {"uuids": ",".join(uuids), "images": ",".join(known)}
    ran = playbook.run("domains", inventory, variables=variables, limit=[host], on_event=on_event)
    if ran.interrupts:
        raise Interrupted("stopped; nothing was changed on any host")
    event = ran.last(host)
    if event is None or event.state != "ok":
        why = (event.message if event is not None else ran.message) or "it gave no answer"
        raise NovaliteError(f"{host} did not tell of its domains: {why}", proceed="novalite doctor")
    try:
        return domains_from_document(packed.unpack(str(event.result["packed"])))
    except (KeyError, TypeError, ValueError) as error:
        raise NovaliteError(f"what {host} told of its domains cannot be read: {error}") from error
