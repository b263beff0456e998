#!/bin/bash
# Makes a suite on a Slurm cluster: a job array of simulations, and a job that joins them once all have succeeded.
#
#   submit-suite.sh TASKS [sbatch options] -- [options of equiflow simulate]
#
# e.g.  submit-suite.sh 32 --cpus-per-task=4 --time=02:00:00 -- --kind nbody --suite 2000 --spectrum eh98 \
#         --size 64 --box 1000 --prior Omega_m:0.1:0.5,sigma_8:0.6:1.0 --out /scratch/me/suite
#
# EQUIFLOW is the command that runs on a node (default: equiflow). The folder of --out must be shared by the nodes. Running it
# again goes on where it stopped. Prints the identifiers of the two jobs.
set -euo pipefail
usage() { echo "submit-suite.sh: $1; usage: submit-suite.sh TASKS [sbatch options] -- [options of equiflow simulate]" >&2; exit 2; }
[ $# -ge 1 ] || usage "no number of tasks"
tasks=$1
[[ $tasks =~ ^[1-9][0-9]*$ ]] || usage "'$tasks' is no number of tasks"
shift
options=()
while [ $# -gt 0 ] && [ "$1" != -- ]; do
  options+=("$1")
  shift
done
[ $# -gt 0 ] || usage "no -- before the options of simulate"
shift
task=$(dirname "$(realpath "$0")")/suite-task.sh
array=$(sbatch --parsable --export=ALL ${options[@]+"${options[@]}"} --array="1-$tasks" "$task" "$@")
merge=$(sbatch --parsable --export=ALL --dependency="afterok:$array" --kill-on-invalid-dep=yes "$task" "$@")
echo "$array $merge"
