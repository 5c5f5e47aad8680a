"""Policy search through our client: how long it takes and how many a second, by size and by database.

    python -m bench.search [--full] [--sizes 1000,…] [--databases sqlite,postgresql]

A backend of its own serves made-up policies (`_policies`): 100,000, with --full 1,000,000 too. Client and
server share the machine. Asked is everything that residents type, each kind alike often; a page has twenty
policies with their passages, as the terminal asks for it. Told are the times of one client that asks one
query after another, and of eight at once; and how long a search takes while the index is being made. It is
made once a size: wordings have the same numbers in both databases, so the second backend is given a copy and
shows how long a start with an index takes.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import shutil
import statistics
import sys
import tempfile
import time
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from backend.authoring.reading import read_content
from backend.clock import now
from backend.search.keypad import keyed, keys_of
from backend.search.pinyin import sounds
from backend.server import SEARCH_INDEX
from backend.settings import PACKAGED, BackendSettings
from backend.storage import policies
from backend.storage.database import FILE_NAME, database_url, open_database
from backend.storage.publishing import Origin, publish
from backend.storage.vault import Vault
from backend_client.client import BackendClient
from bench._policies import MadePolicies, language
from foundation.language import Language
from tests.postgres import cluster

SMALL, LARGE = 100_000, 1_000_000
TARGETS_MS = {SMALL: 10.0, LARGE: 25.0}
"""What 95 of 100 searches of one client shall take at most."""
OF_EACH = 40
"""Queries of each kind."""
ROUNDS = 3
TOGETHER = 8
BATCH = 1000
LOG = "backend.log"
KEYED = frozenset({"keys of a title", "keys of two words"})
"""Kinds of queries that are keyed on a telephone."""

Queries = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Served:
    """A running backend."""

    process: Process
    address: str

    def processor(self) -> float:
        """Seconds of processor time that it took so far."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text("ascii").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def memory(self) -> tuple[float, float]:
        """Memory of its own now, and what it had in all at most, in MiB."""
        lines = Path(f"/proc/{self.process.pid}/status").read_text("ascii").splitlines()
        kib = {line.split(":")[0]: int(line.split()[1]) for line in lines if line.endswith("kB")}
        return kib["RssAnon"] / 1024, kib["VmHWM"] / 1024


def queries(count: int) -> Queries:
    """What is asked, always the same: words of the texts and parts of titles, as residents type them."""
    chance = random.Random(5)
    words = language()
    frequent = [word for word in words.chinese.words[:400] if len(word) == 2]
    known = [word for word in words.chinese.words[:4000] if 1 < len(word) < 4]
    made = MadePolicies(count)
    titles = [made[chance.randrange(count)].title for _ in range(OF_EACH)]
    two = chance.sample(frequent, OF_EACH)
    some = chance.sample(known, OF_EACH)
    spelt = ["".join(sounds(word)) for word in chance.sample(known, OF_EACH)]
    english = chance.sample(words.english.words[:600], OF_EACH)
    return {
        "two frequent characters": two,
        "a word": some,
        "part of a title": [title.zh_cn[: chance.randint(3, 8)] for title in titles],
        "two words": [f"{one} {other}" for one, other in zip(two, some, strict=True)],
        "words without a space": [one + other for one, other in zip(some, two, strict=True)],
        "pinyin": spelt,
        "initials": ["".join(sound[0] for sound in sounds(title.zh_cn[:3])) for title in titles],
        "English": english,
        "English words": [" ".join(title.en.split()[:2]) for title in titles],
        "keys of a title": [
            keyed(title.zh_cn)[0][start : start + keys]
            for title in titles
            for start, keys in ((0, 3), (chance.randint(1, 3), 4), (2, 6))
        ],
        "keys of two words": [
            keys_of("".join(sound[0] for word in pair for sound in sounds(word)))
            for pair in zip(some, two, strict=True)
        ],
        "number of a document": [made[chance.randrange(count)].document_number for _ in range(OF_EACH)],
        "part of a number": [
            f"{2000 + chance.randrange(24)} {chance.randrange(count)}号" for _ in range(OF_EACH)
        ],
        "Chinese slip": [_wrong(title.zh_cn[:4], chance) for title in titles],
        "pinyin slip": [_swapped("".join(sounds(title.zh_cn[:3])), chance) for title in titles],
        "English slip": [_swapped(word, chance) for word in english],
        "not there": [f"{chance.choice('龘靐齉爩')}{word}" for word in some],
    }


