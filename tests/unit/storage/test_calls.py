"""What DynamoDB can answer, in our words."""

from __future__ import annotations

import pytest
from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    ReadTimeoutError,
)

from tests.unit.storage.scripted import refusal
from tidings.domain.errors import Unavailable
from tidings.storage.calls import ConditionFailed, TransactionRefused, answered, wait_ms


@pytest.mark.parametrize(
    "error",
    [
        refusal("ProvisionedThroughputExceededException"),
        refusal("ThrottlingException"),
        refusal("RequestLimitExceeded"),
        refusal("TransactionConflictException"),
        refusal("TransactionInProgressException"),
        refusal("InternalServerError", 500),
        refusal("SomethingNew", 503),
        ReadTimeoutError(endpoint_url="http://x"),
        ConnectTimeoutError(endpoint_url="http://x"),
        ConnectionClosedError(endpoint_url="http://x"),
        EndpointConnectionError(endpoint_url="http://x"),
    ],
    ids=str,
)
def test_what_may_pass_is_unavailable(error: Exception) -> None:
    with pytest.raises(Unavailable) as caught, answered():
        raise error
    assert caught.value.retryable
    assert "http" not in caught.value.message


@pytest.mark.parametrize("code", ["ValidationException", "AccessDeniedException", "ResourceNotFoundException"])
def test_our_own_faults_go_up_as_they_are(code: str) -> None:
    with pytest.raises(ClientError), answered():
        raise refusal(code)


def test_missing_credentials_are_no_passing_trouble() -> None:
    with pytest.raises(NoCredentialsError), answered():
        raise NoCredentialsError()


def test_a_failed_condition_carries_what_stands() -> None:
    with pytest.raises(ConditionFailed) as caught, answered():
        raise refusal("ConditionalCheckFailedException", Item={"a": {"S": "b"}})
    assert caught.value.item == {"a": {"S": "b"}}
    with pytest.raises(ConditionFailed) as caught, answered():
        raise refusal("ConditionalCheckFailedException")
    assert caught.value.item == {}


def test_a_cancelled_transaction_carries_its_reasons() -> None:
    reasons = [{"Code": "None"}, {"Code": "ConditionalCheckFailed"}]
    with pytest.raises(TransactionRefused) as caught, answered():
        raise refusal("TransactionCanceledException", CancellationReasons=reasons)
    assert caught.value.reasons == ("None", "ConditionalCheckFailed")


def test_waits_grow_and_are_bounded() -> None:
    for attempt in range(12):
        waits = [wait_ms(attempt) for _ in range(200)]
        assert min(waits) >= 1
        assert max(waits) <= min(1_600, 50 * 2**attempt)
    assert len({wait_ms(6) for _ in range(50)}) > 10, "jitter keeps writers apart"
