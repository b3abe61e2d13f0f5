#!/bin/sh
# Both commands of the README on a bare Debian: python3, python3-venv, make and git, and nothing else.
#
#   make fresh                   as root, with debootstrap; outside of continuous integration, for it takes minutes
#   SUITE=trixie make fresh      another Debian
#   CI=true make fresh           as a runner does it, as root
#
# A folder is made by debootstrap, the last commit of this checkout is cloned into it, and both commands are run there.
# Where packages come from is what apt and pip of this machine say. Everything is removed at the end, also after a failure.
set -eu

suite=${SUITE:-bookworm}
port=${PORT:-8199}
checkout=$(cd "$(dirname "$0")/.." && pwd)
[ "$(id -u)" = 0 ] || { echo "make fresh has to be run as root: it makes a Debian in a folder and changes its root to it."; exit 1; }
command -v debootstrap > /dev/null || { echo "make fresh needs debootstrap. Type: apt-get install debootstrap"; exit 1; }

work=$(mktemp -d "${TMPDIR:-/tmp}/fresh.XXXXXX")
root=$work/debian
serving=

stop() { # make run, if it is running
    if [ -n "$serving" ] && [ -s "$root/serving.pid" ]; then
        kill "$(cat "$root/serving.pid")" 2> /dev/null || true
        wait "$serving" 2> /dev/null || true
    fi
    serving=
}

clean() {
    code=$?
    trap - EXIT INT TERM
    stop
    for place in dev/shm dev/pts dev proc; do
        ! mountpoint -q "$root/$place" || umount "$root/$place" || umount --lazy "$root/$place"
    done
    rm -rf --one-file-system "$work"
    exit "$code"
}
trap clean EXIT
trap 'exit 130' INT TERM

began=$(date +%s)
passed() { echo "--- $1: $(($(date +%s) - began)) s"; began=$(date +%s); }

# The mirrors that apt of this machine knows for this Debian.
sources=$(apt-get indextargets --format 'deb $(REPO_URI) $(RELEASE) $(COMPONENT)' "Identifier: Packages" \
    | grep -E " $suite(-updates|-security)? main$" | sort -u)
mirror=$(echo "$sources" | sed -n "s/^deb \([^ ]*\) $suite main$/\1/p" | head -n 1)
[ -n "$mirror" ] || { echo "apt of this machine knows no mirror of Debian $suite."; exit 1; }
debootstrap --variant=minbase --include=python3,python3-venv,make,git "$suite" "$root" "$mirror" > "$work/debootstrap.log" 2>&1 \
    || { tail -n 20 "$work/debootstrap.log"; exit 1; }
echo "$sources" > "$root/etc/apt/sources.list"
apt-config dump | grep -iE '^Acquire::(http|https)' > "$root/etc/apt/apt.conf.d/99fresh" || true
passed "a Debian $suite with python3, python3-venv, make and git"

# How this machine reaches the network, and where its pip finds packages.
for file in /etc/resolv.conf /etc/hosts /etc/pip.conf "$HOME/.config/pip/pip.conf" "$HOME/.pip/pip.conf" \
    "${PIP_CONFIG_FILE:-}" "${PIP_CERT:-}" "${SSL_CERT_FILE:-}"; do
    if [ -f "$file" ]; then
        mkdir -p "$root$(dirname "$file")"
        cp -L "$file" "$root$file"
    fi
done
if [ -d "${PIP_FIND_LINKS:-}" ]; then
    mkdir -p "$root$PIP_FIND_LINKS"
    cp -R "$PIP_FIND_LINKS/." "$root$PIP_FIND_LINKS"
fi
mount -t proc proc "$root/proc"
for place in dev dev/pts dev/shm; do
    mount --bind "/$place" "$root/$place"
done
git clone --quiet "file://$checkout" "$root/checkout"

inside() {
    env -i HOME="$HOME" LANG=C.UTF-8 PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
        $(env | grep -E '^(CI|PIP_[A-Z_]*|SSL_CERT_FILE|https?_proxy|HTTPS?_PROXY|no_proxy|NO_PROXY)=[^[:space:]]*$') \
        chroot "$root" sh -c "mkdir -p $HOME && cd /checkout && $1"
}

inside "echo \$\$ > /serving.pid; exec make run PORT=$port" > "$work/run.log" 2>&1 &
serving=$!
tried=0
until inside "python3 -c 'import urllib.request as r; [r.urlopen(\"http://127.0.0.1:$port\" + p).read() for p in (\"/\", \"/health\")]'" 2> /dev/null; do
    tried=$((tried + 1))
    if [ "$tried" -gt 300 ] || ! kill -0 "$serving" 2> /dev/null; then
        cat "$work/run.log"
        exit 1
    fi
    sleep 1
done
passed "make run answers / and /health"
stop

inside "make test"
passed "make test"