def _wrong(text: str, chance: random.Random) -> str:
    """The text with another character in a place that has two neighbours."""
    place = chance.randrange(1, max(2, len(text) - 1))
    return text[:place] + chance.choice("的一是在不了有和人这") + text[place + 1 :]


def _swapped(text: str, chance: random.Random) -> str:
    """The text with two neighbours in each other's place."""
    place = chance.randrange(max(1, len(text) - 1))
    return text[:place] + text[place : place + 2][::-1] + text[place + 2 :]


async def fill(url: str, data: Path, count: int) -> float:
    """Publishes so many policies; seconds."""
    settings = BackendSettings(data=data, database=url)
    await asyncio.to_thread(data.mkdir)
    began = time.perf_counter()
    database = await open_database(database_url(url, data), Vault.find(settings, starting=True))
    try:
        content = replace(read_content(PACKAGED), policies=(), digest=f"made {count}")
        number, made = await publish(database, content, now(), Origin("bench")), MadePolicies(count)
        for start in range(0, count, BATCH):
            await database.write(policies.add, number, made[start : start + BATCH])
    finally:
        await database.close()
    return time.perf_counter() - began


@asynccontextmanager
async def serving(url: str, data: Path) -> AsyncIterator[Served]:
    """A backend in a process of its own over what is published."""
    with (data / LOG).open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            Path(sys.executable).parent / "huimin-backend",
            *("--listen", "127.0.0.1:0", "--data", data),
            env=os.environ | {"HUIMIN_BACKEND_DATABASE": url},
            stdin=DEVNULL,
            stdout=PIPE,
            stderr=log,
        )
    assert process.stdout is not None
    try:
        ready = (await process.stdout.readline()).decode().split()
        if ready[:1] != ["ready"]:
            raise RuntimeError("the backend did not start")
        yield Served(process, ready[2])
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def until_whole(client: BackendClient, log: Path) -> list[float]:
    """Waits until the whole publication is in the index; the seconds that searches took meanwhile."""
    meanwhile: list[float] = []
    while b"search_index_follows" not in await asyncio.to_thread(log.read_bytes):
        meanwhile += [await asked(client, "医保") for _ in range(5)]
        await asyncio.sleep(0.2)
    return meanwhile


async def asked(client: BackendClient, query: str, *, keypad: bool = False) -> float:
    """Seconds of one search. keypad: it is keyed on a telephone."""
    began = time.perf_counter()
    await client.search_policies(query, Language.ZH_CN, page_size=20, keypad=keypad)
    return time.perf_counter() - began


async def one_by_one(client: BackendClient, wanted: Queries) -> Mapping[str, list[float]]:
    """Seconds of each search of one client, by kind. The first round warms and does not count."""
    taken: dict[str, list[float]] = {kind: [] for kind in wanted}
    for round_ in range(ROUNDS + 1):
        for kind, some in wanted.items():
            seconds = [await asked(client, query, keypad=kind in KEYED) for query in some]
            if round_:
                taken[kind] += seconds
    return taken


