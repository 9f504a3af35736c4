"""The lab's fixtures, for the lab's own tests."""

from lab.fixtures import clean_lab, images, lab

__all__ = ["clean_lab", "images", "lab"]
