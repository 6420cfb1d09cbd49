# Sourced by the scripts beside it: where the project is, how a preset is built, how a stage is timed.
# shellcheck shell=bash

set -euo pipefail
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cd "$ROOT"

JOBS=${CORDON_JOBS:-$(nproc)}
# A cache hit must not depend on where the clone lies.
export CCACHE_BASEDIR=${CCACHE_BASEDIR:-$ROOT}

note() {
    printf '\n== %s\n' "$*"
}

fail() {
    printf '%s: %s\n' "${0##*/}" "$*" >&2
    exit 1
}

# build_preset PRESET [TARGET...]: configure (quietly when nothing is wrong) and build.
build_preset() {
    local preset=$1 log
    shift
    log=$(mktemp)
    if ! cmake --preset "$preset" >"$log" 2>&1; then
        cat "$log" >&2
        rm -f "$log"
        fail "configuring the preset '$preset' failed"
    fi
    rm -f "$log"
    cmake --build "build/$preset" -j "$JOBS" ${1:+--target "$@"} || fail "building the preset '$preset' failed"
}

# stage NAME COMMAND...: run it and remember how long it took.
STAGES=()
stage() {
    local name=$1 start=$SECONDS
    shift
    note "$name"
    "$@"
    STAGES+=("$(printf '%-28s %5d s' "$name" $((SECONDS - start)))")
}

stage_table() {
    printf '\n%-28s %7s\n' stage time
    printf '%s\n' "${STAGES[@]}"
    printf '%-28s %5d s\n' total "$SECONDS"
}
