# A Python environment with TensorFlow from PyPI, for the benchmarks that compare with it: sourced from
# the top of the project. make_venv leaves it in $venv.
# shellcheck shell=bash
venv=build/tensorflow-venv
packages="tensorflow-cpu==2.15.1 numpy==1.26.4"

venv_works() {
    # shellcheck disable=SC2086
    "$venv/bin/python" - $packages 2>/dev/null <<'PYTHON'
import sys
from importlib.metadata import version
sys.exit(any(version(name) != wanted for name, wanted in (p.split("==") for p in sys.argv[1:])))
PYTHON
}

# Makes the environment with the first Python that can: TensorFlow 2.15 is for Python 3.9 to 3.11.
make_venv() {
    local python
    for python in python3.11 /usr/bin/python3 python3.10 python3.9; do
        "$python" -c 'import ensurepip, venv, sys; sys.exit(sys.version_info >= (3, 12))' \
            2>/dev/null || continue
        echo "installing TensorFlow into $venv"
        rm -rf "$venv"
        # shellcheck disable=SC2086
        "$python" -m venv "$venv" &&
            "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --retries 1 \
                --timeout 10 --only-binary :all: $packages && venv_works && return 0
    done
    echo "no Python environment with TensorFlow: needs Python 3.9 to 3.11, Debian's package" \
        "python3-venv and PyPI within reach of pip" >&2
    return 1
}
