"""What people on the square write and search: words, tags, mentions and links of a small vocabulary, all their own."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

WORDS = ("tea", "rain", "cat", "moon", "jazz")
TAGS = ("art", "tea")


@dataclass(frozen=True)
class Text:
    """What is written, piece by piece."""

    pieces: tuple[str, ...] = ()

    def __str__(self) -> str:
        """As it is sent."""
        return " ".join(self.pieces)

    @property
    def words(self) -> list[str]:
        """Its words in order, as a search is to see them."""
        found: list[str] = []
        for piece in self.pieces:
            folded = piece.lower()
            if folded.startswith("https://"):
                found += ["https", *folded.removeprefix("https://").split("/")]
            else:
                found.append(folded.lstrip("#@"))
        return found

    @property
    def tags(self) -> set[str]:
        """Its tags, with their `#`."""
        return {piece.lower() for piece in self.pieces if piece.startswith("#")}

    @property
    def mentions(self) -> set[str]:
        """The handles in it."""
        return {piece[1:].lower() for piece in self.pieces if piece.startswith("@")}

    @property
    def kinds(self) -> list[str]:
        """What is in it beside words."""
        begins = {"#": "tag", "@": "mention", "https://": "link"}
        found = ([kind for begin, kind in begins.items() if piece.startswith(begin)] for piece in self.pieces)
        return [kind for kinds in found for kind in kinds]

    def holds(self, query: Query) -> bool:
        """Whether a search with `query` finds it."""
        words = self.words
        if not all(each in words or each in self.tags for each in query.terms):
            return False
        size = len(query.phrase)
        return not size or any(words[at : at + size] == list(query.phrase) for at in range(len(words)))


@dataclass(frozen=True)
class Query:
    """Words and tags, words in a row, whose posts, from which day on."""

    terms: tuple[str, ...] = ()
    phrase: tuple[str, ...] = ()
    author: str | None = None
    since: str | None = None

    def __str__(self) -> str:
        """As it is typed."""
        parts = [*self.terms]
        parts += [f'"{" ".join(self.phrase)}"'] if self.phrase else []
        parts += [f"from:{self.author}"] if self.author else []
        parts += [f"since:{self.since}"] if self.since else []
        return " ".join(parts)


class Vocabulary:
    """Words that nobody else has: all begin with `prefix`."""

    def __init__(self, prefix: str, dice: Random) -> None:
        self.prefix = prefix
        self.dice = dice
        self.words = [prefix + each for each in WORDS]
        self.tags = ["#" + prefix + each for each in TAGS]
        self.handles = [f"{prefix}_{letter}" for letter in "abcdefghi"]

    def text(self) -> Text:
        """Something to post."""
        dice = self.dice
        pieces = [self._cased(dice.choice(self.words)) for _ in range(dice.randint(1, 4))]
        if dice.random() < 0.35:
            pieces.append(dice.choice(self.tags))
        if dice.random() < 0.35:
            pieces.append(self._cased("@" + dice.choice(self.handles)))
        if dice.random() < 0.15:
            pieces.append("https://example.com/" + dice.choice(self.words))
        if dice.random() < 0.08:
            pieces.append(dice.choice("жж🌧") * dice.choice((200, 700, 3_900)))
        dice.shuffle(pieces)
        return Text(tuple(pieces))

    def _cased(self, word: str) -> str:
        return word.upper() if self.dice.random() < 0.2 else word

    def query(self, names: list[str], days: list[str]) -> Query:
        """Something to search."""
        dice = self.dice
        terms = dice.sample([*self.words, *self.tags], dice.randint(0, 2))
        phrase = dice.choices(self.words, k=2) if dice.random() < 0.3 else ()
        author = dice.choice(names) if dice.random() < 0.3 else None
        if not terms and not phrase and author is None:
            terms = [dice.choice(self.words)]
        since = dice.choice(days) if dice.random() < 0.25 else None
        return Query(tuple(terms), tuple(phrase), author, since)

    def name(self) -> str:
        """What somebody calls themselves."""
        endings = self.dice.sample(("ann", "anna", "bo", "lee", "le"), self.dice.randint(1, 2))
        return " ".join(self.prefix + each.title() for each in endings)
