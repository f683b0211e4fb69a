"""SNS platform applications.  CloudFormation has no resource for them: a small function makes them at deploy time.

Credentials never pass through the template: the function reads them from Secrets Manager by name.  Without
credentials nothing is created, nobody is granted anything on SNS, and the deployment says that push is off.

A topic takes what SNS tells of endpoints that died, and the push function looks at them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

from aws_cdk import Aws, CustomResource, Duration, RemovalPolicy, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from infra.acknowledged import accept
from infra.constructs.functions import Shape
from infra.settings import SettingsError, TidingsSettings

FCM: Final = "fcm"
APNS: Final = "apns"
PLATFORM_SHAPE: Final = Shape("functions.push.platform.handler", 256, Duration.seconds(60))

MakeFunction = Callable[[list[iam.PolicyStatement]], lambda_.Function]


class Application(NamedTuple):
    """A platform application: its ARN, and what its endpoints' ARNs look like."""

    arn: str
    endpoints: str


class Push(Construct):
    """`applications` by platform (`fcm`, `apns`); empty means no push, and no `events` topic."""

    def __init__(
        self, scope: Construct, construct_id: str, settings: TidingsSettings, *, make_function: MakeFunction
    ) -> None:
        super().__init__(scope, construct_id)
        self._settings = settings
        self.applications: dict[str, Application] = {}
        self.events: sns.Topic | None = None
        secrets = {FCM: settings.fcm_secret, APNS: settings.apns_secret}
        wanted = {platform: secret for platform, secret in secrets.items() if secret}
        if wanted or settings.fcm_application or settings.apns_application:
            self.events = self._topic()
        if wanted:
            function = make_function(self._statements(wanted))
            for platform, secret in wanted.items():
                self.applications[platform] = self._create(platform, secret, function)
        for platform, arn in ((FCM, settings.fcm_application), (APNS, settings.apns_application)):
            if arn:
                self.applications[platform] = existing(arn)

    @property
    def state(self) -> str:
        """One line for the person who deployed."""
        if not self.applications:
            return "off: no credentials given (fcm_secret, apns_secret)"
        return "on: " + ", ".join(sorted(self.applications))

    def arn(self, platform: str) -> str:
        """The application's ARN, empty when there is none."""
        application = self.applications.get(platform)
        return application.arn if application else ""

    def tell(self, function: lambda_.Function) -> None:
        """Let `function` hear of endpoints that died."""
        if self.events is None:
            return
        self.events.add_subscription(subscriptions.LambdaSubscription(function))
        found_out = "What is lost is found out by the next push to that endpoint: nobody would look into such a queue."
        accept(function, "Serverless-SNSRedrivePolicy", found_out)

    def _topic(self) -> sns.Topic:
        """It keeps the policy that every topic has at first, by which SNS publishes to it for this account."""
        topic = sns.Topic(self, "Events")
        accept(
            topic, "AwsSolutions-SNS3", "Only SNS publishes here; a policy of ours would take the place of the first."
        )
        return topic

    def _service(self, platform: str) -> str:
        """SNS's name of the platform."""
        if platform == FCM:
            return "GCM"
        return "APNS_SANDBOX" if self._settings.apns_sandbox else "APNS"

    def _name(self, platform: str) -> str:
        """The application's name, the same at every deploy."""
        return f"{Stack.of(self).stack_name}-{self.node.addr[-8:]}-{platform}"

    def _arn(self, kind: str, platform: str, tail: str = "") -> str:
        """The ARN of an application (`app`) or of its endpoints (`endpoint`)."""
        return f"{_prefix()}:{kind}/{self._service(platform)}/{self._name(platform)}{tail}"

    def _create(self, platform: str, secret: str, function: lambda_.Function) -> Application:
        """The custom resource; its function answers with the ARN."""
        resource = CustomResource(
            self,
            f"{platform.capitalize()}Application",
            service_token=function.function_arn,
            resource_type="Custom::PlatformApplication",
            properties={
                "Name": self._name(platform),
                "Platform": self._service(platform),
                "Arn": self._arn("app", platform),
                "SecretId": secret,
                "Events": self.events.topic_arn if self.events is not None else "",
            },
            # Endpoints die with their application, so outside dev it outlives the stack as the tables do.
            removal_policy=RemovalPolicy.RETAIN if self._settings.production else RemovalPolicy.DESTROY,
            service_timeout=Duration.seconds(120),
        )
        return Application(resource.get_att_string("Arn"), self._arn("endpoint", platform, "/*"))

    def _statements(self, secrets: dict[str, str]) -> list[iam.PolicyStatement]:
        """What the deploy-time function may do: these applications, these secrets."""
        secret_arns = [_secret_arn(secret) for secret in secrets.values()]
        return [
            iam.PolicyStatement(
                actions=["sns:SetPlatformApplicationAttributes", "sns:DeletePlatformApplication"],
                resources=[self._arn("app", platform) for platform in secrets],
            ),
            # AWS does not say which resource making one is checked against; this is any name in this account-region.
            iam.PolicyStatement(actions=["sns:CreatePlatformApplication"], resources=[f"{_prefix()}:*"]),
            iam.PolicyStatement(actions=["secretsmanager:GetSecretValue"], resources=secret_arns),
        ]


def existing(arn: str) -> Application:
    """An application made by hand: `arn:aws:sns:<region>:<account>:app/<platform>/<name>`."""
    head, found, tail = arn.partition(":app/")
    if not found or tail.count("/") != 1:
        raise SettingsError(f"Not the ARN of an SNS platform application: {arn!r}.")
    return Application(arn, f"{head}:endpoint/{tail}/*")


def _prefix() -> str:
    return f"arn:{Aws.PARTITION}:sns:{Aws.REGION}:{Aws.ACCOUNT_ID}"


def _secret_arn(secret: str) -> str:
    """A secret may be named by ARN, or by name, to whose ARN Secrets Manager adds six characters."""
    if secret.startswith("arn:"):
        return secret
    return f"arn:{Aws.PARTITION}:secretsmanager:{Aws.REGION}:{Aws.ACCOUNT_ID}:secret:{secret}-??????"
