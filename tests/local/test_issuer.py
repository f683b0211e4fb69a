"""The development issuer's tokens verify against what it serves, as any OIDC issuer's would."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import jwt
import pytest

from local.clock import Clock
from local.issuer import Issuer


@pytest.fixture(params=["RS256", "ES256"])
async def issuer(request: pytest.FixtureRequest) -> AsyncIterator[Issuer]:
    made = Issuer(Clock(), name="https://who.test", audience="us", algorithm=request.param)
    await made.start()
    yield made
    await made.stop()


async def get(url: str) -> Any:
    async with aiohttp.ClientSession() as http, http.get(url) as answer:
        assert answer.status == 200
        return await answer.json()


async def verify(issuer: Issuer, token: str) -> dict[str, Any]:
    configuration = await get(f"{issuer.url}/.well-known/openid-configuration")
    keys = jwt.PyJWKSet.from_dict(await get(configuration["jwks_uri"]))
    key = keys[jwt.get_unverified_header(token)["kid"]]
    return jwt.decode(token, key, algorithms=[issuer.algorithm], audience="us", issuer=configuration["issuer"])


async def test_a_token_verifies_and_says_who(issuer: Issuer) -> None:
    claims = await verify(issuer, issuer.mint("ann", 60, name="Ann"))
    assert (claims["sub"], claims["name"], claims["iss"], claims["aud"]) == ("ann", "Ann", "https://who.test", "us")
    assert 59 < claims["exp"] - claims["iat"] <= 60, "to the millisecond, so that a removal within a second tells apart"


async def test_bad_tokens_can_be_made(issuer: Issuer) -> None:
    with pytest.raises(jwt.ExpiredSignatureError):
        await verify(issuer, issuer.mint("ann", -5))
    with pytest.raises(jwt.InvalidAudienceError):
        await verify(issuer, issuer.mint("ann", aud="them"))
    assert "sub" not in await verify(issuer, issuer.mint("ann", sub=None))


async def test_after_a_rotation_old_and_new_tokens_verify(issuer: Issuer) -> None:
    old = issuer.mint("ann")
    issuer.rotate()
    new = issuer.mint("ann")
    assert jwt.get_unverified_header(old)["kid"] != jwt.get_unverified_header(new)["kid"]
    assert (await verify(issuer, old))["sub"] == (await verify(issuer, new))["sub"] == "ann"


async def test_the_key_set_holds_no_private_part(issuer: Issuer) -> None:
    for key in (await get(issuer.jwks_url))["keys"]:
        assert not {"d", "p", "q", "dp", "dq", "qi", "k"} & set(key)
