"""`Users`: privacy settings, each a register by position."""

from __future__ import annotations

from tests.contract.engines import Stores
from tests.contract.made import position
from tidings.domain.identity import Identity
from tidings.domain.privacy import Audience, Previews, Privacy, PrivacyChange
from tidings.ports import User


class TestPrivacy:
    def test_everything_is_shown_until_somebody_says_otherwise(self, stores: Stores) -> None:
        ann = stores.user("ann")
        assert stores.users.privacy(ann) == Privacy(Audience.EVERYONE, True, Previews.FULL)
        stores.users.ensure(Identity(ann, "phone", 2_000_000_000), stores.clock.now())
        assert stores.users.get([ann])[ann].privacy == stores.users.privacy(ann) == Privacy()

    def test_what_is_left_out_stays(self, stores: Stores) -> None:
        ann, now = stores.user("ann"), stores.clock.now()
        stores.users.ensure(Identity(ann, "phone", 2_000_000_000, "Ann"), now)
        first = stores.users.set_privacy(ann, PrivacyChange(read_receipts=False), position(now, 1))
        assert first == Privacy(read_receipts=False)
        both = PrivacyChange(last_seen=Audience.NOBODY, previews=Previews.SENDER)
        second = stores.users.set_privacy(ann, both, position(now, 2))
        assert second == Privacy(Audience.NOBODY, False, Previews.SENDER)
        assert stores.users.get([ann]) == {ann: User(ann, "Ann", privacy=second, last_seen=now)}
        assert stores.users.privacy(ann) == second
        assert stores.users.set_privacy(ann, PrivacyChange(), position(now, 3)) == second

    def test_each_is_a_register_by_position(self, stores: Stores) -> None:
        ann, now = stores.user("ann"), stores.clock.now()
        stores.users.set_privacy(ann, PrivacyChange(read_receipts=False), position(now, 5))
        old = PrivacyChange(last_seen=Audience.FOLLOWING, read_receipts=True)
        stands = stores.users.set_privacy(ann, old, position(now, 4))
        assert stands == Privacy(Audience.FOLLOWING, False), "the older frame sets what no newer one has set"
        assert stores.users.set_privacy(ann, old, position(now, 4)) == stands, "a resend changes nothing"
        assert stores.users.set_privacy(ann, old, position(now, 6)).read_receipts is True
