"""Private accounts: a follow is a request, and what is private is for followers only, whoever is slow or dies."""

from __future__ import annotations

from random import Random

import pytest

from tests.contract.made import position
from tests.fakes import FakeFollowLists
from tests.unit.timelines.rig import Died, Rig
from tidings.domain.authors import Author, PulledAuthor
from tidings.domain.errors import Conflict, Forbidden, InvalidRequest, NotFound, TidingsError, UnknownUser
from tidings.domain.events import Path
from tidings.domain.profile import ProfileChange
from tidings.ports import Counts
from tidings.services.follow import Followed


@pytest.fixture
def rig() -> Rig:
    rig = Rig()
    rig.people("ann", "bob", "cid")
    private(rig, "ann")
    return rig


def private(rig: Rig, user: str, on: bool = True) -> None:
    rig.clock.advance(1)
    rig.world.profiles.set(user, ProfileChange(private=on), position(rig.clock.now()), rig.world.fence())


def ask(rig: Rig, user: str, author: str = "ann", client_id: str = "") -> Followed:
    rig.clock.advance(1)
    caller = rig.caller(user)
    return rig.follows.follow(caller, client_id or caller.frame_id, author)


def answer(rig: Rig, user: str, *, accept: bool = True, author: str = "ann", client_id: str = "") -> str:
    rig.clock.advance(1)
    caller = rig.caller(author)
    act = rig.requests.accept if accept else rig.requests.decline
    return act(caller, client_id or caller.frame_id, user)


class TestRequests:
    def test_nothing_comes_before_consent_and_everything_after(self, rig: Rig) -> None:
        early = rig.post("ann")
        assert ask(rig, "bob").requested
        rig.settle()
        assert rig.home("bob") == []
        with pytest.raises(Forbidden):
            rig.reader.user(rig.caller("bob"), "ann", None, 20)
        assert rig.requests.page(rig.caller("ann"), None, 10) == (["bob"], None)
        answer(rig, "bob")
        late = rig.post("ann")
        rig.settle()
        assert rig.home("bob") == [late, early]
        assert [each.position for each in rig.reader.user(rig.caller("bob"), "ann", None, 20).entries] == [late, early]
        assert rig.requests.page(rig.caller("ann"), None, 10) == ([], None)
        assert not ask(rig, "bob").requested, "who follows already needs no consent"

    def test_a_declined_one_may_ask_again(self, rig: Rig) -> None:
        ask(rig, "bob")
        answer(rig, "bob", accept=False)
        rig.settle()
        assert rig.home("bob") == []
        assert rig.requests.page(rig.caller("ann"), None, 10) == ([], None)
        assert ask(rig, "bob").requested
        answer(rig, "bob")
        assert rig.graph.following([("bob", "ann")]) == {("bob", "ann")}

    def test_a_request_is_taken_back(self, rig: Rig) -> None:
        ask(rig, "bob")
        rig.unfollow("bob", "ann")
        with pytest.raises(NotFound):
            answer(rig, "bob")
        rig.settle()
        assert rig.graph.following([("bob", "ann")]) == frozenset()

    def test_a_block_ends_it(self, rig: Rig) -> None:
        ask(rig, "bob")
        rig.block("ann", "bob")
        assert rig.requests.page(rig.caller("ann"), None, 10) == ([], None)
        with pytest.raises(NotFound):
            answer(rig, "bob")
        with pytest.raises(UnknownUser):
            ask(rig, "bob")

    def test_who_is_no_longer_private_is_followed_at_once(self, rig: Rig) -> None:
        ask(rig, "bob")
        private(rig, "ann", on=False)
        assert not ask(rig, "cid").requested
        answer(rig, "bob")
        assert FakeFollowLists(rig.graph).counts(["ann"]) == {"ann": Counts(followers=2)}
        assert not ask(rig, "bob").requested

    @pytest.mark.parametrize("later_ms", [0, 31_000])
    @pytest.mark.parametrize("first", [True, False])
    def test_a_resend_is_acked_as_its_first_try_was(self, rig: Rig, first: bool, later_ms: int) -> None:
        """Although the account is public by then, or private."""
        private(rig, "ann", on=first)
        acked = ask(rig, "bob", client_id="c-1")
        assert acked.requested is first
        private(rig, "ann", on=not first)
        rig.clock.advance(later_ms)
        assert ask(rig, "bob", client_id="c-1") == acked
        rig.settle()
        assert (("bob", "ann") in rig.graph.following([("bob", "ann")])) is not first

    def test_followers_from_before_go_on(self, rig: Rig) -> None:
        private(rig, "ann", on=False)
        rig.follow("bob", "ann")
        private(rig, "ann")
        late = rig.post("ann")
        rig.settle()
        assert rig.home("bob") == [late]
        rig.unfollow("bob", "ann")
        assert ask(rig, "bob").requested
        rig.settle()
        assert rig.home("bob") == []
        assert rig.feed("bob") == [], "the purge of the unfollow is done although the edge is a request by now"

    def test_what_cannot_be(self, rig: Rig) -> None:
        for accept in (True, False):
            with pytest.raises(NotFound):
                answer(rig, "nobody", accept=accept)
        with pytest.raises(InvalidRequest):
            rig.requests.page(rig.caller("ann"), "not a user", 10)
        ask(rig, "bob")
        answer(rig, "bob", client_id="c1")
        with pytest.raises(Conflict):
            answer(rig, "cid", client_id="c1")


