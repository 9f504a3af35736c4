# SPDX-License-Identifier: GPL-3.0-or-later
"""The problems that a plan can have, with what they mean: the catalogue shows this (``novalite explain NV0301``)."""

from __future__ import annotations

from novalite.plan import problems_acts

NO_VALID_HOST = "NV0301"
REFUSED = "NV0302"
CONFLICT = "NV0303"
DELETES_EVERYTHING = "NV0304"
TOO_MANY_DELETES = "NV0305"
ASSUMED_IN_VAIN = "NV0306"
MAC_TAKEN = "NV0307"
CHANGED_BY_HAND = "NV0308"
WRONG_PLACE = "NV0309"
POWER_STUCK = "NV0310"
PLAN_UNREADABLE = "NV0311"
SNAPSHOT_UNREADABLE = "NV0312"
CANNOT_HOLD = "NV0313"
SHARED_UNKNOWN = "NV0314"
ILLEGAL = "NV0315"
NAME_TAKEN = "NV0320"
CLAIM_TAKEN = "NV0321"
IN_TRASH = "NV0322"
NO_ROOM_TO_RETURN = "NV0323"
TOO_DISRUPTIVE = "NV0325"
NO_ROOM_TO_GROW = "NV0326"
TOO_MANY_DOWN = "NV0350"
SET_IS_DOWN = "NV0351"
NO_AGENT = "NV0335"
SNAPSHOT_TAKEN = "NV0336"
SNAPSHOT_UNKNOWN = "NV0337"
EXPIRED_IGNORE = "NV0340"

NOT_ADOPTABLE = "NV0345"
ONLY_MARKED = "NV0346"

