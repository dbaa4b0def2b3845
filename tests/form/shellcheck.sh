#!/usr/bin/env bash
# No finding of shellcheck in what users give to SLURM.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
shellcheck slurm/submit slurm/*.sbatch
