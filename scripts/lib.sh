# shellcheck shell=bash
# What the scripts share: where things are, throw-away PostgreSQL clusters, waiting with a
# deadline, and cleaning up. Sourced, never run; the caller has `set -euo pipefail`.

# shellcheck disable=SC2034  # used by those who source this
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

say() { printf '%s\n' "$*"; }
step() { printf '\n== %s\n' "$*"; }
warn() { printf '%s\n' "$*" >&2; }
die() {
    warn "${0##*/}: $*"
    exit 1
}
have() { command -v "$1" >/dev/null 2>&1; }

# Seconds since some fixed moment, with milliseconds.
now() { date +%s.%3N; }
# elapsed START: the seconds since START, with one decimal.
elapsed() { awk -v a="$1" -v b="$(now)" 'BEGIN { printf "%.1f", b - a }'; }

# --- Cleaning up -------------------------------------------------------------------------------

# Commands to run at the end, the last one first; on_exit adds one. They find the code that the
# script ends with in exit_status.
exit_commands=()
on_exit() { exit_commands+=("$1"); }
run_exit_commands() {
    exit_status=$?
    local i
    trap - EXIT
    trap '' INT TERM
    set +e
    for ((i = ${#exit_commands[@]} - 1; i >= 0; i--)); do
        eval "${exit_commands[i]}"
    done
    exit "$exit_status"
}
# arm_cleanup: from here on the commands run however the script ends.
arm_cleanup() {
    trap run_exit_commands EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM
}

# --- Waiting -----------------------------------------------------------------------------------

# wait_until SECONDS WHAT COMMAND...: repeats the command until it succeeds; names WHAT otherwise.
wait_until() {
    local seconds=$1 what=$2 end
    shift 2
    end=$((SECONDS + seconds))
    until "$@" >/dev/null 2>&1; do
        if ((SECONDS >= end)); then
            warn "gave up after $seconds s waiting for: $what"
            return 1
        fi
        sleep 0.1
    done
}

# stop_process PID [SECONDS]: asks it to end, and ends it when it has not after SECONDS.
stop_process() {
    local pid=$1 seconds=${2:-12}
    kill -TERM "$pid" 2>/dev/null || return 0
    wait_until "$seconds" "process $pid to end" process_gone "$pid" || kill -KILL "$pid" 2>/dev/null
    wait "$pid" 2>/dev/null || true
}
process_gone() {
    local state
    state=$(awk '/^State:/ { print $2 }' "/proc/$1/status" 2>/dev/null) || return 0
    [[ -z $state || $state == Z ]]
}

# free_port: a port of 127.0.0.1 that nobody listens on now.
free_port() {
    python3 -c 'import socket
s = socket.socket()
s.bind(("127.0.0.1", 0))
print(s.getsockname()[1])'
}

# --- PostgreSQL --------------------------------------------------------------------------------

# pg_bin: the directory with initdb and postgres; TELEPORT_PG_BIN overrides the search.
pg_bin() {
    local directory
    if [[ -n ${TELEPORT_PG_BIN:-} ]]; then
        say "$TELEPORT_PG_BIN"
        return
    fi
    for directory in /usr/lib/postgresql/15/bin \
        $(find /usr/lib/postgresql -mindepth 2 -maxdepth 2 -name bin 2>/dev/null | sort -rV) \
        "$(pg_config --bindir 2>/dev/null)"; do
        if [[ -x $directory/initdb && -x $directory/postgres ]]; then
            say "$directory"
            return
        fi
    done
    return 1
}

# as_server COMMAND...: servers refuse to run as root, so root runs them as `postgres`.
as_server() {
    if [[ $(id -u) == 0 ]]; then
        (cd / && runuser -u postgres -- "$@")
    else
        (cd / && "$@")
    fi
}

# servers_folder: where scripts/servers puts servers of other versions: TELEPORT_SERVERS, else
# .build-servers of the checkout, or a folder of /tmp where their user cannot read the checkout.
servers_folder() {
    if [[ -n ${TELEPORT_SERVERS:-} ]]; then
        say "$TELEPORT_SERVERS"
    elif as_server test -r "$root/scripts/lib.sh"; then
        say "$root/.build-servers"
    else
        say "/tmp/teleport-servers-$(id -u)"
    fi
}

# make_authority DIR: ca.crt and a certificate for localhost and 127.0.0.1, good for two days.
make_authority() {
    local directory=$1
    (
        cd "$directory"
        openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj "/CN=teleport throw-away authority" \
            -keyout ca.key -out ca.crt
        openssl req -newkey rsa:2048 -nodes -subj "/CN=localhost" -keyout server.key -out server.csr
        printf 'subjectAltName=DNS:localhost,IP:127.0.0.1\n' >server.ext
        openssl x509 -req -in server.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 2 \
            -extfile server.ext -out server.crt
        chmod 600 ca.key server.key
    ) >"$directory/openssl.log" 2>&1 || {
        cat "$directory/openssl.log" >&2
        return 1
    }
}

# make_cluster DIR PORT PASSWORD [SETTING...]: initdb and configuration, not started. Passwords by
# SCRAM over TCP; the superuser comes in over the socket, whose directory is DIR.
make_cluster() {
    local directory=$1 port=$2 password=$3 bin
    shift 3
    bin=$(pg_bin)
    mkdir -p "$directory"
    (umask 077 && printf '%s\n' "$password" >"$directory/pw")
    make_authority "$directory"
    if [[ $(id -u) == 0 ]]; then chown -R postgres "$directory"; fi
    as_server "$bin/initdb" -D "$directory/data" -U postgres --auth-local=trust \
        --auth-host=scram-sha-256 --pwfile="$directory/pw" -E UTF8 --locale=C.UTF-8 -N \
        >"$directory/initdb.log" 2>&1 || {
        cat "$directory/initdb.log" >&2
        return 1
    }
    {
        printf '%s\n' "port = $port" "listen_addresses = '127.0.0.1'" \
            "unix_socket_directories = '$directory'" "password_encryption = 'scram-sha-256'" \
            "ssl = on" "ssl_cert_file = '$directory/server.crt'" \
            "ssl_key_file = '$directory/server.key'" "max_connections = 100" \
            "log_min_messages = warning" "max_wal_size = 2GB"
        printf '%s\n' "$@"
    } >>"$directory/data/postgresql.conf"
    # Whoever comes over TCP must use TLS.
    sed -i 's/^host\( *all *all *127\)/hostssl\1/; s/^host\( *all *all *::1\)/hostssl\1/' \
        "$directory/data/pg_hba.conf"
}
start_cluster() {
    as_server "$(pg_bin)/pg_ctl" -D "$1/data" -l "$1/server.log" -w -t 60 start \
        >/dev/null </dev/null 2>&1
}
# stop_cluster DIR [MODE]
stop_cluster() {
    as_server "$(pg_bin)/pg_ctl" -D "$1/data" -m "${2:-fast}" -w -t 60 stop >/dev/null 2>&1
}
# remove_cluster DIR: stops it, whatever state it is in, and removes it.
remove_cluster() {
    [[ -d $1/data ]] || return 0
    if [[ -f $1/data/postmaster.pid ]]; then stop_cluster "$1" immediate; fi
    rm -rf "$1"
}
# as_superuser DIR PORT DATABASE [PSQL OPTION...]
as_superuser() {
    local directory=$1 port=$2 database=$3
    shift 3
    PGOPTIONS='' psql -X -q -v ON_ERROR_STOP=1 -h "$directory" -p "$port" -U postgres \
        -d "$database" "$@"
}

# --- teleportd ---------------------------------------------------------------------------------

# build_teleportd CONFIGURATION: sets `teleportd` to the binary; TELEPORTD names one that is
# there already.
build_teleportd() {
    local configuration=$1 began
    if [[ -n ${TELEPORTD:-} ]]; then
        teleportd=$TELEPORTD
        [[ -x $teleportd ]] || die "TELEPORTD=$teleportd is no program"
        say "using $teleportd"
        return
    fi
    began=$(now)
    (cd "$root" && swift build -c "$configuration" --product teleportd </dev/null)
    teleportd=$(cd "$root" && swift build -c "$configuration" --show-bin-path </dev/null)/teleportd
    [[ -x $teleportd ]] || die "no teleportd at $teleportd after the build"
    say "built teleportd ($configuration) in $(elapsed "$began") s"
}

# healthy PORT: whether a daemon answers.
healthy() { curl -fsS --max-time 2 "http://127.0.0.1:$1/healthz"; }

# peak_memory PID: its largest resident size so far in kB, 0 when it is gone.
peak_memory() {
    awk '/^VmHWM:/ { found = 1; print $2 } END { if (!found) print 0 }' "/proc/$1/status" \
        2>/dev/null || say 0
}
