# The Python environment in which scikit-learn is run, by tests/sklearn and tests/bench: made once,
# from PyPI, in build/sklearn-venv. Sourced by bash; the caller stands in the project's top folder.
sklearn_venv=build/sklearn-venv
# Versions of which the tests' tolerances and expectations are known to hold.
sklearn_packages="scikit-learn==1.9.1 scipy==1.17.1 numpy==2.4.6 h5py==3.16.0 threadpoolctl==3.8.0"

sklearn_venv_works() {
    # shellcheck disable=SC2086
    "$sklearn_venv/bin/python" - $sklearn_packages 2>/dev/null <<'PYTHON'
import sys
from importlib.metadata import version
import h5py, scipy, sklearn, threadpoolctl
sys.exit(any(version(name) != wanted for name, wanted in (p.split("==") for p in sys.argv[1:])))
PYTHON
}

# Makes the environment with the first Python that can; the one that `python3` finds may lack parts.
make_sklearn_venv() {
    local python
    for python in python3 /usr/bin/python3; do
        "$python" -c 'import ensurepip, venv' 2>/dev/null || continue
        echo "installing scikit-learn into $sklearn_venv"
        rm -rf "$sklearn_venv"
        # shellcheck disable=SC2086
        "$python" -m venv "$sklearn_venv" &&
            "$sklearn_venv/bin/python" -m pip install --quiet --disable-pip-version-check \
                --retries 1 --timeout 10 --only-binary :all: $sklearn_packages &&
            sklearn_venv_works && return 0
    done
    return 1
}

# The environment is there, or the reason why not goes to stderr. Callers at the same time wait for
# the one that makes it.
need_sklearn() {
    sklearn_venv_works && return 0
    mkdir -p build
    (
        flock 9
        sklearn_venv_works || make_sklearn_venv
    ) 9>"$sklearn_venv.lock" && return 0
    echo "no Python environment with scikit-learn: needs python3, Debian's package python3-venv" \
        "and PyPI within reach of pip" >&2
    return 1
}
