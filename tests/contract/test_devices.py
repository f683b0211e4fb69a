"""`Devices`: a register by position; a removal is a tombstone."""

from __future__ import annotations

from tests.contract.engines import Stores
from tests.contract.made import position
from tidings.ports import Device


def device(
    stores: Stores, number: int, device_id: str = "phone", endpoint: str | None = "arn:1", *, issued: int = 0
) -> Device:
    """A registration; `issued` ms from now is when its token was given out."""
    now = stores.clock.now()
    return Device(device_id, "fcm", endpoint, position(now, number), now + issued)


class TestDevices:
    def test_a_device_comes_back_as_it_was(self, stores: Stores) -> None:
        ann = stores.user("ann")
        phone, tablet = device(stores, 1), device(stores, 2, "tablet", None)
        assert stores.devices.get(ann, "phone") is None
        assert stores.devices.of(ann) == []
        assert stores.devices.put(ann, phone)
        assert stores.devices.put(ann, tablet)
        assert stores.devices.get(ann, "phone") == phone
        assert sorted(stores.devices.of(ann), key=lambda each: each.device_id) == [phone, tablet]
        assert stores.devices.of(stores.user("bob")) == []

    def test_the_later_registration_stands(self, stores: Stores) -> None:
        ann = stores.user("ann")
        older, newer = device(stores, 1, endpoint="arn:1"), device(stores, 2, endpoint="arn:2")
        assert stores.devices.put(ann, newer)
        assert not stores.devices.put(ann, older)
        assert stores.devices.put(ann, newer)
        assert stores.devices.get(ann, "phone") == newer

    def test_a_removal_stands_against_earlier_registrations(self, stores: Stores) -> None:
        ann = stores.user("ann")
        stores.devices.put(ann, device(stores, 1))
        removal = position(stores.clock.now(), 3)
        assert stores.devices.remove(ann, "phone", removal)
        assert stores.devices.remove(ann, "phone", removal), "the same request, sent again"
        assert stores.devices.get(ann, "phone") is None
        assert stores.devices.of(ann) == []
        assert not stores.devices.put(ann, device(stores, 2, issued=1))
        later = device(stores, 4, issued=1)
        assert stores.devices.put(ann, later)
        assert stores.devices.get(ann, "phone") == later
        assert not stores.devices.remove(ann, "phone", removal)
        assert stores.devices.get(ann, "phone") == later

    def test_a_removal_stands_against_later_registrations_by_the_token_of_before(self, stores: Stores) -> None:
        ann = stores.user("ann")
        removal = position(stores.clock.now(), 3)
        assert stores.devices.put(ann, device(stores, 4))
        assert stores.devices.remove(ann, "phone", removal)
        assert not stores.devices.put(ann, device(stores, 5))
        assert not stores.devices.put(ann, device(stores, 5, issued=-1_000))
        assert stores.devices.get(ann, "phone") is None
        assert stores.devices.put(ann, device(stores, 5, issued=1))

    def test_removing_nothing_still_stands_against_a_late_registration(self, stores: Stores) -> None:
        ann = stores.user("ann")
        assert not stores.devices.remove(ann, "phone", position(stores.clock.now(), 2))
        assert not stores.devices.put(ann, device(stores, 1))

    def test_a_dead_endpoint_is_cleared_unless_it_was_replaced(self, stores: Stores) -> None:
        ann = stores.user("ann")
        stores.devices.put(ann, device(stores, 1, endpoint="arn:2"))
        stores.devices.forget_endpoint(ann, "phone", "arn:1")
        assert stores.devices.get(ann, "phone") == device(stores, 1, endpoint="arn:2")
        stores.devices.forget_endpoint(ann, "phone", "arn:2")
        assert stores.devices.get(ann, "phone") == device(stores, 1, endpoint=None)
        stores.devices.forget_endpoint(ann, "tablet", "arn:2")
        assert stores.devices.get(ann, "tablet") is None

    def test_a_device_that_registered_anew_keeps_its_endpoint(self, stores: Stores) -> None:
        ann = stores.user("ann")
        old, new = device(stores, 1), device(stores, 2)
        stores.devices.put(ann, new)
        stores.devices.forget_endpoint(ann, "phone", "arn:1", old.position)
        assert stores.devices.get(ann, "phone") == new
        stores.devices.forget_endpoint(ann, "phone", "arn:1", new.position)
        assert stores.devices.get(ann, "phone") == device(stores, 2, endpoint=None)

    def test_an_endpoint_knows_whose_it_is(self, stores: Stores) -> None:
        arn = f"arn:aws:sns:eu-central-1:123456789012:endpoint/GCM/tidings/{stores.user('x')}"
        assert stores.devices.owner(arn) is None
        for owner in ("ann#phone", "bob#phone"):
            stores.devices.own(arn, owner)
            assert stores.devices.owner(arn) == owner
        for _ in range(2):
            stores.devices.disown(arn)
            assert stores.devices.owner(arn) is None
