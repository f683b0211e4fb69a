"""The tables, made from `tidings.storage.keys`."""

from __future__ import annotations

from aws_cdk import RemovalPolicy
from aws_cdk import aws_dynamodb as dynamodb
from constructs import Construct

from infra.settings import TidingsSettings
from tidings.storage import keys


class Storage(Construct):
    """One on-demand table for each in `keys.TABLES`: point-in-time recovery, TTL and streams as designed."""

    def __init__(self, scope: Construct, construct_id: str, settings: TidingsSettings) -> None:
        super().__init__(scope, construct_id)
        self.tables: dict[keys.Table, dynamodb.TableV2] = {table: self._table(table, settings) for table in keys.TABLES}

    def _table(self, table: keys.Table, settings: TidingsSettings) -> dynamodb.TableV2:
        """Everything that costs nothing when idle; outside dev neither a click nor `cdk destroy` deletes it."""
        text = dynamodb.AttributeType.STRING
        return dynamodb.TableV2(
            self,
            table.name,
            partition_key=dynamodb.Attribute(name=table.partition, type=text),
            sort_key=dynamodb.Attribute(name=table.sort, type=text) if table.sort else None,
            billing=dynamodb.Billing.on_demand(),
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
            dynamo_stream=dynamodb.StreamViewType.NEW_IMAGE if table.stream else None,
            time_to_live_attribute=keys.TTL if table.ttl else None,
            deletion_protection=settings.production,
            removal_policy=RemovalPolicy.RETAIN if settings.production else RemovalPolicy.DESTROY,
        )
