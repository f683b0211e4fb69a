"""Search on the development host: the first and the second query of a word in time and units; recall and precision.

Real chat messages (`chitchat-dataset`) are posted, and searched for by rare, common and several words, phrases and
authors; the judge looks at every text.  Then words go live while posts arrive.  `python -m benchmarks.search`.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections import Counter
from collections.abc import Iterable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from random import Random
from statistics import median
from typing import Final

from benchmarks.load import host, opened
from benchmarks.options import options
from client import Client, Found
from local.control_client import AsyncControlClient
from tidings.domain.search import Words
from tidings.services.search.query import parse
from tidings.services.search.words import words_of

TEXTS: Final = 800
AUTHORS: Final = 15
MEANWHILE: Final = 80
"""Posts that arrive while words go live."""
HOUR_MS: Final = 3_600_000
WALKED: Final = 99


@dataclass
class Corpus:
    """What was posted: by (author, position), its text and its words."""

    texts: dict[tuple[str, str], str] = field(default_factory=dict)
    words: dict[tuple[str, str], Words] = field(default_factory=dict)

    def add(self, author: str, position: str, text: str) -> None:
        """One post."""
        self.texts[author, position] = text
        self.words[author, position] = words_of(text)

    def holding(self, query: str) -> set[tuple[str, str]]:
        """What a look at every post finds."""
        asked = parse(query)
        return {name for name, said in self.words.items() if asked.author in (None, name[0]) and said.match(asked)}


@dataclass(frozen=True)
class Row:
    """One query.  Times are ms, units DynamoDB's."""

    query: str
    hits: int
    first_ms: float
    first: dict[str, float]
    second_ms: float
    second: dict[str, float]
    recall: float
    precision: float


def chat(limit: int) -> list[str]:
    """Texts of real conversations, in the order of the dataset."""
    from chitchat_dataset import Dataset

    found: list[str] = []
    for conversation in Dataset().values():
        for turn in conversation["messages"]:
            found += [message["text"] for message in turn if message["text"].strip()]
        if len(found) >= limit:
            break
    return [text[:4_000] for text in found[:limit]]


