#!/bin/sh
# Makes a terminal of a Debian 12 machine: as root, from the project's folder, after `make setup` there. It may be
# repeated. With --root FOLDER it only puts its files below that folder, for an image or for a look at them.
set -eu
root=
case "${1:-}" in
    --root) root=${2:?--root needs a folder} ;;
    "") ;;
    *) echo "usage: $0 [--root FOLDER]" >&2; exit 2 ;;
esac
here=$(dirname "$0")

put() { install -D -m 644 "$here/$1" "$root$2"; }
put huimin-kiosk.service /etc/systemd/system/huimin-kiosk.service
put 70-huimin-kiosk.rules /etc/udev/rules.d/70-huimin-kiosk.rules
put modprobe.conf /etc/modprobe.d/huimin-kiosk.conf
put sysctl.conf /etc/sysctl.d/70-huimin-kiosk.conf
put logind.conf /etc/systemd/logind.conf.d/huimin-kiosk.conf
put coredump.conf /etc/systemd/coredump.conf.d/huimin-kiosk.conf
put journald.conf /etc/systemd/journald.conf.d/huimin-kiosk.conf
put system.conf /etc/systemd/system.conf.d/huimin-kiosk.conf
test -e "$root/etc/huimin/kiosk.toml" || put ../example/kiosk.toml /etc/huimin/kiosk.toml
test -z "$root" || exit 0

apt-get install --yes --no-install-recommends cage xwayland seatd
getent passwd huimin-kiosk >/dev/null ||
    useradd --system --user-group --home-dir /nonexistent --shell /usr/sbin/nologin huimin-kiosk
# What the terminal writes, and its certificate with it, which it renews by itself.
install -d -m 700 -o huimin-kiosk -g huimin-kiosk /var/lib/huimin/kiosk
# Sealed with this key: what waits for the backend, and what is being filled in. Of this machine only.
install -d -m 700 /etc/huimin/secret
key=/etc/huimin/secret/kiosk.key
test -e $key || "$here/../../.venv/bin/huimin-backend" keys new --out $key
systemctl mask --now ctrl-alt-del.target getty@tty1.service
systemctl mask --now udisks2.service autofs.service # nothing mounts by itself, should another package bring them
systemctl enable seatd.service huimin-kiosk.service
sysctl --quiet --system
udevadm control --reload
systemctl daemon-reload
echo "Fill in /etc/huimin/kiosk.toml, enrol as huimin-kiosk, then: systemctl start huimin-kiosk"
