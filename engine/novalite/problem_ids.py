# SPDX-License-Identifier: GPL-3.0-or-later
"""What each id means: NV0001 to NV0009 end a command (errors.py), NV0010 to NV0199 are found in a fleet (spec/ids.py).

``novalite explain NV0012`` shows these. An id keeps its meaning for ever; new ones are added at the end. What a plan
can have (NV03xx) is beside its rules, in ``plan/problems.py``.
"""

from __future__ import annotations

from novalite import (
    problem_ids_adoption,
    problem_ids_birth,
    problem_ids_changes,
    problem_ids_drift,
    problem_ids_guest,
    problem_ids_hardware,
    problem_ids_scheduler,
    problem_ids_secrets,
    problem_ids_seeds,
)

# id -> (title, explanation)
CATALOGUE: dict[str, tuple[str, str]] = {
    "NV0001": (
        "the command could not do its work",
        "The message says what and where; where there is a way on, its last line is the command that goes it.",
    ),
    "NV0002": (
        "the fleet is not valid",
        "Every problem in it was shown, each with an id of its own. Nothing was contacted.",
    ),
    "NV0003": (
        "refused by a guard",
        (
            "The plan is possible, but a rule that protects from accidents says no. The message names the option that "
            "says yes."
        ),
    ),
    "NV0004": (
        "the plan has problems",
        "A plan with problems can be shown, not applied: half of a declaration is not what was reviewed.",
    ),
    "NV0005": (
        "the plan is stale",
        (
            "Since the plan was made, something it relied on has changed on a host, or the plan was applied already. "
            "Make it again, look at it, and apply that one."
        ),
    ),
    "NV0006": (
        "a host is locked",
        ("Somebody else is applying to that host. Locks end with the process that holds them; wait, then try again."),
    ),
    "NV0007": (
        "applied in part",
        (
            "Some steps were done, some failed or were not started. What was done was read back and is true. Plan "
            "again: the new plan holds what is left."
        ),
    ),
    "NV0008": (
        "some hosts are unknown",
        (
            "A host that does not answer is not a host without instances: nothing is planned from what is not known. "
            "Mend the host, or say --assume-empty HOST if you know that it holds nothing of this fleet."
        ),
    ),
    "NV0009": (
        "interrupted",
        "What was in flight was finished, nothing else was started. Running the command again resumes.",
    ),
    "NV0010": (
        "a file cannot be read",
        (
            "It does not exist, is not a regular file, or may not be read by you. A fleet is one file, or the *.yml "
            "directly in a folder; files named in a fleet are looked for beside the file that names them."
        ),
    ),
    "NV0011": (
        "not YAML",
        (
            "The text does not follow the grammar of YAML, usually for its indentation, a tab, or a quote that is not "
            "closed. A file holds one document."
        ),
    ),
    "NV0012": (
        "unknown key",
        "The language has no such key at this place. Keys are never ignored: a misspelt one would do nothing.",
    ),
    "NV0013": (
        "wrong type",
        (
            "A text, number, truth value, list or mapping stands where something else is wanted. YAML 1.2 knows true "
            "and false only: yes, no, on and off are texts."
        ),
    ),
    "NV0014": (
        "value not allowed",
        "The value has the right type, but is not one of those that are possible here.",
    ),
    "NV0015": (
        "a key is missing",
        "Something that has no default was not said. Fields of instances may also stand in defaults.",
    ),
    "NV0016": (
        "declared twice",
        "The same name or key is declared at two places, in one file or in two. Neither wins: take one away.",
    ),
    "NV0017": (
        "refers to nothing",
        "The name is declared nowhere in the fleet. Declare it in its section, or correct its spelling.",
    ),
    "NV0018": (
        "not a name",
        (
            "Names reach paths, domain names, XML and inventories, so they are narrow: a lower-case letter, then "
            "lower-case letters, digits and hyphens, 63 characters at most."
        ),
    ),
    "NV0019": (
        "not a possible size",
        (
            "Sizes are written with a unit of 1024: 512MiB, 8GiB, 2TiB. A bare number, or G, has two readings, so "
            "neither is guessed. Disks are whole GiB."
        ),
    ),
    "NV0020": (
        "too large",
        ("A file has more than 16 MiB, or more values than any fleet needs. Fleets may be split over several files."),
    ),
    "NV0021": (
        "nested too deeply",
        "No fleet needs more than 64 levels; a file that has them was made to break its reader.",
    ),
    "NV0022": (
        "alias bomb",
        "Aliases (*name) may repeat a value, but written out they would give more values than any fleet needs.",
    ),
    "NV0023": (
        "tag",
        "Tags such as !!python/object or !vault are not understood. Write the value; quote what must be a text.",
    ),
    "NV0024": (
        "character not allowed",
        (
            "Control characters, bytes that are not UTF-8, and characters that turn the direction of text are "
            "refused: they break XML and terminals, or make a file read otherwise than it is."
        ),
    ),
    "NV0025": (
        "outside of the fleet's folder",
        (
            "A path or link leads out of the folder of the fleet. A reviewed folder should be all that a plan depends "
            "on; --allow-outside lets it lead out. Links are followed before this is checked."
        ),
    ),
    "NV0026": (
        "not yet in this version",
        (
            "The word belongs to the language, but this version cannot do it. It is refused, because ignoring it "
            "would give you something else than you declared."
        ),
    ),
    "NV0027": (
        "exactly one of several keys",
        "Of these keys one must stand here, and only one: they say the same thing in different ways.",
    ),
    "NV0028": (
        "empty fleet",
        (
            "Every fleet says `novalite: 1` and `project: NAME`, once. A fleet without instances is valid; a fleet "
            "without a project is most likely a wrong path."
        ),
    ),
    "NV0029": (
        "unknown language version",
        "The fleet is written in a version of the language that this novalite does not read.",
    ),
    "NV0030": (
        "a count gives a name that exists",
        (
            "`count: 3` of `web` makes web-0, web-1 and web-2. One of these is declared besides, or made by another "
            "count."
        ),
    ),
    "NV0031": (
        "an image behind a URL needs its sha256",
        "Hosts fetch it themselves, at different times. Only its checksum says that all of them get the same.",
    ),
    "NV0032": (
        "the image is another one",
        "The file's SHA-256 is not the declared one. If the new file is meant, declare its checksum.",
    ),
    "NV0033": (
        "the image's format",
        (
            "The file is not what is declared, has a broken header, or is an image that reads another file (a backing "
            "file or data file), which would be a file of the host. `qemu-img convert -O qcow2` makes one that stands "
            "alone."
        ),
    ),
    "NV0034": (
        "the image does not fit the flavor",
        (
            "The image needs more disk or memory than the flavor gives: by its min_disk or min_ram, or because the "
            "disk inside of it is larger than the flavor's."
        ),
    ),
    "NV0035": (
        "not an address",
        ("An IP address, subnet or MAC address was wanted. A subnet is written with its first address: 10.0.0.0/24."),
    ),
    "NV0036": (
        "the address does not fit the network",
        (
            "A fixed address or gateway must lie in the network's cidr, and be neither its first address, its "
            "broadcast address nor (for instances) its gateway."
        ),
    ),
    "NV0037": (
        "an address is given twice",
        "Two ports would have the same MAC, or the same address in the same network.",
    ),
    "NV0038": (
        "one address for several instances",
        "fixed_ip and mac belong to one machine. Declare instances with addresses one by one, without count.",
    ),
    "NV0039": (
        "moved from where",
        (
            "`moved: {from: old}` says that an instance had another name before. The old name must be gone from the "
            "fleet, and only one instance can have had it. With a count, old is the name before the number."
        ),
    ),
    "NV0040": (
        "user data too large",
        (
            "65535 bytes are the most, counted in base64 as Nova counts them (49 149 bytes of text). Let the guest "
            "fetch the large part."
        ),
    ),
    "NV0041": (
        "not a public SSH key",
        'One line is wanted, such as "ssh-ed25519 AAAA... somebody". A private key must never be in a fleet.',
    ),
    "NV0042": (
        "not a text",
        ('Metadata, properties and extra specs are texts. YAML reads 1 and true as something else: quote them, "1".'),
    ),
    "NV0043": (
        "rule of server groups",
        "max_server_per_host has a meaning for the policy anti-affinity only (as in Nova).",
    ),
    "NV0044": (
        "broken alias",
        "An alias (*name) needs an anchor (&name) before it, outside of which it stands; << takes mappings only.",
    ),
    "NV0045": (
        "a pin against a group",
        (
            "The pins (host:) of some instances put together what their server group keeps apart, or the other way "
            "round."
        ),
    ),
    "NV0046": (
        "a host in two zones",
        "Two aggregates put the same host into different availability zones. A host is in one, as in Nova.",
    ),
    "NV0047": (
        "without effect",
        "A warning: this is kept, but does nothing in this version.",
    ),
    "NV0060": (
        "no such failure domain",
        (
            "What may be lost is a host, a zone, or a value that the metadata of aggregates gives a key: with "
            "metadata {rack: r1} and {rack: r2} the domains of rack are r1 and r2."
        ),
    ),
    "NV0061": (
        "a goal that says twice which instances",
        "A goal of survive names server groups, or says all or protected instances; not both.",
    ),
    **problem_ids_hardware.CATALOGUE,
    **problem_ids_scheduler.CATALOGUE,
    **problem_ids_changes.CATALOGUE,
    **problem_ids_drift.CATALOGUE,
    **problem_ids_guest.CATALOGUE,
    **problem_ids_adoption.CATALOGUE,
    **problem_ids_birth.CATALOGUE,
    **problem_ids_secrets.CATALOGUE,
    **problem_ids_seeds.CATALOGUE,
}
