#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# fuzz.sh BUILD SECONDS [JOBS] - runs every fuzz target for SECONDS each, JOBS at a time. New inputs
# stay in BUILD/corpus; what broke a target stays in BUILD/crashes and belongs into tests/fuzz/seeds.
set -euo pipefail

build=$1 seconds=$2 jobs=${3:-2}
mkdir -p "$build/crashes"

fuzz_one() {
    local target=$1 build=$2 seconds=$3
    local name
    name=$(basename "$target")
    local subject=${name#fuzz_}
    local seeds=tests/fuzz/seeds/$subject dictionary=tests/fuzz/$subject.dict
    local arguments=(-max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -verbosity=0
        -print_final_stats=1 -artifact_prefix="$build/crashes/$subject-")
    mkdir -p "$build/corpus/$subject"
    [ ! -f "$dictionary" ] || arguments+=(-dict="$dictionary")
    arguments+=("$build/corpus/$subject")
    [ ! -d "$seeds" ] || arguments+=("$seeds")
    if "$target" "${arguments[@]}" >"$build/$name.log" 2>&1; then
        echo "ok   $name ($(sed -n 's/^stat::number_of_executed_units: *//p' "$build/$name.log") inputs)"
    else
        echo "FAIL $name:"
        tail -n 60 "$build/$name.log"
        return 1
    fi
}
export -f fuzz_one

mapfile -t targets < <(find "$build" -name 'fuzz_*' -type f -perm -u+x | sort)
[ ${#targets[@]} -gt 0 ] || { echo "fuzz.sh: no fuzz targets in $build" >&2; exit 1; }
printf '%s\0' "${targets[@]}" |
    xargs -0 -P "$jobs" -I{} bash -euo pipefail -c 'fuzz_one "$@"' fuzz {} "$build" "$seconds"
