"""The files of baresip's folder (baresip 1.0, ``config`` and ``accounts``). Pure."""

from __future__ import annotations

from kiosk.calling.settings import HelpCallSettings

SILENT_SECONDS = 30
"""Without a packet of sound, after which the line is lost."""


def configuration(settings: HelpCallSettings, modules: str, control: int) -> str:
    """The file ``config``. modules: the folder of baresip's modules; control: the port it listens on."""
    drivers = dict.fromkeys(
        device.partition(",")[0] for device in (settings.microphone, settings.loudspeaker)
    )
    lines = [
        f"module_path {modules}",
        *(f"module {name}.so" for name in ("account", "g722", "g711", *drivers)),
        "module_app menu.so",
        "module_app ctrl_tcp.so",
        f"ctrl_tcp_listen 127.0.0.1:{control}",
        f"sip_listen {settings.bind}:0",
        "call_max_calls 1",  # whoever calls meanwhile is turned away; a call that hands over is not counted
        "call_local_timeout 3600",  # the caller's own clock ends it before
        f"rtp_timeout {SILENT_SECONDS}",
        f"audio_source {settings.microphone}",
        f"audio_player {settings.loudspeaker}",
        f"audio_alert {settings.loudspeaker}",
    ]
    if not settings.bind.is_unspecified:
        lines.append(f"net_interface {settings.bind}")
    if settings.transport.value == "tls":
        lines.append("sip_cafile /etc/ssl/certs/ca-certificates.crt")
    return "\n".join(lines) + "\n"


def account(settings: HelpCallSettings, terminal: str) -> str:
    """The file ``accounts``: one line. terminal: its name, which calls where there is no account."""
    transport = f";transport={settings.transport.value}"
    if not settings.account:
        return f"<sip:{terminal}@{_host(settings.address)}{transport}>;regint=0\n"
    user = settings.user or settings.account.partition(":")[2].partition("@")[0]
    secret = settings.password.get_secret_value()
    password = f";auth_user={user};auth_pass={secret}" if secret else ""
    return f"<{settings.account}{transport}>;regint=300{password}\n"


def _host(address: str) -> str:
    return address.partition("@")[2]