class TestResends:
    def test_an_acked_answer_stays_what_it_was(self, rig: Rig) -> None:
        ask(rig, "bob")
        first = answer(rig, "bob", client_id="c1")
        rig.unfollow("bob", "ann")
        ask(rig, "bob")
        for wait in (0, rig.world.times.settle + 1):
            rig.clock.advance(wait)
            try:
                assert answer(rig, "bob", client_id="c1") == first
            except NotFound:
                assert wait == 0, "within the fence it is the same try, which finds a later request"
        assert rig.graph.following([("bob", "ann")]) == frozenset(), "a second request needs a second answer"

    @pytest.mark.parametrize("seed", range(60))
    def test_whatever_dies_the_edge_and_the_timeline_agree(self, rig: Rig, seed: int) -> None:
        dice = Random(seed)
        early = rig.post("ann")

        def die(_name: str) -> None:
            if dice.random() < 0.12:
                raise Died

        def insist(act: object) -> None:
            rig.hook = die
            for _ in range(60):
                try:
                    assert callable(act)
                    act()
                except Died:
                    rig.clock.advance(dice.choice([0, 1_000, 16_000, 31_000]))
                except TidingsError as error:
                    assert error.retryable, error
                    rig.clock.advance(error.retry_after_ms or 1_000)
                else:
                    rig.hook = None
                    return
            raise AssertionError("never answered")

        insist(lambda: ask(rig, "bob", client_id="ask"))
        accepted = dice.random() < 0.7
        insist(lambda: answer(rig, "bob", accept=accepted, client_id="answer"))
        late = rig.post("ann")
        rig.settle()
        assert rig.home("bob") == ([late, early] if accepted else [])
        assert (rig.graph.following([("bob", "ann")]) == {("bob", "ann")}) is accepted


def test_who_does_not_ask_does_not_pull_either(rig: Rig) -> None:
    """Whoever accepts a request that is not there shows nobody anything."""
    rig.world.authors.all["ann"] = Author("ann", path=Path.PULL, pulled_from=1)
    with pytest.raises(NotFound):
        answer(rig, "bob")
    assert rig.graph.reader("bob").pulled == ()
    ask(rig, "bob")
    answer(rig, "bob")
    assert rig.graph.reader("bob").pulled == (PulledAuthor("ann", 1),)


def test_a_decline_leaves_the_purge_of_an_unfollow_to_be_done(rig: Rig) -> None:
    private(rig, "ann", on=False)
    rig.follow("bob", "ann")
    gone = rig.post("ann")
    rig.settle()
    private(rig, "ann")

    rig.unfollow("bob", "ann", "c1")
    rig.lanes.queued = [each for each in rig.lanes.queued if each.due > rig.clock.now()]
    ask(rig, "bob")
    answer(rig, "bob", accept=False)
    rig.settle()
    assert rig.feed("bob") == []
    assert rig.graph.removals["bob"] == {}
    ask(rig, "bob")
    rig.delete("ann", gone)
    answer(rig, "bob")
    rig.settle()
    assert rig.home("bob") == []