async def together(client: BackendClient, wanted: Queries) -> tuple[list[float], float]:
    """Seconds of each search where several clients ask at once, and how many were answered a second."""
    waiting = [(query, kind in KEYED) for kind, some in wanted.items() for query in some] * ROUNDS
    random.Random(6).shuffle(waiting)
    taken: list[float] = []

    async def one() -> None:
        while waiting:
            query, keypad = waiting.pop()
            taken.append(await asked(client, query, keypad=keypad))

    began = time.perf_counter()
    await asyncio.gather(*(one() for _ in range(TOGETHER)))
    return taken, len(taken) / (time.perf_counter() - began)


def told(seconds: Sequence[float]) -> str:
    """The 50th, 95th and 99th percentile in milliseconds."""
    parts = statistics.quantiles(seconds, n=100, method="inclusive")
    return " ".join(f"{parts[percent - 1] * 1e3:8.2f}" for percent in (50, 95, 99))


async def measure(name: str, url: str, data: Path, count: int, index: Path | None) -> bool:
    """Prints one table; whether the target is met. index: a copy of it is searched."""
    published = await fill(url, data, count)
    if index:
        await asyncio.to_thread(shutil.copytree, index, data / SEARCH_INDEX)
    began = time.perf_counter()
    async with serving(url, data) as served, BackendClient(served.address) as client:
        meanwhile = [] if index else await until_whole(client, data / LOG)
        built = time.perf_counter() - began
        size = sum(file.stat().st_size for file in (data / SEARCH_INDEX).rglob("*") if file.is_file())
        print(f"\n{count:,} policies, {name}: published in {published:.0f} s, ", end="")
        print(f"all of it searched {built:.0f} s after the start, index {size / 2**20:.0f} MiB", end="")
        if not url:
            print(f", database {(data / FILE_NAME).stat().st_size / 2**20:.0f} MiB", end="")
        print()
        if meanwhile:
            print(f"{'searches meanwhile':26} {told(meanwhile)}")
        wanted = queries(count)
        before = served.processor()
        taken = await one_by_one(client, wanted)
        spent = (served.processor() - before) / (1 + 1 / ROUNDS)
        print(f"{'milliseconds':26} {'p50':>8} {'p95':>8} {'p99':>8}")
        for kind, seconds in taken.items():
            print(f"{kind:26} {told(seconds)}")
        every = [second for seconds in taken.values() for second in seconds]
        print(f"{'all, one client':26} {told(every)} {len(every) / sum(every):8.0f} a second")
        print(f"processor time of the backend: {spent / len(every) * 1e3:.2f} ms a search")
        at_once, rate = await together(client, wanted)
        print(f"{f'all, {TOGETHER} at once':26} {told(at_once)} {rate:8.0f} a second")
        own, most = served.memory()
        print(
            f"memory of the backend: {own:.0f} MiB of its own, {most:.0f} MiB at most with the index",
            flush=True,
        )
    reached = statistics.quantiles(every, n=100, method="inclusive")[94] * 1e3
    target = TARGETS_MS.get(count)
    if target is not None:
        print(f"p95 {reached:.1f} ms, target {target:.0f} ms: {'met' if reached < target else 'MISSED'}")
    return target is None or reached < target


async def main() -> int:
    """Measures every size on every database. 1 where a target is missed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--full", action="store_true", help=f"{LARGE:,} policies too")
    parser.add_argument("--sizes", default="", help="numbers of policies instead, with commas")
    parser.add_argument("--databases", default="sqlite,postgresql")
    options = parser.parse_args()
    sizes = [int(size) for size in options.sizes.split(",") if size] or [
        SMALL,
        *([LARGE] if options.full else []),
    ]
    met = True
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="huimin-bench-")))
        servers = None
        for count in sizes:
            index = None
            for name in options.databases.split(","):
                url = ""
                if name == "postgresql":
                    servers = servers or stack.enter_context(cluster())
                    url = await asyncio.to_thread(servers.empty_database)
                data = folder / f"{name}-{count}"
                met = await measure(name, url, data, count, index) and met
                index = index or data / SEARCH_INDEX
                if servers and url:
                    await asyncio.to_thread(servers.drop, url)
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
