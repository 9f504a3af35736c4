# SPDX-License-Identifier: GPL-3.0-or-later
"""The images of drives, read by programs that never saw how they were written: isoinfo, xorriso, mtools, fsck."""

from __future__ import annotations

import pytest

from ansible_collections.novalite.compute.plugins.module_utils import iso
from ansible_collections.novalite.compute.plugins.module_utils.iso import iso_from_tree
from ansible_collections.novalite.compute.plugins.module_utils.seed import Seed
from ansible_collections.novalite.compute.plugins.module_utils.vfat import vfat_from_tree
from guest_init.drives import LABELS, image, read_folder, run, tree_of
from guest_init.seed_cases import CASES, NASTY, Case, spec_of

MANY = [(f"/{number}", b"%d" % number * number) for number in range(300)]
LARGE = [("/large", bytes(range(256)) * 140_000)]  # 36 MB: more than a FAT16 of small clusters holds
SOME = (
    CASES[0],
    CASES[-1],
    Case("many files", spec_of(), Seed(NASTY, files=MANY)),
    Case("a large file", spec_of(), Seed(files=LARGE)),
)
KINDS = sorted(LABELS)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("case", SOME, ids=lambda case: case.name)
def test_xorriso_and_isoinfo_find_the_tree_on_an_iso(case, kind, tmp_path):
    path, tree = image(case, kind, "iso9660", tmp_path), tree_of(case, kind)
    run("xorriso", "-osirrox", "on", "-indev", str(path), "-extract", "/", str(tmp_path / "found"))
    run("chmod", "-R", "u+w", str(tmp_path / "found"))
    assert read_folder(tmp_path / "found") == tree
    said = run("isoinfo", "-d", "-i", str(path)).decode()
    assert f"Volume id: {LABELS[kind]}\n" in said
    assert "Joliet with UCS level 3 found" in said
    assert "Rock Ridge signatures version 1 found" in said
    files = {"/" + name for name in tree}
    for names in ("-R", "-J"):
        listed = run("isoinfo", names, "-f", "-i", str(path)).decode().splitlines()
        folders = {name.rpartition("/")[0] for name in files} | {"/openstack", "/ec2"}
        assert set(listed) - folders == files, names
        assert len(listed) == len(set(listed))
    for name in sorted(tree)[:12]:
        for names in ("-R", "-J"):
            assert run("isoinfo", names, "-x", "/" + name, "-i", str(path)) == tree[name], (names, name)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("case", SOME, ids=lambda case: case.name)
def test_mtools_and_fsck_find_the_tree_on_a_vfat(case, kind, tmp_path):
    path, tree = image(case, kind, "vfat", tmp_path), tree_of(case, kind)
    said = run("fsck.vfat", "-n", "-v", str(path)).decode()
    assert "2 FATs, 16 bit entries" in said
    assert "has dirty bit" not in said
    (tmp_path / "found").mkdir()
    run("mcopy", "-s", "-i", str(path), "::/", str(tmp_path / "found"))
    assert read_folder(tmp_path / "found") == tree
    assert LABELS[kind].encode() in run("mlabel", "-s", "-i", str(path), "::")


@pytest.mark.parametrize("make", [iso_from_tree, vfat_from_tree])
def test_the_same_tree_is_the_same_image(make):
    tree = CASES[-1].tree
    assert make(tree, "config-2") == make(dict(tree), "config-2")
    assert make(tree, "config-2") != make({**tree, "openstack/latest/user_data": b"x"}, "config-2")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_an_iso_in_the_places_of_another_is_the_one_it_would_be_alone(case, monkeypatch):
    other = {path: bytes(reversed(data)) for path, data in case.tree.items()}
    iso_from_tree(case.tree, "config-2")
    after = iso_from_tree(other, "config-2")
    monkeypatch.setattr(iso, "_LAID_OUT", {})
    assert iso_from_tree(other, "config-2") == after


@pytest.mark.parametrize("make", [iso_from_tree, vfat_from_tree])
def test_a_drive_is_not_much_larger_than_what_is_on_it(make):
    tree = {f"openstack/{version}/user_data": NASTY * 900 for version in range(11)}
    assert len(make(tree, "config-2")) < (2_300_000 if make is vfat_from_tree else 200_000)


def test_too_many_files_in_the_root_of_a_vfat_are_refused():
    with pytest.raises(ValueError, match="too many"):
        vfat_from_tree({f"file-{number}": b"" for number in range(300)}, "config-2")
