"""Puts what was sent beside what was found, for every mailbox, app, screen, history, phone and timeline."""

from __future__ import annotations

from collections.abc import Mapping

from local.demo import checker
from local.demo.facts import Findings, Pushed, Sent
from local.demo.feeds import Feeds
from local.demo.people import Book
from local.demo.scenario import Scenario
from local.demo.talks import Talks
from local.demo.verify import Found


def judge_messages(scenario: Scenario, book: Book, talks: Talks, found: Mapping[str, Found]) -> Findings:
    """Mailboxes, histories, receipts, and what the apps showed."""
    findings = Findings()
    by_talk: dict[str, list[Sent]] = {talk.name: [] for talk in scenario.talks}
    for fact in book.sent.values():
        by_talk[fact.talk].append(fact)
    told: dict[tuple[str, str], str] = {}
    for talk in scenario.talks:
        sent = by_talk[talk.name]
        for number, user in enumerate(talk.users):
            # With two registered devices a user's own messages go into the mailbox, for the other one.
            copies = talk.kind == "devices" and number == 0
            findings.add(checker.check_mailbox(user, sent, found[user].mailbox, copies=copies))
            findings.add(checker.check_talk(f"history for {user}", sent, found[user].history[talk.name]))
            told |= {(user, name): position for name, position in found[user].receipts.items()}
    for (user, device), app in talks.apps.items():
        sent = [fact for fact in book.sent.values() if user in (fact.sender, fact.recipient)]
        findings.add(checker.check_app(user, sent, app.handed, copies=device == "second"))
        for name in {fact.talk for fact in sent}:
            findings.add(checker.check_talk(f"screen of {user} ({device})", by_talk[name], app.items(name)))
    findings.add(checker.check_receipts(list(book.sent.values()), told))
    return findings


def judge_phones(scenario: Scenario, sent: list[Sent], pushed: list[Pushed]) -> Findings:
    """The phones of those who were away."""
    return checker.check_phones(sent, scenario.phones, pushed)


def judge_timelines(scenario: Scenario, feeds: Feeds, found: Mapping[str, Found]) -> Findings:
    """Every home timeline."""
    findings, follows = Findings(), scenario.final
    for user in scenario.users:
        findings.add(checker.check_timeline(user, feeds.posted, follows, found[user].home))
    return findings
