"""How many tests ran on which level: python -m levels FOLDER [SCENARIO=passed|failed|skipped...].

Reads the JUnit files in FOLDER, prints a table, the reason of every skip, and last a line "N passed, N failed".
"""

from __future__ import annotations

import sys
from collections import Counter, defaultdict
from pathlib import Path
from xml.etree import ElementTree

OUTCOMES = ("passed", "failed", "skipped")
TAGS = {"failure": "failed", "error": "failed", "skipped": "skipped"}


def level(classname: str) -> str:
    """The folder below tests/ that a test's dotted name begins with."""
    words = classname.split(".")
    return words[1] if words[0] == "tests" and len(words) > 1 else words[0]


def read(folder: Path) -> tuple[dict[str, Counter[str]], Counter[str]]:
    """Level -> outcome -> number, and reason of skipping -> number."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    reasons: Counter[str] = Counter()
    for path in sorted(folder.glob("*.xml")):
        for case in ElementTree.parse(path).iter("testcase"):
            found = [child for child in case if child.tag in TAGS]
            outcome = TAGS[found[0].tag] if found else "passed"
            counts[level(case.get("classname") or case.get("name") or "unknown")][outcome] += 1
            if outcome == "skipped":
                reasons[found[0].get("message", "")] += 1
    return counts, reasons


def main(argv: list[str]) -> int:
    """0 when something passed and nothing failed."""
    counts, reasons = read(Path(argv[0]))
    for word in argv[1:]:
        counts["molecule"][word.rpartition("=")[2]] += 1
    print(f"\n{'level':<14}" + "".join(f"{outcome:>9}" for outcome in OUTCOMES))
    for name, row in sorted(counts.items()):
        print(f"{name:<14}" + "".join(f"{row[outcome]:>9}" for outcome in OUTCOMES))
    for reason, number in reasons.most_common():
        print(f"skipped {number}: {reason}")
    total = sum(counts.values(), Counter())
    print(f"{total['passed']} passed, {total['failed']} failed")
    return int(bool(total["failed"]) or not total["passed"])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
