"""Whose tokens are believed: a Cognito user pool of our own, or an external OIDC issuer."""

from __future__ import annotations

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_cognito as cognito
from constructs import Construct

from infra.acknowledged import accept
from infra.settings import TidingsSettings


class Auth(Construct):
    """`issuer`, `audience` and `jwks_url` for the authorizer; `user_pool` is None with an external issuer."""

    def __init__(self, scope: Construct, construct_id: str, settings: TidingsSettings) -> None:
        super().__init__(scope, construct_id)
        self.user_pool: cognito.UserPool | None = None
        self.client: cognito.UserPoolClient | None = None
        if settings.external_issuer:
            self.issuer, self.audience, self.jwks_url = settings.issuer, settings.audience, settings.keys_url
            return
        self.user_pool = self._pool(settings)
        self.client = self._client(self.user_pool, settings)
        self.issuer = self.user_pool.user_pool_provider_url
        self.audience = self.client.user_pool_client_id
        self.jwks_url = f"{self.issuer}/.well-known/jwks.json"

    def _pool(self, settings: TidingsSettings) -> cognito.UserPool:
        """People sign in with their e-mail address; the immutable `sub` is the user id."""
        pool = cognito.UserPool(
            self,
            "UserPool",
            self_sign_up_enabled=settings.self_sign_up,
            sign_in_aliases=cognito.SignInAliases(email=True),
            sign_in_case_sensitive=False,
            auto_verify=cognito.AutoVerifiedAttrs(email=True),
            account_recovery=cognito.AccountRecovery.EMAIL_ONLY,
            password_policy=cognito.PasswordPolicy(
                min_length=12, require_lowercase=True, require_uppercase=True, require_digits=True, require_symbols=True
            ),
            mfa=cognito.Mfa.OPTIONAL,
            mfa_second_factor=cognito.MfaSecondFactor(otp=True, sms=False),
            deletion_protection=settings.production,
            removal_policy=RemovalPolicy.RETAIN if settings.production else RemovalPolicy.DESTROY,
        )
        accept(pool, "AwsSolutions-COG2", "A second factor is each user's choice: a chat, not a bank.")
        accept(pool, "AwsSolutions-COG8", "The Plus plan costs money a user; bring your own issuer where that matters.")
        return pool

    def _client(self, pool: cognito.UserPool, settings: TidingsSettings) -> cognito.UserPoolClient:
        """A public client: phones and browsers cannot keep a secret.  Plain passwords only in dev, for the CLI."""
        return pool.add_client(
            "Client",
            generate_secret=False,
            disable_o_auth=True,
            prevent_user_existence_errors=True,
            enable_token_revocation=True,
            auth_flows=cognito.AuthFlow(user_srp=True, user_password=not settings.production),
            # An open connection ends with its token, so this is also how long a socket may live without a new one.
            access_token_validity=Duration.hours(2),
            id_token_validity=Duration.hours(2),
            refresh_token_validity=Duration.days(30),
        )
