"""Seconds that PyYAML's C loader takes for one file: yaml_load.py FILE. The import is not counted."""

import sys
import time

import yaml

with open(sys.argv[1], encoding="utf-8") as file:
    text = file.read()
started = time.perf_counter()
yaml.load(text, Loader=yaml.CSafeLoader)
print(time.perf_counter() - started)
