# SPDX-License-Identifier: GPL-3.0-or-later
"""Our mark in a libvirt domain: which instance this is and what was last applied. Pure.

The mark is one element of the domain's ``<metadata>``, in a namespace of our own. It holds the applied
*spec* (an instance as ``arguments.SPEC`` describes it) as canonical JSON, so a lost controller loses nothing, plus
attributes for people who look with ``virsh dumpxml``. Ownership is this element and nothing else. Where an action left
an instance in a state that its power does not tell (locked, in rescue, ...), the element holds that *state* too, by the
keys that operational_state.py names.
"""

from __future__ import annotations

import json
from xml.etree import ElementTree

from .canonical import canonical_json

NAMESPACE = "urn:novalite:instance:1"
PREFIX = "novalite"
TAG = "{%s}instance" % NAMESPACE
SPEC_TAG = "{%s}spec" % NAMESPACE
STATE_TAG = "{%s}state" % NAMESPACE

ElementTree.register_namespace(PREFIX, NAMESPACE)


class MarkUnreadable(Exception):
    """The mark is ours but cannot be read: the domain is neither ours to change nor foreign."""


def mark_element(spec, state=None):
    # type: (dict, object) -> ElementTree.Element
    """Return the element that marks a domain as this instance; ``state`` is its operational state, if it has one."""
    element = ElementTree.Element(
        TAG,
        {
            "project": spec["project"],
            "name": spec["name"],
            "uuid": spec["uuid"],
            "protect": "true" if spec.get("protect") else "false",
        },
    )
    ElementTree.SubElement(element, SPEC_TAG).text = canonical_json(spec).decode("utf-8")
    if state:
        ElementTree.SubElement(element, STATE_TAG).text = canonical_json(state).decode("utf-8")
    return element


def mark_xml(spec, state=None):
    # type: (dict, object) -> str
    """Return the mark as XML text, for ``virDomainSetMetadata``, which puts it into the namespace itself."""
    element = mark_element(spec, state)
    for part in element.iter():
        part.tag = part.tag.rpartition("}")[2]
    return ElementTree.tostring(element, encoding="unicode")


def spec_from_domain(domain):
    # type: (ElementTree.Element) -> object
    """Return the applied spec found in a ``<domain>`` element, or None where the domain is foreign.

    Raises: MarkUnreadable where the element is there but does not say what it must, or speaks of another UUID
    than the domain's own (a clone copies the mark: two domains then claim one identity).
    """
    element = domain.find("metadata/" + TAG)
    if element is None:
        return None
    try:
        spec = json.loads(element.findtext(SPEC_TAG) or "")
        claimed = (spec["uuid"], spec["project"], spec["name"])
    except (ValueError, KeyError, TypeError) as error:
        raise MarkUnreadable("the novalite mark cannot be read: %s" % error) from error
    if claimed != (element.get("uuid"), element.get("project"), element.get("name")):
        raise MarkUnreadable("the novalite mark contradicts itself")
    if claimed[0] != domain.findtext("uuid"):
        raise MarkUnreadable("the novalite mark is that of %s: a clone?" % claimed[0])
    return spec


def state_from_domain(domain):
    # type: (ElementTree.Element) -> dict
    """Return the operational state found in a ``<domain>`` element of ours; empty where nothing is said.

    Raises: MarkUnreadable where it cannot be read: an instance in rescue must not be taken for an ordinary one.
    """
    text = domain.findtext("metadata/" + TAG + "/" + STATE_TAG)
    if text is None:
        return {}
    try:
        state = json.loads(text)
    except ValueError as error:
        raise MarkUnreadable("the state in the novalite mark cannot be read: %s" % error) from error
    if not isinstance(state, dict):
        raise MarkUnreadable("the state in the novalite mark is not a mapping")
    return state
