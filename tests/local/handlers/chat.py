"""A small WebSocket application for the gateway's tests: an authorizer, $connect, $disconnect and some routes."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

import boto3

SEEN = Path(os.environ.get("SEEN", "/dev/null"))


def authorize(event: Any, context: Any) -> Any:
    """Allow, deny or fail as the header X-Token says; the event itself travels in the context."""
    token = event["headers"].get("X-Token", "")
    if token == "raise":
        raise RuntimeError("the authorizer is broken")
    if token == "unauthorized":
        raise RuntimeError("Unauthorized")
    if token == "nonsense":
        return {"no": "policy"}
    effect = "Deny" if token == "deny" else "Allow"
    statement = {"Action": "execute-api:Invoke", "Effect": effect, "Resource": event["methodArn"]}
    return {
        "principalId": token,
        "policyDocument": {"Version": "2012-10-17", "Statement": [statement]},
        "context": {"user_id": token, "number": 7, "yes": True, "event": json.dumps(event)},
    }


def connect(event: Any, context: Any) -> Any:
    """Answer what the query string asks for; `post` posts to the connection itself, too early."""
    query = event.get("queryStringParameters", {})
    if query.get("fail"):
        raise RuntimeError("no")
    if query.get("malformed"):
        return {"status": 200}
    note("connect", event)
    if query.get("post"):
        note("early", {"error": post(event, "too early")})
    headers = {"Sec-WebSocket-Protocol": query["protocol"]} if "protocol" in query else {}
    return {"statusCode": int(query.get("status", "200")), "headers": headers}


def disconnect(event: Any, context: Any) -> Any:
    """Note it."""
    note("disconnect", event)
    return {"statusCode": 200}


def echo(event: Any, context: Any) -> Any:
    """Send the whole event back as the route response."""
    return {"statusCode": 200, "body": json.dumps(event)}


def act(event: Any, context: Any) -> Any:
    """Do what the frame's `do` says."""
    frame = json.loads(event["body"])
    if frame["do"] == "fail":
        raise RuntimeError("secret words")
    if frame["do"] == "malformed":
        return {"statusCode": 200, "body": {"not": "a string"}}
    if frame["do"] == "silent":
        return {"statusCode": 200}
    if frame["do"] == "large":
        return {"statusCode": 200, "body": "x" * frame["size"]}
    if frame["do"] == "wait":
        while not Path(frame["file"]).exists():
            time.sleep(0.002)
    if frame["do"] == "post":
        return {"statusCode": 200, "body": json.dumps({"error": post(event, frame["text"], frame.get("to"))})}
    return {"statusCode": 200, "body": json.dumps({"done": frame["do"]})}


def post(event: Any, text: str, to: str | None = None) -> str | None:
    """Post to a connection by the address AWS would have; the error's code and class, or None."""
    context = event["requestContext"]
    endpoint = f"https://{context['domainName']}/{context['stage']}"
    client = boto3.client("apigatewaymanagementapi", endpoint_url=endpoint)
    try:
        client.post_to_connection(ConnectionId=to or context["connectionId"], Data=text.encode())
    except client.exceptions.ClientError as problem:
        return type(problem).__name__
    return None


def note(kind: str, value: Any) -> None:
    """Append a line for the test to read."""
    with SEEN.open("a") as file:
        file.write(json.dumps({"kind": kind, "value": value}) + "\n")
