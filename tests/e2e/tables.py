"""Looking straight into what was deployed: tables, queues and the failure bucket."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from local.aws import client
from local.control_client import AsyncControlClient

Item = dict[str, Any]


async def table(control: AsyncControlClient, name: str) -> tuple[Any, str]:
    """A DynamoDB client and the deployed name of a table."""
    state = await control.state()
    return client("dynamodb", state["aws"]), str(state["tables"][name])


async def items(control: AsyncControlClient, name: str, key: str, value: str) -> list[Item]:
    """All items of a partition."""
    database, deployed = await table(control, name)
    found = await asyncio.to_thread(
        database.query,
        TableName=deployed,
        KeyConditionExpression="#key = :value",
        ExpressionAttributeNames={"#key": key},
        ExpressionAttributeValues={":value": {"S": value}},
        ConsistentRead=True,
    )
    return list(found["Items"])


async def put(control: AsyncControlClient, name: str, item: Item) -> None:
    """Write an item behind the system's back."""
    database, deployed = await table(control, name)
    await asyncio.to_thread(database.put_item, TableName=deployed, Item=item)


async def add(control: AsyncControlClient, name: str, key: Item, attribute: str, by: int) -> None:
    """Add to a number behind the system's back."""
    database, deployed = await table(control, name)
    await asyncio.to_thread(
        database.update_item,
        TableName=deployed,
        Key=key,
        UpdateExpression="ADD #attribute :by",
        ExpressionAttributeNames={"#attribute": attribute},
        ExpressionAttributeValues={":by": {"N": str(by)}},
    )


async def registry(control: AsyncControlClient, user: str) -> dict[str, str]:
    """Connection ids by device, as the registry has them."""
    found = await items(control, "Connections", "user_id", user)
    entries = {name[2:]: value for item in found for name, value in item.items() if name.startswith("d#")}
    return {device: entry["M"]["id"]["S"] for device, entry in entries.items()}


async def queue(control: AsyncControlClient, name: str) -> tuple[Any, str]:
    """An SQS client and the URL of a queue."""
    state = await control.state()
    (found,) = [url for logical, url in state["queues"].items() if name in logical]
    return client("sqs", state["aws"]), str(found)


async def given_up(control: AsyncControlClient, contains: str) -> list[dict[str, Any]]:
    """What the failure bucket keeps whose payload holds a text."""
    state = await control.state()
    s3 = client("s3", state["aws"])
    bucket = state["outputs"]["FailureBucket"]
    found = []
    for entry in s3.list_objects_v2(Bucket=bucket, Prefix="aws/lambda/").get("Contents", ()):
        note = json.loads(s3.get_object(Bucket=bucket, Key=entry["Key"])["Body"].read())
        if contains in note["payload"]:
            found.append(note)
    return found
