"""Which tokens are believed."""

import base64
import hmac
import json
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes import FakeClock
from tests.unit.auth import issuer
from tests.unit.auth.issuer import AUDIENCE, ISSUER, ec_key, jwk, key_set, rsa_key, token
from tidings.auth.keyset import KeySet
from tidings.auth.verify import LEEWAY_S, MAX_TOKEN, Verifier
from tidings.domain.errors import Forbidden, TokenExpired
from tidings.domain.identity import Identity

CLOCK = FakeClock()
NOW_S = CLOCK.now() // 1000


def verifier(
    keys: bytes = issuer.STANDARD, algorithms: frozenset[str] = frozenset({"RS256"}), audience: str = AUDIENCE
) -> Verifier:
    return Verifier(ISSUER, frozenset({audience, "another"}), algorithms, KeySet(lambda: keys, CLOCK), CLOCK)


def refused(text: str, **settings: Any) -> str:
    with pytest.raises(Forbidden) as caught:
        verifier(**settings).verify(text, "phone")
    assert len(text) < 8 or text not in caught.value.message
    return caught.value.message


def test_a_good_token_names_its_user() -> None:
    good = token(CLOCK.now(), name="Ann  B.\n")
    assert verifier().verify(good, "phone") == Identity("ann", "phone", NOW_S + 3_600, "Ann B.", NOW_S * 1_000)


@pytest.mark.parametrize(("iat", "issued_at"), [(NOW_S - 5, (NOW_S - 5) * 1_000), (NOW_S - 0.5, NOW_S * 1_000 - 500)])
def test_a_token_says_when_it_was_given_out(iat: float, issued_at: int) -> None:
    assert verifier().verify(token(CLOCK.now(), iat=iat), "phone").issued_at == issued_at


def test_a_token_need_not_say_when_it_was_given_out() -> None:
    assert verifier().verify(token(CLOCK.now(), without=("iat",)), "phone").issued_at == 0


def test_a_cognito_access_token_has_a_client_id_instead_of_an_audience() -> None:
    access = token(CLOCK.now(), without=("aud",), client_id=AUDIENCE, token_use="access")
    assert verifier().verify(access, "phone").user_id == "ann"


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": "somebody-else"},
        {"aud": ["somebody-else", "third"]},
        {"aud": "somebody-else", "client_id": AUDIENCE, "token_use": "access"},
        {"aud": [], "client_id": AUDIENCE, "token_use": "access"},
        {"aud": {AUDIENCE: 1}},
        {"aud": [[AUDIENCE]]},
        {"client_id": AUDIENCE, "without": ("aud",)},
        {"client_id": AUDIENCE, "token_use": "id", "without": ("aud",)},
        {"client_id": "somebody-else", "token_use": "access", "without": ("aud",)},
        {"client_id": [AUDIENCE], "token_use": "access", "without": ("aud",)},
        {"without": ("aud",)},
    ],
)
def test_a_token_for_somebody_else_is_refused(claims: dict[str, Any]) -> None:
    assert "audience" in refused(token(CLOCK.now(), **claims))


def test_one_audience_of_several_is_enough() -> None:
    assert verifier().verify(token(CLOCK.now(), aud=["somebody-else", AUDIENCE]), "phone").user_id == "ann"


@pytest.mark.parametrize("other", ["https://issuer.example/", "https://evil.example", "http://issuer.example", ""])
def test_a_token_of_another_issuer_is_refused(other: str) -> None:
    assert "issuer" in refused(token(CLOCK.now(), iss=other))


@pytest.mark.parametrize("claim", ["iss", "sub", "exp"])
def test_required_claims(claim: str) -> None:
    assert "lacks" in refused(token(CLOCK.now(), without=(claim,)))


def test_an_expired_token_is_refused_to_the_millisecond() -> None:
    clock = FakeClock()
    checks = Verifier(
        ISSUER, frozenset({AUDIENCE}), frozenset({"RS256"}), KeySet(lambda: issuer.STANDARD, clock), clock
    )
    good = token(clock.now())
    clock.advance(3_600_000 - 1)
    assert checks.verify(good, "phone").user_id == "ann"
    clock.advance(1)
    with pytest.raises(TokenExpired):
        checks.verify(good, "phone")


