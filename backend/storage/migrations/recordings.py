"""A step of 0002: files that belong to submissions move from a folder into the database, and back."""

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import sqlalchemy as sa
from alembic import context, op

from backend.storage.vault import vault_of

_CHUNK = 256 << 10
"""Bytes of a piece of an attachment."""


def into_database() -> None:
    """The first release kept whole files only, each in a folder, by name and the begin of its SHA-256."""
    with op.batch_alter_table("attachments") as table:
        table.add_column(sa.Column("door", sa.String, nullable=False, server_default="doors/local"))
        table.add_column(sa.Column("received_bytes", sa.Integer, nullable=False, server_default="0"))
        table.add_column(sa.Column("update_time", sa.BigInteger, nullable=False, server_default="0"))
    with op.batch_alter_table("attachments") as table:
        for column in ("door", "received_bytes", "update_time"):
            table.alter_column(column, server_default=None)
    op.execute(sa.text("UPDATE attachments SET update_time = create_time"))
    chunks = op.create_table(
        "attachment_chunks",
        sa.Column("name", sa.String, nullable=False),
        sa.Column("start", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("name", "start", name="pk_attachment_chunks"),
        sa.ForeignKeyConstraint(
            ["name"], ["attachments.name"], name="fk_attachment_chunks_name", ondelete="CASCADE"
        ),
    )
    vault = vault_of(op.get_bind())
    for name, content in _files():
        for start in range(0, len(content), _CHUNK):
            piece = content[start : start + _CHUNK]
            sealed = vault.seal(piece, f"attachment_chunks.sealed {name} {start}")
            op.bulk_insert(chunks, [{"name": name, "start": start, "sealed": sealed}])
        arrived = sa.text("UPDATE attachments SET received_bytes = size_bytes WHERE name = :name")
        op.execute(arrived.bindparams(name=name))
    # An entry whose file is gone: nobody can hand it out, and an upload may bring it again.
    op.execute(sa.text("DELETE FROM attachments WHERE received_bytes = 0 AND reference IS NULL"))


def into_folder() -> None:
    """Writes them where the first release looks for them; what has not arrived whole is lost."""
    connection = op.get_bind()
    vault, folder = vault_of(connection), context.config.attributes["attachments"]
    whole = sa.text("SELECT name, sha256 FROM attachments WHERE received_bytes = size_bytes")
    for name, sha256 in connection.execute(whole).all():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        pieces = sa.text("SELECT start, sealed FROM attachment_chunks WHERE name = :name ORDER BY start")
        with (folder / _file_name(name, sha256)).open("wb") as file:
            for start, sealed in connection.execute(pieces, {"name": name}).all():
                file.write(vault.open(sealed, f"attachment_chunks.sealed {name} {start}"))
            file.flush()
            os.fsync(file.fileno())
    op.execute(sa.text("DELETE FROM attachments WHERE received_bytes < size_bytes AND reference IS NULL"))
    op.drop_table("attachment_chunks")
    with op.batch_alter_table("attachments") as table:
        for column in ("door", "received_bytes", "update_time"):
            table.drop_column(column)


def _files() -> Iterator[tuple[str, bytes]]:
    """The files of the first release that are there and are what was described, by their names."""
    folder: Path | None = context.config.attributes["attachments"]
    for name, sha256 in op.get_bind().execute(sa.text("SELECT name, sha256 FROM attachments")).all():
        if folder is None:
            raise FileNotFoundError("it has attachments of the first release: run `database upgrade head`")
        file = folder / _file_name(name, sha256)
        content = file.read_bytes() if file.exists() else b""
        if hashlib.sha256(content).digest() == sha256:
            yield name, content


def _file_name(name: str, sha256: bytes) -> str:
    return f"{name.removeprefix('attachments/')}-{sha256[:8].hex()}"
