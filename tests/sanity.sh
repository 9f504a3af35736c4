#!/usr/bin/env bash
# ansible-test sanity over a copy of the collection, in .dev/sanity (its own home, so that nothing of yours is touched).
#   tests/sanity.sh [--test NAME ...] [FILE ...]      everything after it goes to ansible-test
# Its virtual environments want a pip from a site of Ansible's own; Python's ensurepip serves as well, and offline.
set -euo pipefail
TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
WORK=${NOVALITE_SANITY:-$TOP/.dev/sanity}
PLACE=ansible_collections/novalite/compute

command -v ansible-test >/dev/null || { echo "sanity: ansible-test (ansible-core) is not installed: ./dev lint" >&2; exit 1; }
mkdir -p "$WORK/home/.ansible/test/cache"
exec 9>"$WORK/lock"
flock 9

# Files of the working tree, without what git ignores.
rm -rf "$WORK/ansible_collections"
mkdir -p "$WORK/$PLACE"
git -C "$TOP/collections/$PLACE" ls-files -z --cached --others --exclude-standard |
    tar -C "$TOP/collections/$PLACE" --null --ignore-failed-read --warning=no-failed-read -T - -cf - |
    tar -C "$WORK/$PLACE" -xf -
# ansible-test asks the nearest git which files there are, and ours ignores .dev.
git -C "$WORK/$PLACE" init -q
echo /tests/output/ >"$WORK/$PLACE/.git/info/exclude"

PIP=$(python - <<'PYTHON'
import re
from ansible_test._internal import python_requirements
print(re.search(r"pip='([0-9.]+)'", open(python_requirements.__file__).read()).group(1))
PYTHON
)
cat >"$WORK/home/.ansible/test/cache/get_pip_${PIP//./_}.py" <<'PYTHON'
import subprocess
import sys
sys.exit(subprocess.call([sys.executable, "-m", "ensurepip", "--default-pip"]))
PYTHON

# Another home has no pip settings (a mirror, for example): name the user's.
for settings in "${PIP_CONFIG_FILE:-}" "$HOME/.config/pip/pip.conf" "$HOME/.pip/pip.conf"; do
    if [ -f "$settings" ]; then export PIP_CONFIG_FILE=$settings; break; fi
done
export HOME=$WORK/home ANSIBLE_COLLECTIONS_PATH=$WORK PYTHONPATH=
[ "$(locale charmap 2>/dev/null)" = UTF-8 ] || export LC_ALL=C.UTF-8
unset ANSIBLE_CONFIG ANSIBLE_LOCALHOST_WARNING PIP_REQUIRE_HASHES
cd "$WORK/$PLACE"
python=$(python -c 'import sys; print("%d.%d" % sys.version_info[:2])')
exec ansible-test sanity --color no --truncate 0 --venv --python "$python" "$@"
