# Python environments with what the tests and benchmarks compare with: each made once, from PyPI, in
# build/. Sourced by bash; the caller stands in the project's top folder.
sklearn_venv=build/sklearn-venv
tensorflow_venv=build/tensorflow-venv
# Versions of which the tests' tolerances and expectations are known to hold.
sklearn_packages="scikit-learn==1.9.1 scipy==1.17.1 numpy==2.4.6 h5py==3.16.0 threadpoolctl==3.8.0"
tensorflow_packages="tensorflow-cpu==2.15.1 numpy==1.26.4" # for Python 3.9 to 3.11; 1.3 GB

# venv_works VENV PACKAGE==VERSION ...
venv_works() {
    "$1/bin/python" - "${@:2}" 2>/dev/null <<'PYTHON'
import sys
from importlib.metadata import version
sys.exit(any(version(name) != wanted for name, wanted in (p.split("==") for p in sys.argv[1:])))
PYTHON
}

# make_venv VENV WHAT PYTHONS PACKAGE==VERSION ...: with the first of the Pythons that can; the one
# that `python3` finds may lack parts.
make_venv() {
    local venv=$1 python
    for python in $3; do
        "$python" -c 'import ensurepip, venv' 2>/dev/null || continue
        echo "installing $2 into $venv"
        rm -rf "$venv"
        "$python" -m venv "$venv" &&
            "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --retries 1 \
                --timeout 10 --only-binary :all: "${@:4}" &&
            venv_works "$venv" "${@:4}" && return 0
    done
    return 1
}

# need_venv, likewise: the environment is there, or the reason why not goes to stderr. Callers at the
# same time wait for the one that makes it.
need_venv() {
    venv_works "$1" "${@:4}" && return 0
    mkdir -p build
    (
        flock 9
        venv_works "$1" "${@:4}" || make_venv "$@"
    ) 9>"$1.lock" && return 0
    echo "no Python environment with $2: needs one of $3 with Debian's package python3-venv, and" \
        "PyPI within reach of pip" >&2
    return 1
}

need_sklearn() {
    # shellcheck disable=SC2086
    need_venv "$sklearn_venv" scikit-learn "python3 /usr/bin/python3" $sklearn_packages
}

need_tensorflow() {
    # shellcheck disable=SC2086
    need_venv "$tensorflow_venv" "TensorFlow 2.15" \
        "python3.11 /usr/bin/python3 python3.10 python3.9" $tensorflow_packages
}

tensorflow_is_there() {
    # shellcheck disable=SC2086
    venv_works "$tensorflow_venv" $tensorflow_packages
}
