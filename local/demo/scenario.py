"""What the demo will do, decided before it begins: the same for the same seed.

Conversations are real ones (`chitchat-dataset`), texts as they are.  Who follows whom is a Zipf graph: the follower
count of the author of rank r goes with 1 / r**1.1, which is what is seen of real networks.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from chitchat_dataset import Dataset

MESSAGES = 10
EXPONENT = 1.1
KINDS: tuple[tuple[Kind, int], ...] = (("online", 9), ("away", 5), ("cut", 3), ("resend", 2), ("devices", 1))
"""How the conversations go, and how many of twenty.  See `Talk`."""
Kind = Literal["online", "away", "cut", "resend", "devices"]


@dataclass(frozen=True, slots=True)
class Talk:
    """One conversation: turns of (who, what they say in one go).

    online: both are there. away: who listens is offline, and whom the last turn is for stays so. cut: lines break while
    messages are under way. resend: every frame is sent again before its answer can come. devices: one of the two has
    a second device, on which everything must be, too.
    """

    name: str
    users: tuple[str, str]
    turns: tuple[tuple[str, tuple[str, ...]], ...]
    kind: Kind


@dataclass(slots=True)
class Scenario:
    """Everything.  `follows`, `late` (after the posts), `unfollows`: (follower, author); `posts`: (author, text)."""

    seed: int
    talks: list[Talk]
    users: list[str]
    phones: dict[str, str] = field(default_factory=dict)
    follows: list[tuple[str, str]] = field(default_factory=list)
    late: list[tuple[str, str]] = field(default_factory=list)
    unfollows: list[tuple[str, str]] = field(default_factory=list)
    posts: list[tuple[str, str]] = field(default_factory=list)
    deletions: int = 0

    @property
    def final(self) -> dict[str, set[str]]:
        """Whom each user follows in the end."""
        told: dict[str, set[str]] = {user: set() for user in self.users}
        for follower, author in self.follows + self.late:
            told[follower].add(author)
        for follower, author in self.unfollows:
            told[follower].discard(author)
        return told


def write(seed: int, conversations: int, users: int, edges: int, posts: int) -> Scenario:
    """A scenario.  Raises `ValueError` when the data cannot give so many conversations."""
    dice = random.Random(seed)
    found = _conversations(dice)
    talks: list[Talk] = []
    spare: list[str] = []
    kinds = [kind for kind, share in KINDS for _ in range(share)]
    for number, (pair, lines) in enumerate(found):
        if len(talks) < conversations:
            talks.append(_talk(pair, lines, kinds[number % len(kinds)]))
        spare += [text for _, text in lines[MESSAGES:]]
        if len(talks) == conversations and len(spare) >= posts:
            break
    if len(talks) < conversations:
        raise ValueError(f"the data has {len(talks)} conversations between different people, not {conversations}")
    people = [user for talk in talks for user in talk.users]
    people += [f"reader-{n:04d}" for n in range(len(people), users)]
    scenario = Scenario(seed, talks, people)
    _phones(scenario)
    _graph(scenario, dice, edges)
    _posts(scenario, dice, spare, posts)
    return scenario


def _conversations(dice: random.Random) -> Iterator[tuple[tuple[str, str], list[tuple[str, str]]]]:
    """Conversations of two people, each person in one only: (the two, [(who, text)])."""
    data = Dataset()
    order = sorted(data)
    dice.shuffle(order)
    taken: set[str] = set()
    for key in order:
        lines = [(m["sender"][:13], m["text"]) for turn in data[key]["messages"] for m in turn if m["text"].strip()]
        people = {sender for sender, _ in lines[:MESSAGES]}
        if len(people) != 2 or len(lines) < MESSAGES or {sender for sender, _ in lines} & taken:
            continue
        taken |= people
        first, second = sorted(people)
        yield (first, second), lines


def _talk(pair: tuple[str, str], lines: list[tuple[str, str]], kind: Kind) -> Talk:
    turns: list[tuple[str, tuple[str, ...]]] = []
    for sender, text in lines[:MESSAGES]:
        if turns and turns[-1][0] == sender:
            turns[-1] = (sender, (*turns[-1][1], text))
        else:
            turns.append((sender, (text,)))
    return Talk("dm#" + "#".join(pair), pair, tuple(turns), kind)


def _phones(scenario: Scenario) -> None:
    """Everybody who will be away has a phone, and so has one of each fourth online pair."""
    for number, talk in enumerate(scenario.talks):
        if talk.kind == "away":
            scenario.phones |= {user: f"phone-of-{user}" for user in talk.users}
        elif talk.kind == "online" and number % 4 == 0:
            scenario.phones[talk.users[0]] = f"phone-of-{talk.users[0]}"


def _graph(scenario: Scenario, dice: random.Random, edges: int) -> None:
    """About `edges` edges; one in twenty is made after the posts, one in thirty taken back."""
    people = list(scenario.users)
    dice.shuffle(people)
    weights = [rank**-EXPONENT for rank in range(1, len(people) + 1)]
    scale = edges / sum(weights)
    made: list[tuple[str, str]] = []
    for author, weight in zip(people, weights, strict=True):
        others = [user for user in people if user != author]
        made += [(follower, author) for follower in dice.sample(others, min(len(others), round(scale * weight)))]
    dice.shuffle(made)
    late = len(made) // 20
    scenario.late, scenario.follows = made[:late], made[late:]
    scenario.unfollows = scenario.follows[: len(made) // 30]


def _posts(scenario: Scenario, dice: random.Random, texts: list[str], count: int) -> None:
    """`count` posts by the authors, each at least one if there are enough; one in forty is deleted again."""
    authors = sorted({author for _, author in scenario.follows})
    dice.shuffle(authors)
    chosen = [authors[n % len(authors)] for n in range(count)]
    scenario.posts = [(author, texts[n % len(texts)]) for n, author in enumerate(chosen)]
    scenario.deletions = count // 40
