#!/bin/bash
# One task of a suite under Slurm: makes every n-th simulation, or joins them all when it is no task of an array.
# Submitted by submit-suite.sh; what a requeued or timed-out task has left undone, the same task does when it runs again.
#SBATCH --job-name=equiflow-suite
#SBATCH --requeue
set -euo pipefail
read -ra equiflow <<< "${EQUIFLOW:-equiflow}"
if [ -n "${SLURM_ARRAY_TASK_ID:-}" ]; then
  exec "${equiflow[@]}" simulate "$@" --shard "$SLURM_ARRAY_TASK_ID/$SLURM_ARRAY_TASK_COUNT" \
    --workers "${SLURM_CPUS_PER_TASK:-1}"
fi
exec "${equiflow[@]}" simulate "$@" --merge
