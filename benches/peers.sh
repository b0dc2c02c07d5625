#!/bin/sh
# Times Uccello and its peers on one trace, one after the other, with the file in memory:
#
#     benches/peers.sh [TRACE [WORD]]
#
# TRACE is target/trace.txt unless named; WORD (28032) is what is searched for, of letters and digits only, since
# each program spells patterns in its own way. RUNS (5) and UCCELLO (target/release/uccello) may be set.
#
# What the rows mean: `wc` and `rg` read the bytes and know nothing of records. `lnav` and `glogg` load the file into
# their own index, `lnav` with a filter whose lines it prints. `uccello info` indexes every record; `uccello messages`
# does so, searches the text and prints the records that hold the word. Every run starts with nothing but the warm
# file, and all output goes to /dev/null. The peak memory counts the pages of a mapped file too.
set -eu

trace=${1:-target/trace.txt}
word=${2:-28032}
runs=${RUNS:-5}
uccello=${UCCELLO:-target/release/uccello}

fail() {
    echo "peers: $1" >&2
    exit 2
}

[ -r "$trace" ] || fail "$trace: cannot be read; make it with: cargo run --release --example make_sample_logs -- --gib 1 -o $trace"
command -v "$uccello" >/dev/null || fail "$uccello: there is no such program; make it with: cargo build --release"
case $word in '' | *[!A-Za-z0-9]*) fail "'$word': give one word of letters and digits" ;; esac
case $runs in '' | *[!0-9]* | 0*) fail "RUNS=$runs: give the number of runs, from 1" ;; esac
case $(date +%N) in *[!0-9]* | '') fail "this needs a 'date' that knows nanoseconds, as that of GNU does" ;; esac

work=$(mktemp -d)
viewer=
# The viewer with a window does not end by itself.
trap '[ -z "$viewer" ] || kill "$viewer" 2>/dev/null || :; rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
mkfifo "$work/log"

# Nothing of the user's is read or written by the peers.
HOME=$work XDG_CONFIG_HOME=$work/config XDG_RUNTIME_DIR=$work RIPGREP_CONFIG_PATH=
export HOME XDG_CONFIG_HOME XDG_RUNTIME_DIR RIPGREP_CONFIG_PATH
chmod 700 "$work"

row() { printf '%-46s %8s %8s %9s\n' "$@"; }

# Runs a program and leaves its peak memory in kilobytes, where GNU time can tell it.
run() {
    if /usr/bin/time -f %M true 2>/dev/null; then
        /usr/bin/time -f %M -o "$work/memory" "$@"
    else
        "$@"
    fi
}

# glogg has no mode without a window: the time until it says that it has loaded the file, without a screen.
load_glogg() {
    QT_QPA_PLATFORM=offscreen glogg -m -n -dddd "$1" >"$work/log" 2>&1 &
    viewer=$!
    loaded=0
    # Held open, or the viewer would end with its next word.
    exec 3<"$work/log"
    grep -q 'handleLoadingFinished success=1' <&3 || loaded=2
    sed -n 's/^VmHWM:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$viewer/status" >"$work/memory" 2>/dev/null || :
    return "$loaded"
}

end_viewer() {
    [ -n "$viewer" ] || return 0
    kill "$viewer" 2>/dev/null || :
    wait "$viewer" 2>/dev/null || :
    exec 3<&-
    viewer=
}

# measure NAME PROGRAM COMMAND...: one row, or why there is none.
measure() {
    name=$1 program=$2
    shift 2
    command -v "$program" >/dev/null || { row "$name" 'not installed' '' ''; return; }
    : >"$work/times"
    : >"$work/peaks"
    left=$runs
    while [ "$left" -gt 0 ]; do
        : >"$work/memory"
        start=$(date +%s%N) code=0
        "$@" </dev/null >/dev/null 2>"$work/errors" || code=$?
        end=$(date +%s%N)
        end_viewer
        # ripgrep answers 1 where the word does not occur.
        [ "$code" -eq 0 ] || [ "$program $code" = 'rg 1' ] || { row "$name" "failed ($code)" '' ''; return; }
        echo $(((end - start) / 1000000)) >>"$work/times"
        tail -n 1 "$work/memory" >>"$work/peaks"
        left=$((left - 1))
    done
    median=$(sort -n "$work/times" | sed -n "$(((runs + 1) / 2))p")
    peak=$(sort -n "$work/peaks" | tail -n 1)
    row "$name" "$(sort -n "$work/times" | head -n 1)" "$median" "${peak:+$((peak / 1024))}"
}

cat "$trace" >/dev/null
echo "$trace, $(wc -c <"$trace") bytes, $runs runs each, searching for $word"
row '' 'min ms' 'median' 'peak MiB'
measure 'wc -l' wc run wc -l "$trace"
measure "rg -c -i $word" rg run rg -c -i "$word" "$trace"
measure 'uccello info' "$uccello" run "$uccello" info "$trace"
measure "uccello messages --all --where $word" "$uccello" run "$uccello" messages "$trace" --all --where "$word"
measure 'glogg, until the file is loaded' glogg load_glogg "$trace"
measure "lnav, with :filter-in $word" lnav run lnav -n -N -c ":filter-in $word" "$trace"
if command -v klogg >/dev/null; then
    row 'klogg' 'no mode without a window: not timed' '' ''
else
    row 'klogg' 'not installed' '' ''
fi
