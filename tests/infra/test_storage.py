"""The tables: as the schema says, safe, and billed by use."""

from __future__ import annotations

import pytest

from tests.infra.templates import Deployment
from tidings.storage import keys

TABLE = "AWS::DynamoDB::GlobalTable"


def test_every_table_of_the_schema_is_there_and_no_other(any_stage: Deployment) -> None:
    assert {any_stage.table(table.name) for table in keys.TABLES} == set(any_stage.of(TABLE))


@pytest.mark.parametrize("table", keys.TABLES, ids=lambda table: table.name)
def test_keys_streams_and_ttl_follow_the_schema(dev: Deployment, table: keys.Table) -> None:
    made = dev.of(TABLE)[dev.table(table.name)]
    wanted = [{"AttributeName": table.partition, "KeyType": "HASH"}]
    if table.sort:
        wanted.append({"AttributeName": table.sort, "KeyType": "RANGE"})
    assert made["KeySchema"] == wanted
    assert made.get("StreamSpecification") == ({"StreamViewType": "NEW_IMAGE"} if table.stream else None)
    ttl = {"AttributeName": keys.TTL, "Enabled": True} if table.ttl else None
    assert made.get("TimeToLiveSpecification") == ttl
    assert "LocalSecondaryIndexes" not in made
    assert "GlobalSecondaryIndexes" not in made


def test_on_demand_with_point_in_time_recovery(any_stage: Deployment) -> None:
    for name, made in any_stage.of(TABLE).items():
        assert made["BillingMode"] == "PAY_PER_REQUEST", name
        for replica in made["Replicas"]:
            recovery = replica["PointInTimeRecoverySpecification"]
            assert recovery == {"PointInTimeRecoveryEnabled": True}, name


def test_nothing_can_delete_production_data(prod: Deployment) -> None:
    for name, whole in prod.whole(TABLE).items():
        assert whole["DeletionPolicy"] == whole["UpdateReplacePolicy"] == "Retain", name
        assert all(replica["DeletionProtectionEnabled"] for replica in whole["Properties"]["Replicas"]), name
    (pool,) = prod.whole("AWS::Cognito::UserPool").values()
    assert pool["DeletionPolicy"] == "Retain"
    assert pool["Properties"]["DeletionProtection"] == "ACTIVE"


def test_dev_goes_away_with_its_stack(dev: Deployment) -> None:
    for name, whole in dev.whole(TABLE).items():
        assert whole["DeletionPolicy"] == "Delete", name
        assert not any(replica.get("DeletionProtectionEnabled") for replica in whole["Properties"]["Replicas"]), name


def test_the_failure_bucket_is_private_encrypted_and_empties_itself(any_stage: Deployment) -> None:
    (whole,) = any_stage.whole("AWS::S3::Bucket").values()
    made = whole["Properties"]
    assert made["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert all(made["PublicAccessBlockConfiguration"].values())
    assert made["LifecycleConfiguration"]["Rules"][0]["ExpirationInDays"] == 30
    assert whole["DeletionPolicy"] == "Retain"
    (policy,) = any_stage.of("AWS::S3::BucketPolicy").values()
    (statement,) = policy["PolicyDocument"]["Statement"]
    assert statement["Effect"] == "Deny"
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
