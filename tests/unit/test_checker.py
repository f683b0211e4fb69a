"""The demo's checker: right results pass, and each single fault is found."""

import ast
from dataclasses import replace
from pathlib import Path

import pytest

from local.demo import checker, facts
from local.demo.facts import Findings, Item, Posted, Pushed, Sent

TALK = "dm#ann#ben"


def conversation() -> list[Sent]:
    """Turns of two and one: the two of a turn are on their way together, a turn begins after the last one's acks."""
    said, now = [], 0.0
    for n in range(10):
        sender, recipient = ("ann", "ben") if n % 3 < 2 else ("ben", "ann")
        together = n % 3 == 1
        now += 0.0 if together else 1.0
        said.append(
            Sent(
                TALK, sender, recipient, f"id{n}", f"text {n}", n, now, now + 0.5, f"p{n:02d}", away=recipient == "ben"
            )
        )
    return said


def item(sent: Sent) -> Item:
    return Item(sent.talk, sent.key, sent.position, sent.text, arrival=sent.position)


def mailbox(user: str = "ben") -> list[Item]:
    return [item(each) for each in conversation() if each.recipient == user]


def swapped(items: list[Item], one: int) -> list[Item]:
    return [*items[:one], items[one + 1], items[one], *items[one + 2 :]]


def kinds(findings: Findings) -> set[str]:
    return {kind for kind in ("lost", "repeated", "misordered", "wrong") if getattr(findings, kind)}


def test_a_right_mailbox_passes():
    assert kinds(checker.check_mailbox("ben", conversation(), mailbox(), copies=False)) == set()
    both = [item(each) for each in conversation()]
    assert kinds(checker.check_mailbox("ben", conversation(), both, copies=True)) == set()


@pytest.mark.parametrize("place", range(len(mailbox())))
def test_one_dropped_one_repeated_one_altered_delivery_is_found(place: int):
    right = mailbox()
    dropped = [*right[:place], *right[place + 1 :]]
    assert kinds(checker.check_mailbox("ben", conversation(), dropped, copies=False)) == {"lost"}
    repeated = [*right[: place + 1], right[place], *right[place + 1 :]]
    assert kinds(checker.check_mailbox("ben", conversation(), repeated, copies=False)) == {"repeated"}
    again_later = [*right, replace(right[place], arrival="p99")]
    assert kinds(checker.check_mailbox("ben", conversation(), again_later, copies=False)) == {"repeated"}
    altered = [*right[:place], replace(right[place], text="?"), *right[place + 1 :]]
    assert kinds(checker.check_mailbox("ben", conversation(), altered, copies=False)) == {"wrong"}


@pytest.mark.parametrize("place", range(len(mailbox()) - 1))
def test_one_swapped_delivery_is_found_in_a_mailbox(place: int):
    right = mailbox()
    assert "misordered" in kinds(checker.check_mailbox("ben", conversation(), swapped(right, place), copies=False))
    # Swapped by the server with consistent places: only what the senders know tells.
    one, other = right[place], right[place + 1]
    lied = [
        *right[:place],
        replace(other, position=one.position, arrival=one.position),
        replace(one, position=other.position, arrival=other.position),
        *right[place + 2 :],
    ]
    assert "misordered" in kinds(checker.check_mailbox("ben", conversation(), lied, copies=False))


def test_a_late_message_stands_where_it_arrived_but_the_screen_shows_it_in_its_place():
    first, *rest = mailbox()
    late = [*rest, replace(first, arrival="p99")]
    assert kinds(checker.check_mailbox("ben", conversation(), late, copies=False)) == set()
    shown = [item(each) for each in conversation()]
    assert kinds(checker.check_talk("screen", conversation(), shown)) == set()
    assert "misordered" in kinds(checker.check_talk("screen", conversation(), [*shown[1:], shown[0]]))


@pytest.mark.parametrize("place", range(9))
def test_one_swap_is_found_on_a_screen_also_between_two_senders(place: int):
    shown = [item(each) for each in conversation()]
    assert "misordered" in kinds(checker.check_talk("screen", conversation(), swapped(shown, place)))
    sent = conversation()
    one, other = sent[place], sent[place + 1]
    one.position, other.position = other.position, one.position
    shown = sorted((item(each) for each in sent), key=lambda each: each.position)
    assert "misordered" in kinds(checker.check_talk("screen", sent, shown))


def test_somebody_elses_message_and_an_unacked_one_are_wrong():
    stranger = Item("dm#ben#eve", ("eve", "x"), "p50", "psst", "p50")
    assert kinds(checker.check_mailbox("ben", conversation(), [*mailbox(), stranger], copies=False)) == {"wrong"}
    own = item(conversation()[2])
    assert kinds(checker.check_mailbox("ben", conversation(), [*mailbox(), own], copies=False)) == {
        "wrong",
        "misordered",
    }
    unacked = conversation()
    unacked[0].acked_at = None
    assert kinds(checker.check_mailbox("ben", unacked, mailbox(), copies=False)) == {"wrong"}


