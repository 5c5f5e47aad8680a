"""A source in PostgreSQL: read, never written to, and broken off where a statement takes too long."""

from __future__ import annotations

import time
from datetime import date

import psycopg
import pytest

from backend.authoring.table_file import Tables
from backend.lookups.provider import Failure, ProviderFailed, Question
from backend.lookups.source_settings import SourceSettings
from backend.lookups.sources import Source, Sources
from tests.postgres import Cluster


def question(query: str, number: str = "1") -> Question:
    return Question(
        query=query, given={"number": number}, at=["name"], most=5, today=date(2026, 11, 22), tables=Tables()
    )


def source(url: str, seconds: float = 8.0) -> Source:
    settings = {"provider": "sql", "database": url, "seconds": seconds}
    return Sources.configured({"labour": SourceSettings.model_validate(settings)}).source("labour")


async def test_a_database_server_is_read_by_parameters_and_never_written_to(postgres: Cluster) -> None:
    url = postgres.empty_database()
    with psycopg.connect(url, autocommit=True) as made:
        made.execute("CREATE TABLE people (id text, name text)")
        made.execute("INSERT INTO people VALUES ('1', '甲'), ('2', '乙')")
    labour = source(url)
    await labour.check()
    named = "SELECT name FROM people WHERE id = :number"
    assert await labour.rows(question(named)) == [{"name": "甲"}]
    assert await labour.rows(question(named, "' OR 1=1 --")) == []
    for writing in (
        "DELETE FROM people WHERE id = :number RETURNING name",
        "WITH gone AS (DELETE FROM people RETURNING name) SELECT name FROM gone WHERE name <> :number",
        "SELECT name FROM people WHERE id = :number; DROP TABLE people",
        "SELECT nobody FROM people WHERE id = :number",
    ):
        with pytest.raises(ProviderFailed) as caught:
            await labour.rows(question(writing))
        assert caught.value.failure is Failure.DOWN
    assert len(await labour.rows(question("SELECT name FROM people WHERE id <> :number", "9"))) == 2
    await labour.provider.close()


async def test_a_slow_statement_is_given_up_and_an_absent_server_is_down(postgres: Cluster) -> None:
    slow = source(postgres.empty_database(), seconds=0.5)
    began = time.monotonic()
    with pytest.raises(ProviderFailed) as caught:
        await slow.rows(question("SELECT pg_sleep(3)::text AS name, :number AS number"))
    assert caught.value.failure is Failure.SLOW
    assert time.monotonic() - began < 2.5
    await slow.provider.close()
    nowhere = source("postgresql://nobody@127.0.0.1:9/nothing")
    with pytest.raises(ProviderFailed) as caught:
        await nowhere.check()
    assert caught.value.failure is Failure.DOWN
    await nowhere.provider.close()
