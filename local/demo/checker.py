"""Says what must be there from what was sent, and compares it with what is there.

Shares no code with the delivery path: it knows neither positions' form nor cursors nor receipts, only that

* what was acked is there, once, as it was written, and nothing else is;
* one sender's messages stand in the order of their calls;
* what was sent after something else had been acked stands after it, whoever sent it;
* places (strings) only grow, are the same for every reader, and are those that the acks told.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from local.demo.facts import Findings, Item, Key, Posted, Pushed, Sent

NEVER = float("inf")


class Fact(Protocol):
    """What `compare` needs of a `Sent` or `Posted`."""

    text: str
    seq: int
    sent_at: float
    acked_at: float | None
    position: str

    @property
    def key(self) -> Key:
        """Its name."""
        ...


def compare(where: str, expected: Sequence[Fact], found: Sequence[Item], *, ordered: bool = True) -> Findings:
    """What is wrong with `found` (oldest first), which should be `expected` and nothing else."""
    findings = Findings()
    known = {fact.key: fact for fact in expected}
    counted = Counter(item.key for item in found)
    for key, fact in known.items():
        if fact.acked_at is None:
            findings.wrong.append(f"{where}: {name(key)} was never acked")
        elif not counted[key]:
            findings.lost.append(f"{where}: {name(key)} is not there")
    for key, count in counted.items():
        if key not in known:
            findings.wrong.append(f"{where}: {name(key)} does not belong there")
        elif count > 1:
            findings.repeated.append(f"{where}: {name(key)} is there {count} times")
    for item in found:
        if item.key in known:
            _compare_one(where, known[item.key], item, findings)
    if ordered:
        findings.misordered += order(where, [(known[item.key], item) for item in found if item.key in known])
    return findings


def _compare_one(where: str, fact: Fact, item: Item, findings: Findings) -> None:
    same = fact.text.startswith(item.text) if item.truncated else fact.text == item.text
    if not same:
        findings.wrong.append(f"{where}: {name(item.key)} has another text")
    if item.position != fact.position:
        findings.wrong.append(f"{where}: {name(item.key)} stands elsewhere than its ack said")


def order(where: str, found: Sequence[tuple[Fact, Item]]) -> list[str]:
    """What is out of order.  `latest` is the newest call so far: nothing acked before it may come after."""
    wrong: list[str] = []
    latest = 0.0
    last: dict[str, int] = {}
    place = ""
    for fact, item in found:
        maker = fact.key[0]
        if item.position < place:
            wrong.append(f"{where}: {name(item.key)} has an older place than what stands before it")
        elif fact.seq < last.get(maker, -1):
            wrong.append(f"{where}: {name(item.key)} stands after a later one of the same sender")
        elif (fact.acked_at if fact.acked_at is not None else NEVER) < latest:
            wrong.append(f"{where}: {name(item.key)} was acked before something that stands before it was sent")
        latest = max(latest, fact.sent_at)
        last[maker] = max(last.get(maker, -1), fact.seq)
        place = max(place, item.position)
    return wrong


def check_mailbox(user: str, sent: Iterable[Sent], found: Sequence[Item], *, copies: bool) -> Findings:
    """A whole mailbox as sync gave it.  `copies`: the user has two devices, so own messages are there, too.

    A message that arrived late stands where it arrived: its order is a reader's business (`check_talk`).
    """
    expected = [each for each in sent if each.recipient == user or (copies and each.sender == user)]
    findings = compare(f"mailbox of {user}", expected, found, ordered=False)
    arrivals = [item.arrival for item in found]
    if arrivals != sorted(arrivals):
        findings.misordered.append(f"mailbox of {user}: arrivals go back")
    known = {fact.key: fact for fact in expected}
    punctual = [item for item in found if item.arrival == item.position and item.key in known]
    for talk in dict.fromkeys(item.talk for item in punctual):
        pairs: list[tuple[Fact, Item]] = [(known[item.key], item) for item in punctual if item.talk == talk]
        findings.misordered += order(f"mailbox of {user}", pairs)
    return findings


def check_talk(where: str, sent: Iterable[Sent], found: Sequence[Item]) -> Findings:
    """A conversation as somebody sees it in the end, both sides' messages: an app's screen, or its history."""
    return compare(where, list(sent), found)


def check_app(user: str, sent: Iterable[Sent], handed: Sequence[Key], *, copies: bool) -> Findings:
    """What an app was handed over all its connections, in any order: each message to its user, once.

    `copies`: it is a second device, so the user's messages from the first are handed to it, too.
    """
    expected = {each.key for each in sent if each.recipient == user or (copies and each.sender == user)}
    counted = Counter(handed)
    return Findings(
        lost=[f"app of {user}: {name(key)} never came" for key in expected if not counted[key]],
        repeated=[f"app of {user}: {name(key)} came {n} times" for key, n in counted.items() if n > 1],
        wrong=[f"app of {user}: {name(key)} is not for it" for key in counted if key not in expected],
    )


def check_timeline(
    user: str, posted: Iterable[Posted], follows: Mapping[str, set[str]], found: Sequence[Item]
) -> Findings:
    """A home timeline, newest first as it was read: the posts of whom `user` follows, and their own."""
    authors = follows.get(user, set()) | {user}
    expected = [each for each in posted if each.author in authors and not each.deleted]
    return compare(f"timeline of {user}", expected, list(reversed(found)))


def check_phones(sent: Sequence[Sent], phones: Mapping[str, str], pushed: Sequence[Pushed]) -> Findings:
    """Who was away heard of it: each message counted, the newest named.  `phones` is user to phone.

    A phone may sound for more than it had to (a receipt that came late, a replay): that is no fault.
    """
    findings = Findings(wrong=[f"phone {each.phone}: {each.problem}" for each in pushed if each.problem])
    missed: dict[tuple[str, str], list[Sent]] = {}
    for each in sent:
        if each.away and each.recipient in phones:
            missed.setdefault((each.recipient, each.talk), []).append(each)
    for (user, talk), messages in missed.items():
        got = [each for each in pushed if each.phone == phones[user] and each.talk == talk]
        newest = max(each.position for each in messages)
        if newest not in {each.position for each in got}:
            findings.lost.append(f"phone of {user}: nothing names the newest of {len(messages)} messages")
        elif sum(each.messages for each in got) < len(messages):
            findings.lost.append(f"phone of {user}: it heard of fewer than {len(messages)} messages")
    known = set(phones.values())
    findings.wrong += [f"phone {each.phone}: nobody's" for each in pushed if each.phone not in known]
    talks = {(phones[each.recipient], each.talk) for each in sent if each.recipient in phones}
    findings.wrong += [
        f"phone {each.phone}: about a conversation it has no message of"
        for each in pushed
        if each.phone in known and (each.phone, each.talk) not in talks
    ]
    return findings


def check_receipts(sent: Iterable[Sent], told: Mapping[tuple[str, str], str]) -> Findings:
    """Every sender heard that the newest message to each recipient was delivered; `told` is the furthest place that
    (sender, talk) heard of."""
    newest: dict[tuple[str, str], str] = {}
    for each in sent:
        newest[each.sender, each.talk] = max(newest.get((each.sender, each.talk), ""), each.position)
    return Findings(
        lost=[
            f"receipts of {sender}: the newest message of {talk} was never confirmed"
            for (sender, talk), position in newest.items()
            if told.get((sender, talk), "") < position
        ]
    )


def name(key: Key) -> str:
    """A key for people."""
    return f"{key[1][:12]} of {key[0]}"
