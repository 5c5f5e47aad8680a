"""``huimin-backend`` without a command: serves."""

from __future__ import annotations

import asyncio

from backend.alerts.signature import SourceUnusable
from backend.authoring.finding import ContentWrong
from backend.commands.words import database_sentence, give_up, keys_sentence, words
from backend.doors.tls import TlsUnusable
from backend.lookups.provider import Misconfigured
from backend.notifying.outgoing import GatewayWrong
from backend.server import NAME, AddressTaken, run
from backend.settings import BackendSettings
from backend.storage.database import DatabaseUnusable
from backend.storage.vault import WrongKeys
from backend.web import WebAddressTaken
from foundation.config import ConfigError
from foundation.keys import KeysUnusable
from foundation.log import start_log
from foundation.observing import observed


def serve(settings: BackendSettings) -> None:
    """Serves until it is told to stop, or says why it cannot."""
    language, translate = words()
    start_log(NAME, settings.log_level)
    try:
        with observed(NAME, settings):
            asyncio.run(run(settings))
    except ConfigError as error:
        give_up(str(error))
    except ContentWrong as wrong:
        give_up(
            translate(
                "start.content_wrong",
                count=len(wrong.findings),
                first=wrong.findings[0].sentence(language),
                folder=settings.content,
            )
        )
    except DatabaseUnusable as error:
        give_up(database_sentence(error, translate))
    except (KeysUnusable, WrongKeys) as error:
        give_up(keys_sentence(error, translate))
    except (AddressTaken, WebAddressTaken) as error:
        give_up(translate("start.address_taken", address=error))
    except Misconfigured as error:
        give_up(translate("start.lookup_source", reason=error))
    except GatewayWrong as error:
        give_up(translate("start.gateway", reason=error))
    except SourceUnusable as error:
        give_up(translate("start.alert_source", reason=error))
    except TlsUnusable as error:
        give_up(translate(error.problem, what=error.what, reason=error.reason))
    except OSError as error:
        give_up(translate("start.data_folder", folder=settings.data, reason=error.strerror))
