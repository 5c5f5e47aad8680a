"""Alembic's entry: runs the migrations on the connection and in the transaction that the caller opened.

A migration is a file in ``versions``, named by its number and what it does.
"""

from alembic import context

from backend.storage.tables import Table

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Table.metadata,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
