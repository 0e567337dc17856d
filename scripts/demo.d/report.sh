# shellcheck shell=bash
# Samples of the running daemons, and the figures at the end. Sourced by scripts/demo,
# which sets what is not assigned here.
# shellcheck disable=SC2154,SC2034

count_rows="SELECT sum(reltuples)::bigint FROM pg_class
    WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
count_tables="SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"

# start_sampling: notes the source's status and both daemons' peak memory four times a second.
start_sampling() {
    (
        set +e
        while [[ -d $work ]]; do
            curl -fsS --max-time 2 -H "Authorization: Bearer $TELEPORT_TOKEN" \
                "http://127.0.0.1:$source_api/status" 2>/dev/null | tr -d '\n' >"$work/status.part"
            if [[ -s $work/status.part ]]; then
                { cat "$work/status.part"; echo; } >>"$work/status.jsonl"
            fi
            for side in source target; do
                echo "$side $(peak_memory "$(<"$work/$side.pid")")" >>"$work/memory"
            done
            sleep 0.25
        done
    ) </dev/null >/dev/null 2>&1 &
    sampler=$!
    disown "$sampler"
}
stop_sampling() {
    kill "$sampler" 2>/dev/null || true
    sampler=''
}

# summary_of_writes: what pgbench said, in one line.
summary_of_writes() {
    local done_ tps
    done_=$(sed -n 's/^number of transactions actually processed: \([0-9]*\).*/\1/p' "$work/pgbench.log")
    tps=$(sed -n 's/^tps = \([0-9.]*\).*/\1/p' "$work/pgbench.log")
    printf 'the application committed %s transactions, %.0f a second' "$done_" "$tps"
}

# rows_written DIR PORT DATABASE SCHEMA: rows inserted, updated and deleted, by the server's count.
rows_written() {
    as_superuser "$1" "$2" "$3" -At -c "SELECT sum(n_tup_ins + n_tup_upd + n_tup_del)
        FROM pg_stat_all_tables WHERE schemaname = '$4'"
}

report() {
    say "rows written on the source: $(rows_written "$work/source" "$source_port" shop public)"
    say "rows written on the target: $(rows_written "$work/target" "$target_port" warehouse test)"
    say "initial load:               $load_took s"
    python3 - "$work" <<'PYTHON'
import json
import os
import sys

work = sys.argv[1]


def lags(value, name=""):
    """Every number below a key that is a lag in seconds."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from lags(inner, key)
    elif isinstance(value, list):
        for inner in value:
            yield from lags(inner, name)
    elif isinstance(value, (int, float)) and not isinstance(value, bool) and name.startswith("lag"):
        yield float(value)


samples = []
path = os.path.join(work, "status.jsonl")
if os.path.exists(path):
    with open(path, encoding="utf-8") as file:
        for line in file:
            try:
                samples += lags(json.loads(line))
            except ValueError:
                continue
samples.sort()
if samples:
    middle, high = samples[len(samples) // 2], samples[min(len(samples) - 1, len(samples) * 99 // 100)]
    print(f"lag by /status:             median {middle:.2f} s, 99 % below {high:.2f} s, "
          f"most {samples[-1]:.2f} s ({len(samples)} samples, outages included)")
else:
    print("lag by /status:             no samples")
peaks = {"source": 0, "target": 0}
with open(os.path.join(work, "memory"), encoding="utf-8") as file:
    for line in file:
        side, kilobytes = line.split()
        peaks[side] = max(peaks[side], int(kilobytes))
for side, kilobytes in peaks.items():
    print(f"peak memory, {side} daemon:  {kilobytes / 1024:.1f} MB")
PYTHON
    say "time since the build:       $(elapsed "$began") s"
}
