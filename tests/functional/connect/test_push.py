"""The push function as Lambda calls it with a batch of the mailboxes' stream."""

from __future__ import annotations

import copy
import json
from io import StringIO
from typing import Any

import pytest

from functions.push.handler import handler
from tests.functional.connect.conftest import Aws
from tests.functional.connect.events import recorded
from tidings.domain.events import Message, Receipt, ReceiptKind
from tidings.domain.identity import Identity
from tidings.domain.stamp import Fence, Times
from tidings.domain.watermark import Watermark
from tidings.ports.devices import Device
from tidings.storage import keys
from tidings.storage.devices import DeviceStore
from tidings.storage.mailboxes import MailboxStore
from tidings.storage.memberships import MembershipStore
from tidings.storage.users import UserStore

POSITION = "1800000000000-aaaaaaaa-aaaaaaab-00"
CONVERSATION = "dm#ann#bob"


class Phones:
    """What moto's SNS was asked to publish, by endpoint."""

    def __init__(self, aws: Aws) -> None:
        self._aws = aws
        self.devices = DeviceStore(aws.dynamodb, keys.DEVICES.name)

    def register(self, user_id: str, device_id: str = "phone") -> str:
        arn = self._aws.sns.create_platform_endpoint(
            PlatformApplicationArn=self._aws.application,
            Token=f"{user_id}-{device_id}",
            CustomUserData=f"{user_id}#{device_id}",
        )["EndpointArn"]
        self.devices.put(user_id, Device(device_id, "fcm", arn, POSITION))
        return arn

    def shown(self, arn: str) -> list[dict[str, str]]:
        from moto.core import DEFAULT_ACCOUNT_ID
        from moto.sns import sns_backends

        region = arn.split(":")[3]
        endpoint = sns_backends[DEFAULT_ACCOUNT_ID][region].platform_endpoints[arn]
        sent = [json.loads(json.loads(text)["GCM"]) for text in endpoint.messages.values()]
        return [each["fcmV1Message"]["message"]["notification"] for each in sent]


@pytest.fixture
def phones(aws: Aws) -> Phones:
    """Ann is known by name."""
    UserStore(aws.dynamodb, keys.USERS.name, aws.clock).ensure(Identity("ann", "phone", 0, "Ann"), aws.clock.now())
    return Phones(aws)


def fence(aws: Aws) -> Fence:
    return Fence(aws.clock.now(), Times(), aws.clock.now)


def record(number: int, **image: dict[str, str]) -> dict[str, Any]:
    """A record like the recorded one, under a sequence number of its own."""
    [made] = copy.deepcopy(recorded("mailboxes_stream")["Records"])
    made["dynamodb"]["SequenceNumber"] = f"44215845000000000174504390{number:02d}"
    made["dynamodb"]["NewImage"].update({"client_id": {"S": f"c-{number}"}, **image})
    return dict(made)


def test_the_recorded_batch_sounds_the_phone(aws: Aws, phones: Phones) -> None:
    phone = phones.register("bob")
    assert handler(recorded("mailboxes_stream"), None) == {"batchItemFailures": []}
    assert phones.shown(phone) == [{"title": "Ann", "body": "Are you there?"}]


def test_what_the_mailbox_store_writes_is_what_is_read_here(aws: Aws, phones: Phones) -> None:
    """The store's own item, as its stream shows it."""
    phone = phones.register("bob")
    mailboxes = MailboxStore(aws.dynamodb, keys.MAILBOXES.name, aws.clock, 86_400_000)
    message = Message(CONVERSATION, POSITION, "ann", "c-9", "from the store", POSITION)
    receipt = Receipt(CONVERSATION, POSITION, "ann", ReceiptKind.READ, aws.clock.now(), POSITION[:-2] + "01")
    mailboxes.put([("bob", message), ("bob", receipt), ("ann", message)], fence(aws))
    found = aws.dynamodb.scan(TableName=keys.MAILBOXES.name)["Items"]
    assert len(found) == 3
    records = []
    for number, image in enumerate(found):
        made = record(number)
        made["dynamodb"]["NewImage"] = image
        records.append(made)
    assert handler({"Records": records}, None) == {"batchItemFailures": []}
    assert [each["body"] for each in phones.shown(phone)] == ["from the store"]


def test_a_delivered_message_is_silent(aws: Aws, phones: Phones) -> None:
    phone = phones.register("bob")
    marks = MembershipStore(aws.dynamodb, keys.MEMBERSHIPS.name, aws.clock)
    mark = Watermark(POSITION, aws.clock.now())
    marks.advance("bob", CONVERSATION, ReceiptKind.DELIVERED, mark, fence(aws))
    assert handler(recorded("mailboxes_stream"), None) == {"batchItemFailures": []}
    assert phones.shown(phone) == []


def test_a_disabled_endpoint_is_forgotten(aws: Aws, phones: Phones) -> None:
    phone = phones.register("bob")
    aws.sns.set_endpoint_attributes(EndpointArn=phone, Attributes={"Enabled": "false"})
    assert handler(recorded("mailboxes_stream"), None) == {"batchItemFailures": []}
    device = phones.devices.get("bob", "phone")
    assert device is not None
    assert device.endpoint is None


def test_a_poison_record_fails_alone_and_is_not_printed(
    aws: Aws, phones: Phones, log: StringIO, capsys: pytest.CaptureFixture[str]
) -> None:
    phone = phones.register("bob")
    poison = record(1, text={"S": "secret text"})
    del poison["dynamodb"]["NewImage"]["conversation"]
    answer = handler({"Records": [record(0), poison, record(2)]}, None)
    assert answer == {"batchItemFailures": [{"itemIdentifier": poison["dynamodb"]["SequenceNumber"]}]}
    assert len(phones.shown(phone)) == 1
    assert json.loads(log.getvalue())["message"] == "unhandled"
    printed = capsys.readouterr()
    assert "secret text" not in log.getvalue() + printed.out + printed.err


def test_a_replay_from_a_failure_on_sounds_nothing_twice_here(aws: Aws, phones: Phones) -> None:
    phone = phones.register("bob")
    poison = record(0)
    del poison["dynamodb"]["NewImage"]["sender"]
    for _ in range(3):
        assert len(handler({"Records": [poison, record(1)]}, None)["batchItemFailures"]) == 1
    assert len(phones.shown(phone)) == 1


def test_failures_come_in_the_streams_order(aws: Aws, phones: Phones) -> None:
    phones.register("bob")
    phones.register("cid")
    aws.dynamodb.delete_table(TableName=keys.MEMBERSHIPS.name)
    records = [record(2, user_id={"S": "cid"}), record(1), record(10)]
    named = [each["itemIdentifier"][-2:] for each in handler({"Records": records}, None)["batchItemFailures"]]
    assert named == ["01", "02", "10"]


def test_what_is_no_new_message_is_left_alone(aws: Aws, phones: Phones) -> None:
    phone = phones.register("bob")
    modified, removed, unmarked = record(1), record(2), record(3)
    modified["eventName"] = "MODIFY"
    removed["eventName"] = "REMOVE"
    del removed["dynamodb"]["NewImage"]
    del unmarked["dynamodb"]["NewImage"][keys.PUSH_MARK]
    assert handler({"Records": [modified, removed, unmarked]}, None) == {"batchItemFailures": []}
    assert phones.shown(phone) == []