@pytest.mark.parametrize("claim", ["nbf", "iat"])
def test_an_issuers_clock_may_be_a_little_ahead(claim: str) -> None:
    assert verifier().verify(token(CLOCK.now(), **{claim: NOW_S + LEEWAY_S}), "phone").user_id == "ann"
    assert "not valid yet" in refused(token(CLOCK.now(), **{claim: NOW_S + LEEWAY_S + 1}))


@pytest.mark.parametrize("value", ["tomorrow", True, -1, 1e30, None, [NOW_S + 60]])
def test_a_malformed_expiry_is_refused(value: object) -> None:
    refused(signed({"iss": ISSUER, "aud": AUDIENCE, "sub": "ann", "exp": value}))


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity"])
def test_numbers_that_are_none_are_refused(value: str) -> None:
    refused(signed(f'{{"iss": "{ISSUER}", "aud": "{AUDIENCE}", "sub": "ann", "exp": {value}}}'))


@pytest.mark.parametrize("subject", ["", "a b", "a#b", "ä", "x" * 129, 7, ["ann"], None])
def test_a_subject_that_cannot_be_a_user_id_is_refused(subject: object) -> None:
    refused(signed({"iss": ISSUER, "aud": AUDIENCE, "sub": subject, "exp": NOW_S + 60}))


@pytest.mark.parametrize("name", ["", " \n\t ", 7, None, ["Ann"]])
def test_a_name_that_is_none_is_left_out(name: object) -> None:
    assert verifier().verify(token(CLOCK.now(), name=name), "phone").name is None


def test_a_signature_by_another_key_is_refused() -> None:
    assert "signature" in refused(token(CLOCK.now(), key=rsa_key("thief")))


def test_a_changed_claim_breaks_the_signature() -> None:
    header, _, signature = token(CLOCK.now()).split(".")
    forged = encoded({"iss": ISSUER, "aud": AUDIENCE, "sub": "bob", "exp": NOW_S + 60})
    assert "signature" in refused(f"{header}.{forged}.{signature}")


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "nOnE"])
@pytest.mark.parametrize("signature", ["", "c2ln"])
def test_no_signature_is_refused(algorithm: str, signature: str) -> None:
    header = encoded({"alg": algorithm, "kid": "one"})
    claims = encoded({"iss": ISSUER, "aud": AUDIENCE, "sub": "ann", "exp": NOW_S + 60})
    assert "algorithm" in refused(f"{header}.{claims}.{signature}")


