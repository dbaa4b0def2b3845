#!/usr/bin/env bash
# An include points to its own layer or to one below, and what a layer must not know it does not
# include: no MPI or HDF5 below parallel, no neuroscience in parallel, BLAS in one file.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

declare -A below=(
    [base]="base"
    [numerics]="base numerics"
    [maps]="base numerics maps"
    [model]="base numerics model"
    [parallel]="base numerics parallel"
    [storage]="base numerics model parallel storage"
)
bad=0
complain() {
    echo "$1"
    bad=1
}
for layer in "${!below[@]}"; do
    for file in src/"$layer"/*.c include/"$layer"/*.h; do
        for included in $(sed -nE 's|^#include "([a-z]+)/.*|\1|p' "$file"); do
            case " ${below[$layer]} " in
            *" $included "*) ;;
            *) complain "$file includes $included/, which is not below $layer/" ;;
            esac
        done
    done
done
for file in $(grep -lE '#include <(mpi|hdf5)' -r src include); do
    case "$file" in
    */parallel/* | */storage/*) ;;
    *) complain "$file includes MPI or HDF5" ;;
    esac
done
for file in $(grep -lE '#include <(cblas|lapacke|openblas)' -r src include jobs); do
    [ "$file" = src/numerics/linalg.c ] || complain "$file includes BLAS or LAPACK"
done
for file in $(grep -lE 'Cblacs|\bpd[a-z]+_\(' -r src include jobs); do
    [ "$file" = src/parallel/linear_solver.c ] || complain "$file names ScaLAPACK or BLACS"
done
exit $bad