# id -> (title, explanation)
CATALOGUE: dict[str, tuple[str, str]] = {
    NO_VALID_HOST: (
        "no valid host",
        (
            "No host that answered passes every rule for this instance. The counts say how many hosts each rule "
            "refused first, with the numbers of one of them; `novalite explain NAME` shows every host and every "
            "rule. Nothing is applied while an instance has no host: half of a declaration is not what was "
            "reviewed."
        ),
    ),
    REFUSED: (
        "a change that cannot be made in place",
        (
            "The fleet now says something else of an instance that exists, in a field that cannot change without "
            "losing its identity or what is on its disks (docs/fields.md), or in a state in which it is not possible. "
            "It is never replaced silently. Put the old value back, or give the instance a new name: the old one is "
            "then deleted and the new one created, and the plan shows both."
        ),
    ),
    CANNOT_HOLD: (
        "rules that cannot hold together",
        (
            "The rules named here cannot all hold on these hosts, and without any one of them the others can: it is a "
            "smallest set, so each line is part of the reason. Drop or change one of them: a group's policy or limit, "
            "a pin, a zone, a trait, an instance, or give the hosts more room."
        ),
    ),
    SHARED_UNKNOWN: (
        "who else uses what hosts share is not known",
        (
            "A warning: something new takes of a sharing provider (such as storage) that a host which did not answer "
            "uses too. What lives there counts as nothing, so there may be less room than the plan thinks. Even a host "
            "that is assumed empty may hold instances of other projects. Plan again when the host answers, or look "
            "at the storage itself."
        ),
    ),
    CONFLICT: (
        "more than one domain claims to be the instance",
        (
            "Two domains carry the same name or UUID, for example after a clone, or after a host that was "
            "declared empty came back. Which one is the instance only a person can say: undefine the other one "
            "with virsh on its host. Two instances that name the same moved.from are a conflict too."
        ),
    ),
    DELETES_EVERYTHING: (
        "the plan would delete everything",
        (
            "The fleet declares no instance while the hosts hold some of this project. That is far more often a "
            "wrong path or an empty file than a wish; `novalite destroy` says it explicitly."
        ),
    ),
    TOO_MANY_DELETES: (
        "more deletions than allowed",
        (
            "The plan deletes more instances, or moves more of them into the trash, than --max-destroy allows. What "
            "was in the trash until its deadline and is deleted now counts too."
        ),
    ),
    NAME_TAKEN: (
        "the name is taken",
        (
            "An instance can come back only under its own name, and another one has it by now (or may have it, on a "
            "host that did not answer). Rename the other one in its fleet with moved.from, or take it out; apply "
            "that, then restore."
        ),
    ),
    CLAIM_TAKEN: (
        "what the instance was given is taken",
        (
            "An instance keeps the CPUs and devices of its host that it was given, and in the trash or offloaded it "
            "holds none of them, so others may have got them meanwhile. Have those made anew elsewhere first."
        ),
    ),
    NO_ROOM_TO_RETURN: (
        "its host has no room for it any more",
        (
            "In the trash or offloaded an instance holds nothing but disk of its host, so its CPUs and memory may be "
            "promised to others by now; the message says how much is asked and free. It comes back only on its own "
            "host: make room there, or raise what the host offers (novalite_inventories)."
        ),
    ),
    IN_TRASH: (
        "an instance of this name is in the trash",
        (
            "A warning: the fleet declares an instance that no host has, and one of its name was deleted not long ago. "
            "The plan makes a new one with empty disks. If the old one is meant, restore it before applying: the fleet "
            "then finds it by its name."
        ),
    ),
    TOO_DISRUPTIVE: (
        "a change costs more than allowed",
        (
            "The plan changes something in a way that costs more than --max-disruption allows: none, hot (while it "
            "runs), restart (at its next power cycle, or a power state that is declared), rebuild (its root disk is "
            "made anew). The message names the field. The default is restart: a rebuild is always said explicitly. "
            "What each field costs is in docs/fields.md."
        ),
    ),
    NO_ROOM_TO_GROW: (
        "no room to grow on its host",
        (
            "The instance exists, and its host has not as much left as it is to have now. The numbers are those by "
            "which new instances are placed: total, reserved, allocation ratio, used. What others give back in the "
            "same plan does not count, as they may keep it until their next power cycle: apply that first. No plan "
            "moves an instance to another host (novalite explain NV0309 tells how to do it by hand)."
        ),
    ),
    TOO_MANY_DOWN: (
        "more instances taken down than allowed",
        (
            "The plan takes down more instances than --max-down allows. It counts those that run now and that the plan "
            "powers off, pauses, suspends, restarts, rebuilds or deletes, be it one after the other. "
            "The names are told. Instances that are off already, and those that are created, do not count."
        ),
    ),
    SET_IS_DOWN: (
        "no member of a rolling set may be taken down now",
        (
            "A set of instances with `rolling` may have max_unavailable of its members down at once, and as many are "
            "down or unknown already, in a way that this plan does not end. Bring those up, or raise max_unavailable."
        ),
    ),
    ASSUMED_IN_VAIN: (
        "a host that was assumed empty is not unknown",
        (
            "--assume-empty is your word that a host which does not answer holds nothing of this fleet. A host "
            "that answered, or that is not in the Ansible inventory, needs no such word; most likely the name "
            "is misspelled."
        ),
    ),
    MAC_TAKEN: (
        "the MAC is in use",
        ("The fleet gives a port a MAC that another domain has already. Two ports with one MAC disturb each other."),
    ),
    CHANGED_BY_HAND: (
        "changed on the host by hand",
        (
            "The domain differs from what was last applied to it in a way that no plan puts back: what the host "
            "calls the domain. Undo it with virsh. What else was changed by hand (hardware, disks, network cards) is "
            "put back by the next plan, and says so."
        ),
    ),
    WRONG_PLACE: (
        "the instance may not stay where it is",
        (
            "A pin, zone, server group, aggregate or trait does not allow the host on which the instance lives; "
            "or, as a warning, the host holds more than it offers, for example because its allocation ratio was "
            "lowered. The plan says the fewest moves by which every rule holds, and in which order each of them "
            "has room. This version makes none of them: change the rule, or move the instances by hand. That is, "
            "of a domain D whose UUID is U: stop it and keep what `virsh dumpxml --inactive D` prints; copy "
            "/var/lib/novalite/instances/U, and the image below /var/lib/novalite/images if it is not there, to "
            "the new host; `virsh define` the XML there; then on the old host `virsh undefine --nvram D`, and "
            "remove instances/U. Pinned CPUs, huge pages and devices are those of the old host: edit them in the "
            "XML. The next plan starts the instance, if it is to run."
        ),
    ),
    ILLEGAL: (
        "not possible in this state",
        (
            "What was asked of the instance is not legal in the state it is in, by Nova's table of transitions; the "
            "message names the states in which it is. Nothing was done, to no instance. `novalite get NAME` shows the "
            "state; a running guest is ACTIVE, one that crashed, and whose process is kept, is in ERROR."
        ),
    ),
    NO_AGENT: (
        "no guest agent",
        (
            "What was asked can only be done by the program qemu-guest-agent in the guest, and the image says that "
            "there is none (property hw_qemu_guest_agent=no), so the domain has no channel for it. Where the image "
            "does not say so and no agent answers, the step fails instead."
        ),
    ),
    SNAPSHOT_TAKEN: (
        "a snapshot of that name is there",
        (
            "The instance has a snapshot of this name already, and none is ever replaced: take another name, or "
            "delete the old one first."
        ),
    ),
    SNAPSHOT_UNKNOWN: (
        "no such snapshot",
        ("The instance has no snapshot of this name; `novalite snapshot list NAME` shows those that it has."),
    ),
    EXPIRED_IGNORE: (
        "an ignore has expired",
        (
            "A warning: the last day of an entry of drift_ignores is over, so what it covers counts as drift again, in "
            "`novalite drift` and in plans. Mend what differs on the host, or give the entry a later day."
        ),
    ),
    NOT_ADOPTABLE: (
        "a domain that cannot be adopted",
        (
            "The fleet says that an instance is a domain which somebody else made, and the domain is not there, or not "
            "as it was read, or it is an instance already. It is never made: what is not there is lost or elsewhere. "
            "`novalite adopt HOST` reads it anew and writes new lines."
        ),
    ),
    ONLY_MARKED: (
        "an adopted instance stays as it was made",
        (
            "Somebody else made this domain, and its hardware and disks are not what novalite would have made. So only "
            "what the mark alone makes true (name, group, zone, metadata, protect) and its power can change. Change "
            "its hardware with virsh; then take its lines out, apply (it is released), and adopt it anew."
        ),
    ),
    POWER_STUCK: (
        "the power state is in the way",
        ("The domain is paused, suspended or in a state that is not known, and this version only starts and stops."),
    ),
    PLAN_UNREADABLE: (
        "not a plan",
        (
            "The file is not a plan that this version can read, or it was changed after it was made (its digest "
            "does not fit its content). Make a new one with `novalite plan -o plan.json`."
        ),
    ),
    SNAPSHOT_UNREADABLE: (
        "not a snapshot",
        ("The file is not a snapshot that this version can read. Make one with `novalite observe -o snapshot.json`."),
    ),
    **problems_acts.CATALOGUE,
}
