#!/usr/bin/env bash
# Makes a machine ready: Python environment from the lock, the project itself, system packages for the tests.
# Needs Python 3.11, make and git. Quick when there is nothing to do. No address of a registry is in this file:
# pip's own configuration (or UV_DEFAULT_INDEX) says where packages come from, and the lock says which bytes.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

VENV=.venv
STAMP=$VENV/.safezone-lock
TRIED=$VENV/.safezone-system
PLACE=$VENV/.safezone-place

say() { printf '%s\n' "$*"; }
fail() { printf 'setup: %s\n' "$*" >&2; exit 1; }

find_python() {
    local candidate
    for candidate in "${PYTHON:-}" python3.11 python3 python; do
        if [ -n "$candidate" ] && "$candidate" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null; then
            command -v "$candidate"
            return
        fi
    done
    fail "Python 3.11 not found. Install it, or say where it is: make setup PYTHON=/path/to/python3.11"
}

wanted() { # what the environment must have been made from
    cat requirements.lock pyproject.toml | sha256sum | cut -d' ' -f1
}

usable() { # an environment cannot be moved: its scripts name the place it was made in
    "$VENV/bin/python" -c 'import sys, pip; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null &&
        [ "$(cat $PLACE 2>/dev/null || pwd)" = "$(pwd)" ]
}

locked() { # the lock's own entry of one package, with its hashes
    awk -v name="$1" '$0 ~ "^" name "==" {on = 1} on {print} on && !/\\$/ {exit}' requirements.lock
}

use_machines_registry() { # uv does not read pip's configuration
    local index
    if [ -z "${UV_DEFAULT_INDEX:-}${UV_INDEX_URL:-}" ]; then
        index=${PIP_INDEX_URL:-$("$VENV/bin/python" -m pip config get global.index-url 2>/dev/null || true)}
        if [ -n "$index" ]; then export UV_DEFAULT_INDEX=$index; fi
    fi
    if [ -z "${SSL_CERT_FILE:-}" ] && [ -n "${PIP_CERT:-}" ]; then export SSL_CERT_FILE=$PIP_CERT; fi
}

environment() {
    local want
    want=$(wanted)
    if [ "$(cat $STAMP 2>/dev/null)" = "$want" ] && [ "$(cat $PLACE 2>/dev/null)" = "$(pwd)" ]; then return; fi
    if ! usable; then
        local python
        python=$(find_python)
        say "setup: environment in $VENV ($("$python" -V))"
        "$python" -m venv --clear $VENV || fail "$python cannot make a virtual environment (on Debian: apt install python3.11-venv)."
        pwd >$PLACE
    fi
    use_machines_registry
    local bootstrap
    bootstrap=$(mktemp)
    # shellcheck disable=SC2064  # the name is fixed now
    trap "rm -f '$bootstrap'" EXIT
    locked uv >"$bootstrap"
    "$VENV/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r "$bootstrap"
    say "setup: packages from requirements.lock"
    # Compiled now, as pip does: where PYTHONDONTWRITEBYTECODE is set, every process would compile them again.
    if ! "$VENV/bin/uv" pip install --quiet --compile-bytecode --python $VENV/bin/python --require-hashes -r requirements.lock; then
        say "setup: uv could not install them; trying pip"
        "$VENV/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
    fi
    # The build back end is in the lock, so nothing is downloaded that has no hash there.
    "$VENV/bin/uv" pip install --quiet --python $VENV/bin/python --offline --no-deps --no-build-isolation -e .
    pwd >$PLACE
    printf '%s\n' "$want" >$STAMP
}

has_postgres() { command -v initdb >/dev/null || compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null; }
has_fonts() { compgen -G '/usr/share/fonts/*/noto*/*CJK*' >/dev/null; }
has_browser() { command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null; }

missing() { # "package<TAB>which tests need it", a line each
    has_browser || printf 'chromium\tthe portal in a browser\n'
    has_fonts || printf 'fonts-noto-cjk\tthe portal in a browser (Korean text)\n'
    command -v bwrap >/dev/null || printf 'bubblewrap\treading deliveries in a sandbox\n'
    command -v softhsm2-util >/dev/null || printf 'softhsm2\tkeys in a hardware security module\n'
    command -v openssl >/dev/null || printf 'openssl\ttime stamps of checkpoints\n'
    has_postgres || printf 'postgresql\tthe catalog on PostgreSQL\n'
    command -v redis-server >/dev/null || printf 'redis-server\tmany workers\n'
    command -v age >/dev/null || printf 'age\topening packages with the ordinary age\n'
}

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi
}

system_packages() {
    local lacking packages
    lacking=$(missing)
    if [ -z "$lacking" ]; then return; fi
    packages=$(cut -f1 <<<"$lacking")
    if command -v apt-get >/dev/null && as_root true 2>/dev/null && [ "$(cat $TRIED 2>/dev/null)" != "$packages" ]; then
        say "setup: system packages: ${packages//$'\n'/ }"
        export DEBIAN_FRONTEND=noninteractive
        as_root apt-get update -qq >/dev/null 2>&1 || true
        # One by one when all at once fails: a package this release does not have must not cost the others.
        # shellcheck disable=SC2086
        as_root apt-get install -y -qq --no-install-recommends $packages >/dev/null 2>&1 ||
            for package in $packages; do
                as_root apt-get install -y -qq --no-install-recommends "$package" >/dev/null 2>&1 || true
            done
        lacking=$(missing)
        cut -f1 <<<"$lacking" >$TRIED
    fi
    if [ -z "$lacking" ]; then return; fi
    say "setup: missing on this machine, so these tests will be skipped (install them, or remove $TRIED to try again):"
    while IFS=$'\t' read -r package tests; do say "  $package: $tests"; done <<<"$lacking"
    if [ "${CI:-}" = true ]; then fail "with CI=true nothing may be skipped."; fi
}

environment
system_packages
