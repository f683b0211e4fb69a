"""The meter: sizes and units by AWS's rules, exactly."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from local.meter.sizes import item_bytes, number_bytes, value_bytes
from local.meter.units import frames, measure


def text(size: int) -> dict[str, Any]:
    """An item of exactly `size` bytes."""
    return {"k": {"S": "x" * (size - 1)}}


@pytest.mark.parametrize(
    ("value", "size"),
    [
        ({"S": "abc"}, 3),
        ({"S": "é"}, 2),
        ({"S": ""}, 0),
        ({"N": "0"}, 1),
        ({"N": "7"}, 2),
        ({"N": "-7"}, 3),
        ({"N": "12345"}, 4),
        ({"N": "1200"}, 2),
        ({"N": "0.0012"}, 2),
        ({"B": b"1234"}, 4),
        ({"B": "AAEC"}, 3),
        ({"BOOL": True}, 1),
        ({"NULL": True}, 1),
        ({"SS": ["ab", "c"]}, 3),
        ({"NS": ["1", "22"]}, 4),
        ({"L": []}, 3),
        ({"L": [{"S": "a"}, {"S": "bc"}]}, 3 + 3 + 2),
        ({"M": {}}, 3),
        ({"M": {"ab": {"S": "c"}}}, 3 + 2 + 1 + 1),
        ("abc", 3),
        (True, 1),
        (None, 1),
        (12, 2),
        (Decimal("-1.5"), 3),
        ({"ab": "c", "d": "e"}, 3 + 5 + 2),
        (["a", "bc"], 3 + 3 + 2),
        ({"a", "b"}, 2),
        (b"12", 2),
    ],
)
def test_value_sizes(value: Any, size: int) -> None:
    assert value_bytes(value) == size


def test_an_item_is_its_names_and_values() -> None:
    assert item_bytes({"user_id": {"S": "ann"}, "n": {"N": "10"}}) == 7 + 3 + 1 + 2
    assert item_bytes(None) == 0


def test_numbers_ignore_zeros_at_both_ends() -> None:
    assert number_bytes("1000000") == number_bytes("1") == number_bytes("0.001") == 2


@pytest.mark.parametrize(("size", "units"), [(100, 1), (1024, 1), (1025, 2), (4096, 4)])
def test_a_put_costs_a_unit_per_kilobyte(size: int, units: float) -> None:
    assert measure("dynamodb", "PutItem", {"TableName": "t", "Item": text(size)}, {}, None) == {"write": units}


def test_the_larger_of_old_and_new_item_is_billed() -> None:
    old = {"Attributes": text(3000)}
    assert measure("dynamodb", "PutItem", {"Item": text(100)}, old, None) == {"write": 3}
    told = {"ConsumedCapacity": {"CapacityUnits": 2.0}}
    assert measure("dynamodb", "UpdateItem", {"Key": text(10)}, told, None) == {"write": 2}
    assert measure("dynamodb", "DeleteItem", {"Key": text(10)}, {}, None) == {"write": 1}


def test_a_failed_condition_is_billed_by_the_item_found() -> None:
    failed = "ConditionalCheckFailedException"
    assert measure("dynamodb", "PutItem", {"Item": text(5000)}, {"Item": text(2000)}, failed) == {"write": 2}
    assert measure("dynamodb", "PutItem", {"Item": text(5000)}, None, failed) == {"write": 1}


@pytest.mark.parametrize("code", ["ProvisionedThroughputExceededException", "AccessDeniedException"])
def test_what_was_refused_costs_nothing(code: str) -> None:
    assert measure("dynamodb", "PutItem", {"Item": text(5000)}, None, code) == {}
    assert measure("dynamodb", "GetItem", {"Key": text(5)}, None, code) == {}


def test_a_batch_write_costs_its_parts_without_the_unprocessed() -> None:
    puts = [{"PutRequest": {"Item": text(size)}} for size in (10, 1500)]
    removal = {"DeleteRequest": {"Key": text(4)}}
    params = {"RequestItems": {"t": [*puts, removal]}}
    assert measure("dynamodb", "BatchWriteItem", params, {}, None) == {"write": 4}
    undone = {"UnprocessedItems": {"t": [puts[1]]}}
    assert measure("dynamodb", "BatchWriteItem", params, undone, None) == {"write": 2}


def test_a_transaction_costs_twice_even_when_cancelled() -> None:
    parts = [{"Put": {"Item": text(1500)}}, {"ConditionCheck": {"Key": text(5)}}]
    params = {"TransactItems": parts}
    assert measure("dynamodb", "TransactWriteItems", params, {}, None) == {"write": 6}
    assert measure("dynamodb", "TransactWriteItems", params, None, "TransactionCanceledException") == {"write": 6}
    found = {"Responses": [{"Item": text(5000)}, {}]}
    wanted = {"TransactItems": [{"Get": {}}, {"Get": {}}]}
    assert measure("dynamodb", "TransactGetItems", wanted, found, None) == {"read": 6}


@pytest.mark.parametrize(
    ("size", "consistent", "units"),
    [(10, False, 0.5), (10, True, 1), (4096, True, 1), (4097, False, 1), (9000, True, 3)],
)
def test_a_read_costs_by_four_kilobytes(size: int, consistent: bool, units: float) -> None:
    params = {"Key": text(5), "ConsistentRead": consistent}
    assert measure("dynamodb", "GetItem", params, {"Item": text(size)}, None) == {"read": units}


def test_what_is_not_there_is_billed_too() -> None:
    assert measure("dynamodb", "GetItem", {"Key": text(5)}, {}, None) == {"read": 0.5}
    assert measure("dynamodb", "Query", {"ConsistentRead": True}, {"Items": [], "ScannedCount": 0}, None) == {"read": 1}


def test_a_batch_read_rounds_each_item_up() -> None:
    params = {"RequestItems": {"t": {"Keys": [text(5)] * 4, "ConsistentRead": True}}}
    answer = {"Responses": {"t": [text(10), text(5000)]}, "UnprocessedKeys": {"t": {"Keys": [text(5)]}}}
    assert measure("dynamodb", "BatchGetItem", params, answer, None) == {"read": 1 + 2 + 1}


def test_a_query_rounds_the_sum_up_and_counts_what_a_filter_dropped() -> None:
    items = [text(1000)] * 5
    assert measure("dynamodb", "Query", {}, {"Items": items, "ScannedCount": 5}, None) == {"read": 1}
    assert measure("dynamodb", "Query", {"ConsistentRead": True}, {"Items": items, "ScannedCount": 10}, None) == {
        "read": 3
    }


def test_reported_reads_are_not_believed() -> None:
    answer = {"Items": [text(4000)] * 4, "ConsumedCapacity": {"CapacityUnits": 0.5}}
    assert measure("dynamodb", "Query", {}, answer, None) == {"read": 2}


def test_queues_pushes_and_posts() -> None:
    assert measure("sqs", "SendMessage", {"MessageBody": "x" * 65_537}, {}, None) == {"sqs": 2}
    assert measure("sqs", "SendMessageBatch", {"Entries": [{"MessageBody": "a"}] * 10}, {}, None) == {"sqs": 1}
    publish = {"TargetArn": "arn:x", "Message": "{}", "MessageStructure": "json"}
    push = {"target": "arn:x", "message": "{}", "structure": "json", "attributes": {}}
    assert measure("sns", "Publish", publish, {}, None) == {"pushes": 1, "push": push}
    assert measure("sns", "Publish", publish, None, "EndpointDisabled") == {"sns": 1}
    assert measure("sns", "CreatePlatformEndpoint", {}, {}, None) == {"sns": 1}
    service, operation = "apigatewaymanagementapi", "PostToConnection"
    assert measure(service, operation, {"Data": b"x" * 32_769}, {}, None) == {"gateway_requests": 1, "frames_out": 2}
    assert measure(service, operation, {"Data": b"x"}, None, "GoneException") == {"gateway_requests": 1}


@pytest.mark.parametrize(("size", "count"), [(0, 1), (1, 1), (32_768, 1), (32_769, 2), (131_072, 4)])
def test_frames_are_counted_in_steps(size: int, count: int) -> None:
    assert frames(size) == count
