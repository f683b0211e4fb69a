"""`tidings ops`: what an operator does, with AWS credentials instead of a token."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Mapping
from typing import Any, Literal
from urllib.parse import urlsplit

from client.commands.options import LOOPBACK, UsageError, option
from client.errors import ClientError

LANES: tuple[Literal["small", "large"], ...] = ("small", "large")
ABOUT = """\
Put failed fan-out work back: the jobs in the dead-letter queues return to their lanes, and the stream records in the
failure bucket are planned anew.  Look at the logs and repair the cause first.  All of it can be repeated without harm.

AWS is reached as the AWS command line reaches it (profile, region, AWS_ENDPOINT_URL); the credentials need the policy
that the stack's output OperatorPolicyArn names.  With --control (or TIDINGS_CONTROL) it works on a development host."""


def add(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the commands."""
    ops = subparsers.add_parser("ops", help="operate a deployment")
    commands = ops.add_subparsers(dest="ops", metavar="command", required=True)
    redrive = commands.add_parser(
        "redrive",
        help="put failed fan-out jobs back",
        description=ABOUT,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    redrive.add_argument("--stack", metavar="NAME", help="the CloudFormation stack (default Tidings-dev)")
    redrive.add_argument("--dlq", choices=LANES, help="only this lane's dead-letter queue, and not the failure bucket")
    redrive.add_argument(
        "--control", metavar="URL", default=argparse.SUPPRESS, help="a development host's control address"
    )
    redrive.set_defaults(run=run_redrive)


async def run_redrive(options: argparse.Namespace) -> int:
    """Redrive; says what was done.  2 when something stays in the failure bucket."""
    return await asyncio.to_thread(_redrive, options)


def _redrive(options: argparse.Namespace) -> int:
    import boto3
    from botocore.exceptions import BotoCoreError
    from botocore.exceptions import ClientError as AwsError

    from tidings.bootstrap.redrive import LaneUrls, build

    try:
        outputs, aws = _deployment(options, boto3.Session())
        lanes = {
            lane: LaneUrls(outputs[f"{lane.capitalize()}LaneUrl"], outputs[f"{lane.capitalize()}DeadLettersUrl"])
            for lane in LANES
            if options.dlq in (None, lane)
        }
        bucket = None if options.dlq else outputs["FailureBucket"]
        settle_ms = int(outputs["SettleMs"])
        session = boto3.Session()
        done = build(session.client("sqs", **aws), session.client("s3", **aws), lanes, bucket, settle_ms).run()
    except KeyError as missing:
        raise ClientError(f"This stack has no output {missing}: is it a Tidings stack?") from None
    except AwsError as error:
        told = error.response.get("Error", {})
        raise ClientError(f"AWS refused ({told.get('Code', 'unknown')}): {told.get('Message', '')}") from None
    except (BotoCoreError, RuntimeError) as error:
        raise ClientError(str(error)) from None
    for lane, jobs in done.jobs.items():
        print(f"{lane} lane: {jobs} jobs put back")
    if bucket is not None:
        print(f"failure bucket: {done.planned} records planned anew")
    for key in done.kept:
        print(f"left in the bucket, look at it yourself: s3://{bucket}/{key}")
    return 2 if done.kept else 0


def _deployment(options: argparse.Namespace, session: Any) -> tuple[Mapping[str, str], dict[str, Any]]:
    """The stack's outputs, and how to reach its AWS."""
    control = option(options, "control")
    if options.stack is None and control is not None:
        return _development(control)
    stacks = session.client("cloudformation").describe_stacks(StackName=options.stack or "Tidings-dev")["Stacks"]
    return {each["OutputKey"]: each["OutputValue"] for each in stacks[0].get("Outputs", [])}, {}


def _development(control: str) -> tuple[Mapping[str, str], dict[str, Any]]:
    from local import aws
    from local.control_client import ControlClient, ControlError

    if urlsplit(control).hostname not in LOOPBACK:
        raise UsageError("--control names a development host on this machine; use --stack for a deployment.")
    try:
        state = ControlClient(control).state()
    except (ControlError, OSError):
        raise ClientError(f"No development host answers at {control}: is `make run` still running?") from None
    reach = {"endpoint_url": state["aws"], "region_name": state["region"]}
    return state["outputs"], reach | {"aws_access_key_id": aws.KEY, "aws_secret_access_key": aws.SECRET}
