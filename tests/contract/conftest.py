"""Each test of the contract runs on every engine.  moto is not thread-safe: tests with threads name their engines."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from moto import mock_aws

from tests.contract import engines

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@pytest.fixture(scope="session")
def endpoint() -> Iterator[str]:
    """Where DynamoDB is, outside this process."""
    with engines.ministack() as address:
        engines.make_tables(engines.connect(address))
        yield address


@contextmanager
def _client(name: str, request: pytest.FixtureRequest) -> Iterator[DynamoDBClient]:
    if name == "moto":
        with mock_aws():
            client = engines.connect(None)
            engines.make_tables(client)
            yield client
    else:
        yield engines.connect(request.getfixturevalue("endpoint"))


@pytest.fixture(scope="module", params=["moto", "ministack"])
def table_engine(request: pytest.FixtureRequest) -> Iterator[DynamoDBClient]:
    """A client with tables."""
    with _client(request.param, request) as client:
        yield client


@pytest.fixture(scope="module", params=["fake", "moto", "ministack"])
def engine(request: pytest.FixtureRequest) -> Iterator[DynamoDBClient | None]:
    """A client with tables, or None for the fakes."""
    if request.param == "fake":
        yield None
    else:
        with _client(request.param, request) as client:
            yield client


@pytest.fixture
def stores(engine: DynamoDBClient | None) -> engines.Stores:
    """The stores under test."""
    return engines.FakeStores() if engine is None else engines.DynamoStores(engine)
