"""The push function as Lambda calls it with a batch of the mailboxes' stream."""

from __future__ import annotations

import copy
import json
from io import StringIO
from typing import Any

import pytest

from functions.connect.handler import handler as connect_handler
from functions.push.handler import handler
from tests.functional.connect.conftest import Aws
from tests.functional.connect.events import frame, recorded
from tidings.domain.events import (
    Change,
    Edit,
    GroupChange,
    Hidden,
    Message,
    Path,
    Reaction,
    Receipt,
    ReceiptKind,
    Setting,
    Unsend,
)
from tidings.domain.identity import Identity
from tidings.domain.privacy import Previews, PrivacyChange
from tidings.domain.stamp import Fence, Times
from tidings.domain.watermark import Watermark
from tidings.ports.devices import Device
from tidings.routes.endpoint_events import NotLookedAt
from tidings.storage import keys
from tidings.storage.devices import DeviceStore
from tidings.storage.log import LogStore
from tidings.storage.mailboxes import MailboxStore
from tidings.storage.memberships import MembershipStore
from tidings.storage.users import UserStore

POSITION = "1800000000000-aaaaaaaa-aaaaaaab-00"
CONVERSATION = "dm#ann#bob"
GROUP = "g#aaaaaaaaaaaaaaaa"


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
    """Ann is known by name, and her message is in the log."""
    UserStore(aws.dynamodb, keys.USERS.name, aws.clock).ensure(Identity("ann", "phone", 0, "Ann"), aws.clock.now())
    message = Message(CONVERSATION, POSITION, "ann", "c-1", "Are you there?")
    LogStore(aws.dynamodb, keys.CONVERSATIONS.name).append(message, Path.INLINE, fence(aws))
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
    """The store's own items, as their stream shows them."""
    phone = phones.register("bob")
    mailboxes = MailboxStore(aws.dynamodb, keys.MAILBOXES.name, aws.clock, 86_400_000)
    message = Message(CONVERSATION, POSITION, "ann", "c-1", "Are you there?", POSITION)

    def at(number: int) -> str:
        return f"{POSITION[:-2]}{number:02d}"

    silent = [
        Receipt(CONVERSATION, POSITION, "ann", ReceiptKind.READ, aws.clock.now(), at(1)),
        Edit(CONVERSATION, at(2), "ann", "c-2", POSITION, "edited", at(2)),
        Unsend(CONVERSATION, at(3), "ann", "c-3", POSITION, at(3)),
        Reaction(CONVERSATION, at(4), "ann", "c-4", POSITION, "!", at(4)),
        GroupChange(GROUP, at(5), "ann", "c-5", Change.ADDED, ("cid",), arrival=at(5)),
        Setting(CONVERSATION, at(6), (("pinned", "1"),), at(6)),
        Hidden(CONVERSATION, at(7), POSITION, at(7)),
    ]
    mailboxes.put([("bob", message), ("ann", message), *(("bob", each) for each in silent)], fence(aws))
    found = aws.dynamodb.scan(TableName=keys.MAILBOXES.name)["Items"]
    assert len(found) == 2 + len(silent)
    records = []
    for number, image in enumerate(found):
        made = record(number)
        made["dynamodb"]["NewImage"] = image
        records.append(made)
    assert [keys.PUSH_MARK in image for image in found].count(True) == 1, "the others never wake the function"
    assert handler({"Records": records}, None) == {"batchItemFailures": []}
    assert [each["body"] for each in phones.shown(phone)] == ["Are you there?"]


def test_a_message_that_was_unsent_is_not_told(aws: Aws, phones: Phones) -> None:
    phone = phones.register("bob")
    unsend = f"{POSITION[:-2]}01"
    LogStore(aws.dynamodb, keys.CONVERSATIONS.name).tombstone(CONVERSATION, POSITION, unsend, fence(aws))
    assert handler(recorded("mailboxes_stream"), None) == {"batchItemFailures": []}
    assert phones.shown(phone) == []


def test_the_recipients_preview_policy(aws: Aws, phones: Phones) -> None:
    phone = phones.register("bob")
    users = UserStore(aws.dynamodb, keys.USERS.name, aws.clock)
    users.set_privacy("bob", PrivacyChange(previews=Previews.NONE), POSITION)
    assert handler(recorded("mailboxes_stream"), None) == {"batchItemFailures": []}
    assert phones.shown(phone) == [{"title": "New message"}]


def test_a_muted_conversation_is_silent(aws: Aws, phones: Phones) -> None:
    phone = phones.register("bob")
    rows = MembershipStore(aws.dynamodb, keys.MEMBERSHIPS.name, aws.clock)
    rows.set("bob", CONVERSATION, {"muted_until": aws.clock.now() + 60_000}, POSITION, fence(aws))
    assert handler(recorded("mailboxes_stream"), None) == {"batchItemFailures": []}
    assert phones.shown(phone) == []
    mention = record(1, mentions={"S": "cid bob"})
    assert handler({"Records": [mention]}, None) == {"batchItemFailures": []}
    assert len(phones.shown(phone)) == 1


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


def hint(name: str, endpoint: str) -> dict[str, Any]:
    """What SNS tells of an endpoint: a recorded event."""
    event = recorded(name)
    sns = event["Records"][0]["Sns"]
    told = json.loads(sns["Message"])
    sns["Message"] = json.dumps({**told, "EndpointArn": endpoint})
    return event


def register(user_id: str, token: str) -> dict[str, Any]:
    """`device.register` through the connect function."""
    body = {"id": "1", "platform": "fcm", "push_token": token}
    answer = connect_handler(frame("device.register", body, user_id=user_id, device_id="phone"), None)
    return dict(json.loads(answer["body"]))


@pytest.mark.parametrize(("name", "gone"), [("endpoint_failed", False), ("endpoint_deleted", True)])
def test_a_token_that_died_meanwhile_is_forgotten(name: str, gone: bool, aws: Aws, phones: Phones) -> None:
    assert register("bob", "t")["push"] == "on"
    device = phones.devices.get("bob", "phone")
    assert device is not None
    assert device.endpoint is not None
    endpoint = device.endpoint
    handler(hint(name, endpoint), None)
    assert phones.devices.get("bob", "phone") == device, "SNS says that it is enabled"
    if gone:
        aws.sns.delete_endpoint(EndpointArn=endpoint)
    else:
        aws.sns.set_endpoint_attributes(EndpointArn=endpoint, Attributes={"Enabled": "false"})
    for _ in range(2):
        assert handler(hint(name, endpoint), None) == {}
    left = phones.devices.get("bob", "phone")
    assert left is not None
    assert left.endpoint is None
    assert (phones.devices.owner(endpoint) is None) == gone
    assert register("bob", "t")["push"] == "on"


def test_an_endpoint_that_could_not_be_looked_at_is_tried_again_and_named_nowhere(
    aws: Aws, phones: Phones, log: StringIO
) -> None:
    register("bob", "t")
    device = phones.devices.get("bob", "phone")
    assert device is not None
    assert device.endpoint is not None
    aws.dynamodb.delete_table(TableName=keys.DEVICES.name)
    with pytest.raises(NotLookedAt):
        handler(hint("endpoint_failed", device.endpoint), None)
    broken = hint("endpoint_failed", "x")
    broken["Records"][0]["Sns"]["Message"] = "no json, but secret"
    with pytest.raises(NotLookedAt):
        handler(broken, None)
    lines = log.getvalue().splitlines()
    assert [json.loads(line)["message"] for line in lines] == ["unhandled", "unhandled"]
    assert "secret" not in log.getvalue()
