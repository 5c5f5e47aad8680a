"""The settings of the backend: table ``[backend]`` of the configuration, variables ``HUIMIN_BACKEND_…``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, ClassVar, Literal

from pydantic import Field, StringConstraints

from foundation.config import Settings, data_folder

PACKAGED = Path(__file__).parent / "content"
"""The demonstration content that comes with the backend."""


class BackendSettings(Settings):
    """What can be set."""

    room: ClassVar[str] = "backend"

    listen: Annotated[
        str, StringConstraints(pattern=r"^(?:[^\[\]:/ ]{1,253}|\[[0-9a-fA-F:.]+\]):[0-9]{1,5}$")
    ] = "127.0.0.1:50051"
    """Host and port; port 0 takes a free one."""
    data: Path = Field(default_factory=data_folder)
    """Folder of the database and the attachments."""
    content: Path = PACKAGED
    """Folder of the content."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    stop_seconds: Annotated[float, Field(ge=0, le=300)] = 10.0
    """How long calls that are under way may take when the backend is told to stop."""
