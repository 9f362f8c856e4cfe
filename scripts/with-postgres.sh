#!/usr/bin/env bash
# with-postgres.sh CMD [ARG…]: runs CMD with TEST_DATABASE_URL naming a PostgreSQL server, and passes on its exit status.
#
# TEST_DATABASE_URL set already   that server is used and left alone
# otherwise                       a private cluster is made in a temporary folder, listening on 127.0.0.1 only,
#                                 and removed at the end, however CMD ends
# PG_DURABLE=1                    keeps fsync, synchronous_commit and full_page_writes on (measurements)
# PG_BIN=folder                   where initdb, pg_ctl and postgres are, when they are not found
#
# As root the server runs as `postgres` or `nobody`, because PostgreSQL refuses to run as root.
set -euo pipefail

say() { printf 'with-postgres: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

[ $# -gt 0 ] || die "usage: with-postgres.sh CMD [ARG…]"
if [ -n "${TEST_DATABASE_URL:-}" ]; then
    exec "$@"
fi

# --- the server's programs -------------------------------------------------------------------------------------

has_server() { [ -x "$1/initdb" ] && [ -x "$1/pg_ctl" ] && [ -x "$1/postgres" ]; }

# prints the folder of a complete installation: PG_BIN, the PATH, Debian's versioned folders (newest first),
# and where other systems put theirs
find_server() {
    local initdb folder
    if [ -n "${PG_BIN:-}" ]; then
        has_server "$PG_BIN" && printf '%s\n' "$PG_BIN"
        return
    fi
    if initdb=$(command -v initdb); then
        folder=$(dirname "$(readlink -f "$initdb" 2>/dev/null || printf '%s' "$initdb")")
        if has_server "$folder"; then
            printf '%s\n' "$folder"
            return
        fi
    fi
    while IFS= read -r folder; do
        if has_server "$folder"; then
            printf '%s\n' "$folder"
            return
        fi
    done < <(printf '%s\n' /usr/lib/postgresql/*/bin /usr/pgsql-*/bin /opt/homebrew/opt/postgresql@*/bin \
        /usr/local/opt/postgresql@*/bin | sort -rV)
    return 1
}

install_server() {
    if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
        return 1
    fi
    say "no PostgreSQL server here: installing Debian's"
    # only the programs are wanted, not a cluster of the machine's
    if [ ! -e /etc/postgresql-common/createcluster.conf ]; then
        mkdir -p /etc/postgresql-common
        printf 'create_main_cluster = false\n' >/etc/postgresql-common/createcluster.conf
    fi
    {
        apt-get update &&
            DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
                -o Dpkg::Options::=--force-confold postgresql
    } >&2
}

if ! bin=$(find_server); then
    if ! install_server || ! bin=$(find_server); then
        die "the tests need a PostgreSQL server (14 or newer). Install it:
  Debian, Ubuntu   sudo apt-get install postgresql
  Fedora           sudo dnf install postgresql-server
  macOS            brew install postgresql@17
or set PG_BIN to the folder that holds initdb, or TEST_DATABASE_URL to the URL of a server
where the user may create databases, such as postgres://postgres@127.0.0.1:5432/postgres"
    fi
fi

# --- who runs it -----------------------------------------------------------------------------------------------

as_server=()
if [ "$(id -u)" = 0 ]; then
    for user in postgres nobody; do
        id "$user" >/dev/null 2>&1 && break
    done
    id "$user" >/dev/null 2>&1 || die "PostgreSQL does not run as root, and there is neither user postgres nor nobody"
    if command -v setpriv >/dev/null; then
        as_server=(setpriv "--reuid=$(id -u "$user")" "--regid=$(id -g "$user")" --clear-groups)
    else
        # $0 "$@" hands the arguments through su untouched
        # shellcheck disable=SC2016
        as_server=(su "$user" -s /bin/sh -c 'exec "$0" "$@"' --)
    fi
fi

# --- the cluster -----------------------------------------------------------------------------------------------

home=
child=
stop() {
    trap '' INT TERM HUP
    if [ -n "$home" ]; then
        if [ -s "$home/data/postmaster.pid" ]; then
            pg_ctl stop -D "$home/data" -m immediate -w >/dev/null 2>&1 || say "the server in $home did not stop"
        fi
        rm -rf "$home"
        home=
    fi
}
# the server's user may not enter the caller's folder
pg_ctl() { (cd "$home" && ${as_server[@]+"${as_server[@]}"} "$bin/pg_ctl" "$@"); }
# the command gets the signal first; its end is waited for below
forward() {
    signalled=$2
    [ -z "$child" ] || kill -"$1" "$child" 2>/dev/null || true
}
signalled=
trap stop EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
trap 'exit 129' HUP

make_home() {
    home=$(mktemp -d "$1/tacit-postgres.XXXXXX")
    if [ ${#as_server[@]} -gt 0 ]; then
        chown "$user" "$home"
    fi
    # a folder may be out of reach for another user
    (cd / && ${as_server[@]+"${as_server[@]}"} test -w "$home")
}
if ! make_home "${TMPDIR:-/tmp}"; then
    rm -rf "$home"
    make_home /tmp || die "/tmp is not writable for the server's user"
fi

init() {
    (cd "$home" && ${as_server[@]+"${as_server[@]}"} "$bin/initdb" -D "$home/data" -U postgres --auth=trust -E UTF8 \
        "--locale=$1" --no-sync) >"$home/initdb.log" 2>&1
}
if ! init C.UTF-8; then
    rm -rf "$home/data"
    init C || { cat "$home/initdb.log" >&2; die "initdb failed"; }
fi

if [ "${PG_DURABLE:-0}" = 1 ]; then
    durability="-c fsync=on -c synchronous_commit=on -c full_page_writes=on"
else
    durability="-c fsync=off -c synchronous_commit=off -c full_page_writes=off"
fi

# 20000–31999: below the ports that Linux hands out to clients
start() {
    local port attempt
    for attempt in 1 2 3 4 5 6 7 8; do
        port=$((20000 + (RANDOM * 32768 + RANDOM) % 12000))
        # somebody answers there
        if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
            continue
        fi
        # no socket: its path would be limited to 107 characters
        if pg_ctl start -D "$home/data" -w -t 60 -l "$home/server.log" -o "-p $port -c listen_addresses=127.0.0.1 \
            -c unix_socket_directories='' -c max_connections=300 -c wal_level=minimal -c max_wal_senders=0 \
            -c timezone=UTC $durability" >/dev/null 2>&1; then
            export TEST_DATABASE_URL="postgres://postgres@127.0.0.1:$port/postgres"
            return 0
        fi
        # only a port that was taken meanwhile is worth another attempt
        grep -q 'could not bind' "$home/server.log" || return 1
        say "attempt $attempt: port $port is taken"
        rm -f "$home/server.log"
    done
    return 1
}
if ! start; then
    cat "$home/server.log" >&2 || true
    die "the server does not start"
fi

# --- the command -----------------------------------------------------------------------------------------------

trap 'forward INT 130' INT
trap 'forward TERM 143' TERM
trap 'forward HUP 129' HUP

# in the background, because bash runs no trap while it waits for a command in the foreground;
# a background command ignores INT unless told otherwise
(
    trap - INT QUIT TERM HUP EXIT
    exec "$@"
) <&0 &
child=$!

status=0
wait "$child" || status=$?
# `wait` also returns when a signal arrives: wait on until the command has really ended
while [ -n "$signalled" ] && kill -0 "$child" 2>/dev/null; do
    status=0
    wait "$child" || status=$?
done
exit "$status"
