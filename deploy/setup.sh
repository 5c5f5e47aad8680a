#!/bin/sh
# Installs what is missing, says what it does, and does nothing where nothing is missing.
# Needs git, make and, on Debian, root; elsewhere it names what to install and stops.
set -eu
cd "$(dirname "$0")/.."
mkdir -p build

say() { printf 'setup: %s\n' "$*"; }
stop() { printf 'setup: %s\n' "$*" >&2; exit 1; }

# --- Debian packages -------------------------------------------------------
wanted=$(sed -e 's/#.*//' -e '/^[[:space:]]*$/d' deploy/debian-packages.txt)
command -v npm >/dev/null 2>&1 || wanted="$wanted nodejs npm"   # npm carries buf, which lints the contract
if command -v dpkg-query >/dev/null 2>&1; then
    missing=
    for package in $wanted; do
        dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing="$missing $package"
    done
    if [ -n "$missing" ]; then
        if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null 2>&1; then
            stop "these Debian packages are missing; install them as root and call this again:
    apt-get install --no-install-recommends$missing"
        fi
        say "installing Debian packages:$missing"
        export DEBIAN_FRONTEND=noninteractive
        apt-get update -q >build/apt.log 2>&1 || { tail -5 build/apt.log >&2; stop "apt-get update failed"; }
        # shellcheck disable=SC2086 # one word a package
        apt-get install -q -y --no-install-recommends $missing >>build/apt.log 2>&1 \
            || { tail -20 build/apt.log >&2; stop "apt-get install failed; the whole output is in build/apt.log"; }
    fi
else
    missing=
    for command in Xvfb espeak-ng sipp baresip xdotool sox npm; do
        command -v "$command" >/dev/null 2>&1 || missing="$missing $command"
    done
    if [ -n "$missing" ] && [ ! -e build/packages-are-here ]; then
        stop "this is not Debian. Not found:$missing. Install what your system calls these Debian 12 packages:
$(printf '    %s\n' $wanted)
then 'touch build/packages-are-here' if a command is still not found under its name, and call this again."
    fi
fi

# --- Python ----------------------------------------------------------------
if [ ! -x .venv/bin/python ] || ! .venv/bin/python -c 'import pip' 2>/dev/null; then
    python=
    for candidate in ${PYTHON:-} python3.12 python3.11 python3; do
        if "$candidate" -c 'import sys, ensurepip, venv; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 13))' 2>/dev/null; then
            python=$candidate
            break
        fi
    done
    [ -n "$python" ] || stop "needs Python 3.11 or 3.12 with venv (Debian: apt-get install python3 python3-venv)"
    say "making .venv with $("$python" --version)"
    rm -rf .venv
    "$python" -m venv .venv
fi

# A step runs again when one of the files it depends on has changed.
changed() { # NAME FILE...
    name=$1; shift
    now=$(cat "$@" | cksum)
    [ "$(cat ".venv/$name.stamp" 2>/dev/null)" != "$now" ]
}
done_with() { printf '%s\n' "$now" >".venv/$name.stamp"; }

if changed packages requirements.lock; then
    say "installing Python packages (a few minutes the first time)"
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
    done_with
fi
# The telephone library's own build takes the place of the ready wheel, which pip may just have put back; on a
# Python that has no ready wheel it is the only one.
.venv/bin/python -m deploy.pjsua2 --if-built
.venv/bin/python -c 'import pjsua2' 2>/dev/null || .venv/bin/python -m deploy.pjsua2 || stop "no telephone library"
if changed project pyproject.toml generate.py; then
    say "installing huimin"
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
    done_with
fi
if changed generated generate.py $(git ls-files '*.proto' '*.po') || [ ! -e protos/huimin/v1/form_pb2.py ]; then
    say "generating stubs and catalogues"
    .venv/bin/python generate.py
    done_with
fi
if changed input requirements.lock kiosk/fonts.py $(git ls-files 'kiosk/input/*.py' | grep -v keyboards/); then
    say "preparing fonts and Chinese input"
    .venv/bin/python -m kiosk.input.deploy
    done_with
fi
if changed buf protos/package.json || [ ! -d protos/node_modules ]; then
    say "installing buf"
    # No lock file: npm's versions disagree on how one lists packages of other platforms; the version is exact.
    npm install --prefix protos --no-package-lock --no-audit --no-fund >build/npm.log 2>&1 \
        || { tail -20 build/npm.log >&2; stop "npm install failed; the whole output is in build/npm.log"; }
    done_with
fi
say "ready"
