# What ./quickstart and ./tests/run share: Debian packages and the build. Sourced by bash; the caller
# stands in the project's top folder.

# package | what it is | a command that succeeds where it is there
packages_to_run="
build-essential|C compiler and make|command -v cc
cmake|CMake, 3.25 or newer|command -v cmake
ninja-build|Ninja|command -v ninja
pkg-config|pkg-config|command -v pkg-config
openmpi-bin|mpirun of Open MPI|command -v mpirun
libopenmpi-dev|Open MPI's headers|pkg-config --exists ompi
libopenblas-dev|OpenBLAS|pkg-config --exists openblas
liblapacke-dev|LAPACKE|pkg-config --exists lapacke
libscalapack-openmpi-dev|ScaLAPACK|pkg-config --exists scalapack-openmpi
libhdf5-openmpi-dev|HDF5 for Open MPI|pkg-config --exists hdf5-openmpi
libinih-dev|inih, reader of INI files|pkg-config --exists inih
libcsv-dev|libcsv, reader of CSV files|echo '#include <csv.h>' | cc -E -x c - -o /dev/null
nettle-dev|Nettle, for SHA-256|pkg-config --exists nettle
libisal-dev|ISA-L, for CRC-32C|pkg-config --exists libisal
libcurl4-openssl-dev|libcurl, for downloads|pkg-config --exists libcurl
"
packages_to_test="
libcmocka-dev|cmocka, for unit tests|pkg-config --exists cmocka
python3|Python|test -x /usr/bin/python3
python3-numpy|NumPy for Debian's Python|/usr/bin/python3 -c 'import numpy'
python3-h5py|h5py for Debian's Python|/usr/bin/python3 -c 'import h5py'
python3-xarray|xarray for Debian's Python|/usr/bin/python3 -c 'import xarray'
python3-h5netcdf|h5netcdf for Debian's Python|/usr/bin/python3 -c 'import h5netcdf'
python3-pandas|pandas for Debian's Python|/usr/bin/python3 -c 'import pandas'
python3-scipy|SciPy for Debian's Python|/usr/bin/python3 -c 'import scipy'
python3-venv|Python's venv, for scikit-learn and TensorFlow from PyPI|python3 -c 'import ensurepip, venv'
gnuplot-nox|gnuplot, for pictures|command -v gnuplot
hdf5-tools|h5dump|command -v h5dump
clang|Clang, for tests/fuzz|command -v clang
libclang-rt-dev|Clang's sanitizers and libFuzzer|echo 'int LLVMFuzzerTestOneInput(void) { return 0; }' | clang -fsanitize=fuzzer,address -x c - -o /dev/null
libomp-dev|OpenMP for Clang|command -v clang && echo '#include <omp.h>' | clang -E -x c - -o /dev/null
slurm-wlm|SLURM, of which a test starts its own|test -x /usr/sbin/slurmctld -a -x /usr/sbin/slurmd
munge|munge, SLURM's authentication|test -x /usr/sbin/munged
shellcheck|shellcheck|command -v shellcheck
clang-format|clang-format|command -v clang-format
clang-tidy|clang-tidy|command -v clang-tidy
"

# Prints the rows of a package list that are not there.
missing_packages() {
    local package what probe
    while IFS='|' read -r package what probe; do
        if [ -n "$package" ] && ! sh -c "$probe" >/dev/null 2>&1; then
            printf '%s|%s\n' "$package" "$what"
        fi
    done <<<"$1"
}

# Installs with apt-get what is missing, or says what that is and fails.
need_packages() {
    local missing names as_root=""
    missing=$(missing_packages "$1")
    [ -n "$missing" ] || return 0
    names=$(cut -d'|' -f1 <<<"$missing" | tr '\n' ' ')
    if [ "$(id -u)" != 0 ]; then
        as_root="sudo -n"
    fi
    if command -v apt-get >/dev/null && $as_root true 2>/dev/null; then
        echo "installing: $names"
        # shellcheck disable=SC2086
        if $as_root apt-get -qq update >/dev/null &&
            $as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq install -y \
                --no-install-recommends $names >/dev/null; then
            missing=$(missing_packages "$1")
            [ -n "$missing" ] || return 0
        fi
    fi
    echo "missing, and cannot be installed from here (Debian's package: what it is):" >&2
    sed 's/|/: /; s/^/  /' <<<"$missing" >&2
    return 1
}

# Configures and builds a preset (further arguments are cmake's); quiet unless it fails.
build_preset() {
    local log
    log=$(mktemp)
    if ! { cmake --preset "$1" && cmake --build --preset "$@"; } >"$log" 2>&1; then
        cat "$log" >&2
        rm -f "$log"
        return 1
    fi
    if grep -q 'warning:' "$log"; then
        grep -A5 'warning:' "$log" >&2
        rm -f "$log"
        echo "the compiler warned" >&2
        return 1
    fi
    rm -f "$log"
}

# mpirun refuses to run as root, and more ranks than cores, unless told that it is meant.
allow_mpirun_here() {
    export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
    export OMPI_MCA_rmaps_base_oversubscribe=1
}
