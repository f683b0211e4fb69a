"""The whole backend as one construct, for our own app or anybody else's.

from infra.backend import Tidings
from infra.settings import TidingsSettings

Tidings(stack, "Chat", TidingsSettings(stage="prod"))
"""

from __future__ import annotations

from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra.constructs.auth import Auth
from infra.constructs.bundling import Layers
from infra.constructs.fanout import (
    CONVERSATIONS_FILTER,
    MAILBOXES_FILTER,
    POSTS_FILTER,
    FailureBucket,
    Lanes,
    Sources,
)
from infra.constructs.functions import SHAPES, Functions
from infra.constructs.observability import Observability
from infra.constructs.operators import operator_policy
from infra.constructs.push import APNS, FCM, PLATFORM_SHAPE, Push
from infra.constructs.sockets import Sockets
from infra.constructs.storage import Storage
from infra.environment import Deployed, environment
from infra.permissions import ACCESS, LARGE, LIVE, SMALL
from infra.settings import TidingsSettings
from infra.statements import Resources, statements
from tidings.protocol import actions
from tidings.storage import keys


class Tidings(Construct):
    """Storage, sockets, fan-out, push, auth and observability, wired.  `outputs` is what a client or operator needs."""

    def __init__(self, scope: Construct, construct_id: str, settings: TidingsSettings) -> None:
        super().__init__(scope, construct_id)
        self.settings = settings
        self.storage = Storage(self, "Storage", settings)
        self.lanes = Lanes(self, "Lanes", settings)
        self.failures = FailureBucket(self, "Failures")
        self.auth = Auth(self, "Auth", settings)
        self.sockets = Sockets(self, "Sockets", settings)
        self.functions = Functions(self, "Functions", settings, layers=Layers(self, "Layers"))
        self.push = Push(self, "Push", settings, make_function=self._platform_function)
        self._add_functions()
        self._add_sources()
        self._watch()
        self.operators = operator_policy(self, self.lanes, self.failures.bucket)

    def _platform_function(self, allowed: list[iam.PolicyStatement]) -> lambda_.Function:
        """The function that makes platform applications at deploy time."""
        return self.functions.add("Platform", PLATFORM_SHAPE, {}, allowed)

    def _add_functions(self) -> None:
        """Every function of the permission table, then the routes that lead to them."""
        deployed = Deployed(
            issuer=self.auth.issuer,
            audience=self.auth.audience,
            jwks_url=self.auth.jwks_url,
            callback_url=self.sockets.callback_url,
            queue_small=self.lanes.queues[SMALL].queue_url,
            queue_large=self.lanes.queues[LARGE].queue_url,
            queue_live=self.lanes.live.queue_url,
            platform_fcm=self.push.arn(FCM),
            platform_apns=self.push.arn(APNS),
        )
        resources = Resources(
            tables=self.storage.tables,
            queues={**self.lanes.queues, LIVE: self.lanes.live},
            failures=self.failures.bucket,
            applications=[each.arn for each in self.push.applications.values()],
            endpoints=[each.endpoints for each in self.push.applications.values()],
            may_manage=self.sockets.may_manage,
        )
        for name, access in ACCESS.items():
            told = environment(name, self.settings, deployed, lambda table: self.storage.tables[table].table_name)
            allowed = statements(access, resources)
            self.functions.add(name, SHAPES[name], told, allowed, loops=bool(access.consumes))
        answering = {route: self.functions.all[route.capitalize()] for route in actions.ROUTES}
        self.sockets.add_routes(answering, self.functions.all["Authorizer"])

    def _add_sources(self) -> None:
        """Streams and lanes to the functions that work them off."""
        sources = Sources(self, "Sources", self.settings, failures=self.failures.bucket)
        every, tables = self.functions.all, self.storage.tables
        sources.stream("PlanPosts", every["Plan"], tables[keys.POSTS], POSTS_FILTER)
        sources.stream("PlanConversations", every["Plan"], tables[keys.CONVERSATIONS], CONVERSATIONS_FILTER)
        window = self.settings.push_window_s
        self.push.tell(every["Push"])
        sources.stream("PushMailboxes", every["Push"], tables[keys.MAILBOXES], MAILBOXES_FILTER, window_s=window)
        for lane, concurrency in ((SMALL, self.settings.small_concurrency), (LARGE, self.settings.large_concurrency)):
            sources.queue(f"Work{lane.capitalize()}", every["Work"], self.lanes.queues[lane], concurrency=concurrency)
        sources.live("WorkLive", every["Work"], self.lanes.live, concurrency=self.settings.live_concurrency)

    def _watch(self) -> None:
        """Alarms and the dashboard."""
        watch = Observability(self, "Observability", self.settings)
        watch.gateway(self.sockets.api.api_id, self.settings.stage)
        windows = {"Plan": 0, "Push": self.settings.push_window_s}
        watch.functions({name: self.functions.all[name] for name in ACCESS}, stream_readers=windows)
        watch.lanes({**self.lanes.queues, LIVE: self.lanes.live}, self.lanes.dead_letters)
        watch.failures(self.failures.bucket)
        watch.application(self.storage.tables.values())

    @property
    def outputs(self) -> dict[str, str]:
        """Output name to value, for a stack that wants to show them."""
        shown = {
            "WebSocketUrl": self.sockets.url,
            "CallbackUrl": self.sockets.callback_url,
            "Issuer": self.auth.issuer,
            "Audience": self.auth.audience,
            "Push": self.push.state,
            "FailureBucket": self.failures.bucket.bucket_name,
            "OperatorPolicyArn": self.operators.managed_policy_arn,
            "SettleMs": str(self.settings.settle_ms),
        }
        if self.push.events is not None:
            shown["PushEventsTopic"] = self.push.events.topic_arn
        if self.auth.user_pool is not None:
            shown["UserPoolId"] = self.auth.user_pool.user_pool_id
        for lane, queue in self.lanes.queues.items():
            dead = self.lanes.dead_letters[lane]
            title = lane.capitalize()
            shown[f"{title}LaneUrl"] = queue.queue_url
            shown[f"{title}LaneArn"] = queue.queue_arn
            shown[f"{title}DeadLettersUrl"] = dead.queue_url
            shown[f"{title}DeadLettersArn"] = dead.queue_arn
        shown["LiveLaneUrl"] = self.lanes.live.queue_url
        shown["LiveLaneArn"] = self.lanes.live.queue_arn
        return shown