def test_an_app_is_handed_each_message_once():
    keys = [each.key for each in conversation() if each.recipient == "ben"]
    assert kinds(checker.check_app("ben", conversation(), keys, copies=False)) == set()
    assert kinds(checker.check_app("ben", conversation(), list(reversed(keys)), copies=False)) == set()
    assert kinds(checker.check_app("ben", conversation(), keys[1:], copies=False)) == {"lost"}
    assert kinds(checker.check_app("ben", conversation(), [*keys, keys[0]], copies=False)) == {"repeated"}
    assert kinds(checker.check_app("ben", conversation(), [*keys, ("eve", "x")], copies=False)) == {"wrong"}
    everything = [each.key for each in conversation()]
    assert kinds(checker.check_app("ben", conversation(), everything, copies=True)) == set()
    assert kinds(checker.check_app("ben", conversation(), everything, copies=False)) == {"wrong"}


def posts() -> list[Posted]:
    return [
        Posted(
            author, f"{author}{n}", f"post {n} " + "x" * 700, n, n + 0.1 * place, n + 0.1 * place + 0.05, f"p{n}{place}"
        )
        for n in range(4)
        for place, author in enumerate(("ann", "ben", "eve"))
    ]


FOLLOWS = {"joe": {"ann", "ben"}, "ann": set[str]()}


def timeline(user: str = "joe") -> list[Item]:
    """Newest first."""
    mine = [each for each in posts() if each.author in FOLLOWS[user] | {user}]
    return [Item("", each.key, each.position, each.text) for each in reversed(mine)]


def test_a_right_timeline_passes_with_excerpts_and_own_posts():
    short = [replace(each, text=each.text[:600], truncated=True) for each in timeline()]
    assert kinds(checker.check_timeline("joe", posts(), FOLLOWS, short)) == set()
    assert kinds(checker.check_timeline("ann", posts(), FOLLOWS, timeline("ann"))) == set()


@pytest.mark.parametrize("place", range(len(timeline())))
def test_one_dropped_one_repeated_one_foreign_post_is_found(place: int):
    right = timeline()
    dropped = [*right[:place], *right[place + 1 :]]
    assert kinds(checker.check_timeline("joe", posts(), FOLLOWS, dropped)) == {"lost"}
    repeated = [*right[: place + 1], *right[place:]]
    assert kinds(checker.check_timeline("joe", posts(), FOLLOWS, repeated)) == {"repeated"}
    assert kinds(checker.check_timeline("joe", posts(), {"joe": {"ben"}}, right)) == {"wrong"}
    gone = posts()
    next(each for each in gone if each.key == right[place].key).deleted = True
    assert kinds(checker.check_timeline("joe", gone, FOLLOWS, right)) == {"wrong"}


@pytest.mark.parametrize("place", range(len(timeline()) - 1))
def test_one_swapped_post_is_found(place: int):
    assert "misordered" in kinds(checker.check_timeline("joe", posts(), FOLLOWS, swapped(timeline(), place)))
    lied = posts()
    keys = [timeline()[place].key, timeline()[place + 1].key]
    one, other = (next(each for each in lied if each.key == key) for key in keys)
    one.position, other.position = other.position, one.position
    mine = sorted((each for each in lied if each.author != "eve"), key=lambda each: each.position, reverse=True)
    shown = [Item("", each.key, each.position, each.text) for each in mine]
    assert "misordered" in kinds(checker.check_timeline("joe", lied, FOLLOWS, shown))


def test_phones_of_those_away_must_sound_for_everything():
    sent, phones = conversation(), {"ben": "phone-1"}
    away = [each for each in sent if each.away]
    newest = away[-1].position
    right = [Pushed("phone-1", TALK, away[0].position, 1), Pushed("phone-1", TALK, newest, len(away) - 1)]
    assert kinds(checker.check_phones(sent, phones, right)) == set()
    assert kinds(checker.check_phones(sent, phones, [])) == {"lost"}
    assert kinds(checker.check_phones(sent, phones, right[:1])) == {"lost"}
    assert kinds(checker.check_phones(sent, phones, right[1:])) == {"lost"}
    assert kinds(checker.check_phones(sent, phones, [*right, Pushed("phone-9", TALK, newest, 1)])) == {"wrong"}
    assert kinds(checker.check_phones(sent, phones, [*right, Pushed("phone-1", "dm#eve#joe", newest, 1)])) == {"wrong"}
    assert kinds(checker.check_phones(sent, phones, [replace(each, problem="no JSON") for each in right])) == {"wrong"}
    assert kinds(checker.check_phones(sent, {}, [])) == set()


def test_every_sender_must_hear_that_the_newest_was_delivered():
    sent = conversation()
    newest = {(each.sender, TALK): each.position for each in sent}
    assert kinds(checker.check_receipts(sent, newest)) == set()
    assert kinds(checker.check_receipts(sent, newest | {("ann", TALK): "p00"})) == {"lost"}
    assert kinds(checker.check_receipts(sent, {})) == {"lost"}


def test_the_checker_shares_no_code_with_the_delivery_path():
    allowed = {"__future__", "collections", "dataclasses", "typing", "local"}
    for module in (checker, facts):
        tree = ast.parse(Path(str(module.__file__)).read_text())
        imported = [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
        imported += [alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names]
        assert {each.split(".")[0] for each in imported} <= allowed
        assert all(each == "local.demo.facts" for each in imported if each.startswith("local"))