def queries(corpus: Corpus) -> list[str]:
    """Rare, middling and common words, pairs, phrases, an author's: the same for the same texts."""
    random = Random(1)
    common = Counter(word for said in corpus.words.values() for word in set(said.words) if word.isalpha())
    ranked = [word for word, _ in sorted(common.items(), key=lambda pair: (-pair[1], pair[0]))]
    words = [ranked[int(len(ranked) * share)] for share in (0, 0.005, 0.02, 0.1, 0.3)]
    words += random.sample(ranked[len(ranked) // 2 :], 2)
    said = [each.words for each in sorted(corpus.words.values(), key=lambda each: each.words) if len(each.words) > 5]
    some = random.sample(said, 6)
    pairs = [f"{each[0]} {each[-1]}" for each in some[:3]]
    phrases = [f'"{" ".join(each[1:4])}"' for each in some[3:]]
    author = sorted(corpus.words)[0][0]
    return [*words, *pairs, *phrases, f"from:{author} {ranked[5]}"]


async def pages(client: Client, query: str) -> list[tuple[str, str]]:
    """All that an index that is live has."""
    found, before = [], None
    while True:
        page = await client.search(query, before, 50)
        found += [post.name for post in page.posts]
        before = page.before
        if before is None:
            return found


async def units(control: AsyncControlClient, mark: int) -> dict[str, float]:
    """What searches and their jobs used since the mark."""
    operations = (await control.meter(mark))["operations"]
    used = [operations[name] for name in ("search", "WorkSmall") if name in operations]
    return {unit: sum(each[unit] for each in used) for unit in ("write", "read")}


async def measured(control: AsyncControlClient, client: Client, corpus: Corpus, query: str) -> Row:
    """The first query, until all that is recent has been looked at; then the second, when the index is live."""
    await control.idle()
    mark = (await control.mark())["mark"]
    began = time.perf_counter()
    while (await _walked(client, query)) is None:
        await asyncio.sleep(0.02)
    first_ms = (time.perf_counter() - began) * 1_000
    await control.idle(100, advance_ms=HOUR_MS)
    first = await units(control, mark)
    mark = (await control.mark())["mark"]
    times = []
    for _ in range(5):
        began = time.perf_counter()
        await client.search(query)
        times.append((time.perf_counter() - began) * 1_000)
    second = {unit: value / len(times) for unit, value in (await units(control, mark)).items()}
    recall, precision = judged(await pages(client, query), corpus.holding(query))
    return Row(query, len(corpus.holding(query)), first_ms, first, median(times), second, recall, precision)


async def _walked(client: Client, query: str) -> Found | None:
    found = await client.search(query)
    return found if found.building is None or found.building >= WALKED else None


def judged(found: Iterable[tuple[str, str]], expected: set[tuple[str, str]]) -> tuple[float, float]:
    """Recall and precision; a post that is found twice counts against precision."""
    names = list(found)
    right = len(expected.intersection(names))
    return right / len(expected) if expected else 1.0, right / len(names) if names else 1.0


async def meanwhile(
    control: AsyncControlClient, clients: list[Client], corpus: Corpus, texts: list[str]
) -> tuple[float, float]:
    """The worst recall and precision of words that went live while posts arrived."""
    said = Counter(word for text in texts for word in set(words_of(text).words) if word.isalpha())
    words = [word for word, _ in said.most_common(60)][20::10]

    async def write() -> None:
        for number, text in enumerate(texts):
            author = clients[number % len(clients)]
            corpus.add(str(author.user_id), str((await author.post(text)).position), text)

    async def ask() -> None:
        for word in words:
            await clients[0].search(word)
            await asyncio.sleep(0.3)

    await asyncio.gather(write(), ask())
    await control.idle(100, advance_ms=HOUR_MS)
    verdicts = [judged(await pages(clients[0], word), corpus.holding(word)) for word in words]
    return min(recall for recall, _ in verdicts), min(precision for _, precision in verdicts)


def table(rows: list[Row]) -> str:
    """The rows as Markdown."""
    lines = [
        "| query | hits | first: ms | units read, written | second: ms | units read | recall | precision |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for row in rows:
        first = f"{row.first_ms:.0f} | {row.first['read']:.0f}, {row.first['write']:.0f}"
        second = f"{row.second_ms:.0f} | {row.second['read']:.1f}"
        lines.append(f"| `{row.query}` | {row.hits} | {first} | {second} | {row.recall:.3f} | {row.precision:.3f} |")
    return "\n".join(lines)


async def run() -> int:
    """Post, search, print; non-zero where something is missed or should not be there."""
    texts, corpus = chat(TEXTS + MEANWHILE), Corpus()
    async with host() as told, AsyncControlClient(told["control"]) as control, AsyncExitStack() as stack:
        clients = [await opened(stack, told, control, f"writer{number:02}") for number in range(AUTHORS)]

        async def write(number: int) -> None:
            for text in texts[:TEXTS][number::AUTHORS]:
                position = (await clients[number].post(text)).position
                corpus.add(f"writer{number:02}", str(position), text)

        await asyncio.gather(*map(write, range(AUTHORS)))
        await control.idle()
        rows = [await measured(control, clients[0], corpus, query) for query in queries(corpus)]
        print(f"{len(corpus.texts)} posts by {AUTHORS} authors, in one day\n\n{table(rows)}\n")
        recall, precision = await meanwhile(control, clients, corpus, texts[TEXTS:])
        print(f"words that went live while {MEANWHILE} posts arrived: recall {recall:.3f}, precision {precision:.3f}")
    verdicts = [*((row.recall, row.precision) for row in rows), (recall, precision)]
    return 0 if all(each == (1.0, 1.0) for each in verdicts) else 1


def main() -> int:
    """Run it."""
    return asyncio.run(run())


if __name__ == "__main__":
    options("search", __doc__).parse_args()
    sys.exit(main())
