"""A real systemd that minds one unit, apart from the machine's.

It is a user's manager, which sets up nothing of a machine; it runs in namespaces of its own with a /run and
control groups of its own, knows no other unit, and ends with whatever it runs.
"""

from __future__ import annotations

import os
import secrets
import subprocess
from pathlib import Path

PATIENCE = 30.0
_RIGHTS = () if os.geteuid() == 0 else ("--user", "--map-root-user")
_GROUPS = """
set -e
mount --make-rprivate /
groups=/sys/fs/cgroup
mount -t tmpfs tmpfs $groups
mkdir $groups/systemd
if mount -t cgroup -o none,name=systemd none $groups/systemd 2>/dev/null
then groups=$groups/systemd
else umount $groups; mount -t cgroup2 none $groups
fi
"""
"""The machine's control groups, whatever their version."""
_BEGIN = f"""{_GROUPS}
mkdir $groups/"$1"
echo 0 > $groups/"$1"/cgroup.procs
exec unshare --cgroup sh -c "$4" sh "$@"
"""
_INSIDE = f"""{_GROUPS}
mount -t tmpfs tmpfs /run
mkdir -p /run/systemd/system /run/manager
export XDG_RUNTIME_DIR=/run/manager SYSTEMD_UNIT_PATH="$2"
export SYSTEMD_GENERATOR_PATH=/run/none SYSTEMD_ENVIRONMENT_GENERATOR_PATH=/run/none
/usr/lib/systemd/systemd --user --unit="$3" --log-target=null &
wait
"""
_END = f"""{_GROUPS}
for again in $(seq 100)
do
    find $groups/"$1" -depth -type d -exec rmdir {{}} \\; 2>/dev/null
    test -d $groups/"$1" || exit 0
    sleep 0.1
done
exit 1
"""
"""Whoever was in a group is gone a moment later."""
_ALONE = "[Unit]\nDefaultDependencies=no\n"
"""There are no targets to wait for."""


class Systemd:
    """Minds one unit with a drop-in of the test's until it is stopped."""

    def __init__(self, folder: Path, unit: Path, drop_in: str) -> None:
        """folder: for its files; unit: as it is delivered; drop_in: what is different here."""
        units = folder / "units"
        beside = units / f"{unit.name}.d"
        beside.mkdir(parents=True)
        (units / unit.name).write_text(unit.read_text("utf-8"), "utf-8")
        (beside / "here.conf").write_text(_ALONE + drop_in, "utf-8")
        self._log = folder / "systemd.log"
        self._group = f"huimin-tests-{secrets.token_hex(4)}"
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [
                    *("unshare", *_RIGHTS, "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"),
                    *("sh", "-c", _BEGIN, "sh", self._group, str(units), unit.name, _INSIDE),
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def said(self) -> str:
        """What was said where it did not start."""
        return self._log.read_text("utf-8", "replace")

    def stop(self) -> None:
        """Ends it, and with it whatever it runs."""
        self._process.kill()
        self._process.wait(PATIENCE)
        end = ["unshare", *_RIGHTS, "--mount", "sh", "-c", _END, "sh", self._group]
        subprocess.run(end, check=True, timeout=PATIENCE)
