#!/bin/sh
# Makes the database on the first start, then becomes PostgreSQL. It needs POSTGRES_PASSWORD, and takes
# POSTGRES_USER (postgres), POSTGRES_DB (the user's name) and PGDATA (/var/lib/postgresql/data). With POSTGRES_MONITOR_PASSWORD
# there is also a role "monitor", which may read statistics and no data.
set -eu
PGDATA=${PGDATA:-/var/lib/postgresql/data}
user=${POSTGRES_USER:-postgres}
database=${POSTGRES_DB:-$user}
umask 077
if [ ! -s "$PGDATA/PG_VERSION" ]; then
  : "${POSTGRES_PASSWORD:?set POSTGRES_PASSWORD: the password of the database user $user}"
  # A start that was killed half-way left a folder that initdb would refuse.
  rm -rf "$PGDATA.new"
  mkdir -p "$PGDATA.new"
  printf '%s' "$POSTGRES_PASSWORD" >"$PGDATA.password"
  initdb -D "$PGDATA.new" -U "$user" -E UTF8 --locale=C -A scram-sha-256 --pwfile="$PGDATA.password"
  rm "$PGDATA.password"
  echo 'host all all all scram-sha-256' >>"$PGDATA.new/pg_hba.conf"
  if [ "$database" != postgres ]; then
    echo "create database \"$database\"" | postgres --single -D "$PGDATA.new" postgres >/dev/null
  fi
  if [ -n "${POSTGRES_MONITOR_PASSWORD:-}" ]; then
    secret=$(printf '%s' "$POSTGRES_MONITOR_PASSWORD" | sed "s/'/''/g")
    echo "create role monitor login password '$secret' in role pg_monitor" |
      postgres --single -D "$PGDATA.new" postgres >/dev/null
  fi
  rm -rf "$PGDATA"
  mv "$PGDATA.new" "$PGDATA"
fi
exec postgres -D "$PGDATA" -c listen_addresses='*' -c unix_socket_directories="${PGDATA%/*}" "$@"
