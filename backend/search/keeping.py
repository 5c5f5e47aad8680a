"""The owner of the search index: a folder of this backend's own, kept at the publication in force.

A wording of a policy has a number for ever, so the index follows a publication by taking out the wordings
that left and putting in those that came; searches go on meanwhile in the state before, and a crash leaves it
that state. What was made by another version, or cannot be read, is made anew; while a large one is made, what
is in it so far is searched.
"""

from __future__ import annotations

import asyncio
import fcntl
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import IO, ParamSpec, TypeVar

import tantivy
from sqlalchemy import Connection

from backend.authoring.published import Published
from backend.search.document import DIGEST, NUMBER, VERSION, document, forget, schema
from backend.search.index import PolicyIndex
from backend.storage import policies
from backend.storage.database import Database
from foundation.log import logger

START_SECONDS = 10.0
"""So long the start waits until the whole publication is in the index."""
RETRY_SECONDS = 5.0
"""Until following is tried again where it failed."""
_BATCH = 500
_MEMORY = 128_000_000
"""Bytes of tokens that the writer gathers before it writes them down."""
_log = logger(__name__)

P = ParamSpec("P")
T = TypeVar("T")


class PolicySearch:
    """The index in a folder. Get one from `searching`."""

    def __init__(self, folder: Path) -> None:
        self._index = _opened(folder)
        self.current = self._newest()
        """The state that is searched."""

    async def follow(self, database: Database, publication: int) -> None:
        """Makes the index hold the wordings of a publication."""
        wanted = await database.read(policies.wordings, publication)
        held = await asyncio.to_thread(self._held)
        gone = [number for number, made_of in held.items() if wanted.get(number) != made_of]
        new = sorted((number for number in wanted if held.get(number) != wanted[number]), reverse=True)
        if gone or new:
            writer = await _in_thread(self._index.writer, _MEMORY, 1)
            try:
                await _in_thread(_take_out, writer, gone)
                written = 0
                for start in range(0, len(new), _BATCH):
                    some = await database.read(_messages, new[start : start + _BATCH])
                    await _in_thread(_put_in, writer, some)
                    if start + len(some) - written > max(self.current.size, 2 * _BATCH):
                        self.current = await _in_thread(self._written, writer)
                        written = start + len(some)
                self.current = await _in_thread(self._written, writer)
            finally:
                await _in_thread(writer.wait_merging_threads)
                forget()
            _log.info("search_index_follows", publication=publication, added=len(new), removed=len(gone))

    def _held(self) -> Mapping[int, int]:
        """The wordings in the index: the digest of each by its number."""
        searcher = self._index.searcher()
        held: dict[int, int] = {}
        after = -1
        while True:
            following = tantivy.Query.range_query(
                self._index.schema,
                NUMBER,
                tantivy.FieldType.Integer,
                lower_bound=after,
                include_lower=False,
            )
            hits = searcher.search(
                following, 20 * _BATCH, count=False, order_by_field=NUMBER, order=tantivy.Order.Asc
            ).hits
            if not hits:
                return held
            digests = searcher.fast_field_values(DIGEST, [address for _, address in hits])
            held.update(
                (number, int(made_of or 0)) for (number, _), made_of in zip(hits, digests, strict=True)
            )
            after = hits[-1][0]

    def _written(self, writer: tantivy.IndexWriter) -> PolicyIndex:
        writer.commit()
        return self._newest()

    def _newest(self) -> PolicyIndex:
        self._index.reload()
        state = PolicyIndex(self._index)
        state.warm()
        return state


@asynccontextmanager
async def searching(database: Database, published: Published, folder: Path) -> AsyncIterator[PolicySearch]:
    """The index in a folder, following `published` while the block runs.

    Where another backend has the folder, it lies in one that is gone afterwards.
    """
    with ExitStack() as stack:
        own = await asyncio.to_thread(stack.enter_context, _own_folder(folder))
        search = await asyncio.to_thread(PolicySearch, own)
        first = asyncio.Event()
        task = asyncio.create_task(_follow(search, database, published, first))
        with suppress(TimeoutError):
            await asyncio.wait_for(first.wait(), START_SECONDS)
        try:
            yield search
        finally:
            task.cancel()
            await asyncio.wait([task])


async def _follow(
    search: PolicySearch, database: Database, published: Published, first: asyncio.Event
) -> None:
    edition = published.current
    while True:
        try:
            await search.follow(database, edition.number)
        except Exception as error:  # the state before is searched; the next try may do better
            if _is_cancelled():
                return
            _log.error("search_index_stays", error=type(error).__name__)
            await asyncio.sleep(RETRY_SECONDS)
            edition = published.current
        else:
            first.set()
            edition = await published.after(edition.number)


def _is_cancelled() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


async def _in_thread(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Runs a function in a thread, to its end also where the caller is cancelled: nobody else may write."""
    running = asyncio.ensure_future(asyncio.to_thread(function, *args, **kwargs))
    try:
        return await asyncio.shield(running)
    finally:
        await asyncio.wait([running])


def _messages(connection: Connection, numbers: Sequence[int]) -> list[tuple[int, bytes]]:
    return list(policies.messages(connection, numbers))


def _take_out(writer: tantivy.IndexWriter, numbers: Sequence[int]) -> None:
    for number in numbers:
        writer.delete_documents_by_term(NUMBER, number)


def _put_in(writer: tantivy.IndexWriter, wordings: Sequence[tuple[int, bytes]]) -> None:
    for number, message in wordings:
        writer.add_document(document(number, message))


def _opened(folder: Path) -> tantivy.Index:
    """The index in a folder, of this version; made anew where there is none that can be read."""
    place = folder / f"v{VERSION}"
    for other in folder.iterdir():
        if other.is_dir() and other != place:
            shutil.rmtree(other)
    if place.exists():
        try:
            return tantivy.Index.open(str(place))
        except (ValueError, OSError) as error:
            _log.warning("search_index_made_anew", error=str(error))
            shutil.rmtree(place)
    place.mkdir()
    return tantivy.Index(schema(), path=str(place))


@contextmanager
def _own_folder(folder: Path) -> Iterator[Path]:
    """The folder, for one process at a time; one of its own where another process has it."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("a") as lock:
        if _taken(lock):
            yield folder
            return
    with tempfile.TemporaryDirectory(prefix="huimin-search-") as own:
        yield Path(own)


def _taken(lock: IO[str]) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
