"""CPU seconds of novalite's own validation of a fleet that was read: novalite_validate.py FLEET; one JSON line.

``valid_s``: nothing is wrong. ``one_wrong_s``: one instance in the middle is, and its file, line and column are found.
"""

import copy
import json
import sys
import time
from pathlib import Path

from novalite.spec import validate
from novalite.spec.merge import declared_from_texts


def timed(declared):
    started = time.process_time()
    problems = validate.validate(declared)
    return time.process_time() - started, problems


def main():
    text = Path(sys.argv[1]).read_text()
    declared, _ = declared_from_texts([(sys.argv[1], text)])
    validate._fast()  # compiling the schema is no part of it, for the peers neither
    seconds, problems = timed(declared)
    assert not problems, problems[:3]
    names = list(declared.value["instances"])
    wrong, where = names[len(names) // 2], text.index(f"  {names[len(names) // 2]}:\n    flavor: ")
    line = text.count("\n", 0, where) + 2
    text = text[:where] + text[where:].replace("    flavor:", "    flavour:", 1)
    declared, _ = declared_from_texts([(sys.argv[1], text)])
    slow, problems = timed(copy.deepcopy(declared))
    assert any(problem.where and problem.where.line == line for problem in problems), (wrong, line, problems[:3])
    print(json.dumps({"valid_s": seconds, "one_wrong_s": slow}))


if __name__ == "__main__":
    main()
