# SPDX-License-Identifier: GPL-3.0-or-later
"""What the ids of seeds mean: what a guest reads when it initialises (NV0160 to NV0179)."""

from __future__ import annotations

# id -> (title, explanation)
CATALOGUE: dict[str, tuple[str, str]] = {
    "NV0160": (
        "a form of user data",
        (
            "User data is a text, a mapping that is written out as #cloud-config, or a mapping that says where the "
            "content is: one of text, file, base64, cloud_config, parts; with gzip and type beside it. See "
            "docs/guest_init.md."
        ),
    ),
    "NV0161": (
        "nothing that cloud-init knows",
        (
            "cloud-init goes by the first line: #cloud-config, #!, #include, #cloud-boothook, #part-handler, "
            "## template: jinja, or a MIME message. Anything else it ignores, and the guest comes up as if there were "
            "no user data. If another program of the image reads it, say type: other."
        ),
    ),
    "NV0162": (
        "cloud-config that is not YAML for the guest",
        (
            "Guests read cloud-config with PyYAML, which is YAML 1.1. What it cannot read is ignored as a whole, and "
            "of a key that stands twice all but the last."
        ),
    ),
    "NV0163": (
        "unknown key of cloud-config",
        (
            "No module of cloud-init reads this key, so it does nothing. It is an error where it is nearly the name of "
            "a known one, and a warning otherwise: the image may have modules of its own."
        ),
    ),
    "NV0164": (
        "cloud-config of a wrong shape",
        "The module that reads the key wants something else, and fails or ignores it when the guest boots.",
    ),
    "NV0165": (
        "an old word of cloud-config",
        "A warning: it works, or worked once; new versions of cloud-init drop it.",
    ),
    "NV0166": (
        "cloud-config that does something else",
        "It is valid, and what the guest makes of it is most likely not what is meant. The message says what happens.",
    ),
    "NV0167": (
        "a script that does not run",
        "The kernel runs a script by its first line: #! and the path of an interpreter, ended by a newline.",
    ),
    "NV0168": (
        "a part of user data",
        "A list of URLs, a template, a message of parts or a hook that cloud-init could not use.",
    ),
    "NV0169": (
        "an Ignition config",
        (
            "Ignition stops the boot of a guest whose config it does not understand: valid JSON with ignition.version, "
            "of a version that it knows. `butane` makes it from YAML."
        ),
    ),
    "NV0170": (
        "a seed that the image does not read",
        (
            "The image property novalite_seed says what reads the seed: config-drive (if not said), nocloud or "
            "ignition. The user data is for another one."
        ),
    ),
    "NV0171": (
        "user data against its instance",
        "User data says something else than the instance does, and in the guest the user data wins.",
    ),
    "NV0172": (
        "networks that do not go together in a guest",
        "A warning: each network is right, but not all in one guest, which has one way out for each of IPv4 and IPv6.",
    ),
    "NV0173": (
        "metadata that makes cloud-init ignore its drive",
        "cloud-init reads dsmode from the metadata of the instance: disabled and pass make it leave the seed alone.",
    ),
    "NV0174": (
        "a secret in plain text",
        (
            "A warning: everybody who can read the fleet, the plan or the seed can read it. Write the hash of a "
            "password, or {secret: {env: NAME}} in its place."
        ),
    ),
    "NV0175": (
        "against cloud-init's own schema",
        (
            "The schema of the cloud-init that is installed here (or that NOVALITE_CLOUD_INIT_SCHEMA names) says "
            "otherwise. The guest may have another version: name its schema, or `none` to leave this check out."
        ),
    ),
}