@pytest.mark.parametrize("algorithm", ["HS256", "HS384", "HS512"])
def test_the_public_key_is_no_shared_secret(algorithm: str) -> None:
    """An attacker knows the public key: a token "signed" with it as an HMAC secret must not pass."""
    pem = (
        rsa_key("one")
        .public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    header = encoded({"alg": algorithm, "kid": "one"})
    body = f"{header}.{encoded({'iss': ISSUER, 'aud': AUDIENCE, 'sub': 'ann', 'exp': NOW_S + 60})}"
    digest = hmac.new(pem, body.encode(), f"sha{algorithm[2:]}").digest()
    assert "algorithm" in refused(f"{body}.{base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}")


def test_symmetric_algorithms_cannot_even_be_configured() -> None:
    for algorithms in ({"HS256"}, {"none"}, {"RS256", "HS256"}, set[str]()):
        with pytest.raises(ValueError, match="algorithm"):
            verifier(algorithms=frozenset(algorithms))


@pytest.mark.parametrize(("issuer_url", "audiences"), [("", {"a"}), (ISSUER, set[str]())])
def test_a_verifier_without_issuer_or_audience_cannot_be_made(issuer_url: str, audiences: set[str]) -> None:
    with pytest.raises(ValueError, match="configured"):
        Verifier(issuer_url, frozenset(audiences), frozenset({"RS256"}), KeySet(lambda: b"", CLOCK), CLOCK)


def test_an_algorithm_outside_the_list_is_refused() -> None:
    assert "algorithm" in refused(token(CLOCK.now(), algorithm="RS512"))
    assert "algorithm" in refused(token(CLOCK.now(), algorithm="PS256"))


def test_a_key_is_good_for_its_own_algorithm_only() -> None:
    both = frozenset({"RS256", "PS256", "ES256"})
    assert "algorithm" in refused(token(CLOCK.now(), algorithm="PS256"), algorithms=both)
    mixed = key_set(jwk(rsa_key("one"), "one"), jwk(ec_key("two"), "two"))
    assert "algorithm" in refused(token(CLOCK.now(), kid="two"), algorithms=both, keys=mixed)
    with_curve = token(CLOCK.now(), key=ec_key("two"), kid="two", algorithm="ES256")
    assert verifier(algorithms=both, keys=mixed).verify(with_curve, "phone").user_id == "ann"


def test_a_key_that_names_no_algorithm_takes_those_of_its_type() -> None:
    both, keys = frozenset({"RS256", "PS256"}), key_set(jwk(rsa_key("one"), "one"))
    for algorithm in both:
        good = token(CLOCK.now(), algorithm=algorithm)
        assert verifier(algorithms=both, keys=keys).verify(good, "phone").user_id == "ann"


@pytest.mark.filterwarnings("ignore::jwt.InsecureKeyLengthWarning")
def test_a_weak_key_is_refused() -> None:
    weak = rsa_key("weak", 1024)
    text = jwt.encode(
        {"iss": ISSUER, "aud": AUDIENCE, "sub": "ann", "exp": NOW_S + 60}, weak, "RS256", headers={"kid": "w"}
    )
    refused(text, keys=key_set(jwk(weak, "w")))


def test_keys_in_the_token_itself_are_ignored() -> None:
    thief = rsa_key("thief")
    headers = {"jwk": jwk(thief, "one"), "jku": "https://evil.example/keys", "x5u": "https://evil.example/cert"}
    assert "signature" in refused(token(CLOCK.now(), key=thief, headers=headers))


def test_an_unknown_critical_header_is_refused() -> None:
    refused(token(CLOCK.now(), headers={"crit": ["exp-policy"], "exp-policy": "x"}))


@pytest.mark.parametrize(
    "text",
    ["", ".", "..", "...", "a.b.c", "é.é.é", "e30.e30.e30", "null.null.null", "\x00", "[]", "x" * (MAX_TOKEN + 1)],
)
def test_garbage_is_refused(text: str) -> None:
    refused(text)


@pytest.mark.parametrize("header", [[], 7, None, {"alg": ["RS256"]}, {"alg": "RS256", "kid": {"a": 1}}, {}])
def test_a_strange_header_is_refused(header: object) -> None:
    refused(f"{encoded(header)}.{encoded({'sub': 'ann'})}.c2ln")


@pytest.mark.parametrize("claims", ["[]", "7", "null", '"ann"', "{", "[" * 5_000])
def test_strange_claims_are_refused(claims: str) -> None:
    refused(signed(claims))


@given(st.text(max_size=200))
def test_no_text_gets_in_or_breaks_anything(text: str) -> None:
    refused(text)


@given(st.integers(min_value=0), st.integers(min_value=0, max_value=255))
def test_no_changed_byte_gets_in(where: int, value: int) -> None:
    """One character of a good token changed: refused, unless it decodes to the same bytes (unused base64 bits)."""
    good = token(CLOCK.now())
    place = where % len(good)
    changed = good[:place] + chr(value) + good[place + 1 :]
    try:
        identity = verifier().verify(changed, "phone")
    except Forbidden:
        return
    assert identity.user_id == "ann"
    assert [loose(part) for part in changed.split(".")] == [loose(part) for part in good.split(".")]


def loose(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def encoded(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def signed(claims: object) -> str:
    """Any claims at all (text is taken as it is), properly signed."""
    body = claims if isinstance(claims, str) else json.dumps(claims)
    return jwt.api_jws.PyJWS().encode(body.encode(), rsa_key("one"), "RS256", headers={"kid": "one"})


def test_what_is_signed_here_is_what_is_signed_there() -> None:
    """`signed` makes tokens that pass when their claims are right: else the tests above would test nothing."""
    good = signed({"iss": ISSUER, "aud": AUDIENCE, "sub": "ann", "exp": NOW_S + 60})
    assert verifier().verify(good, "phone").user_id == "ann"
