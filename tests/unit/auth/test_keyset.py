"""The key cache: rotation, withdrawal, an issuer that does not answer."""

import pytest

from tests.fakes import FakeClock
from tests.unit.auth.issuer import ec_key, jwk, key_set, rsa_key
from tidings.auth.keyset import PAUSE_MS, STALE_MS, TTL_MS, KeySet
from tidings.domain.errors import Forbidden, Unavailable

ONE, TWO = jwk(rsa_key("one"), "one"), jwk(rsa_key("two"), "two")


class Issuer:
    """What is fetched, and how often."""

    def __init__(self, *entries: dict[str, str]) -> None:
        self.body: bytes | None = key_set(*entries)
        self.fetched = 0
        self.clock = FakeClock()
        self.keys = KeySet(self.fetch, self.clock)

    def fetch(self) -> bytes:
        self.fetched += 1
        if self.body is None:
            raise Unavailable("The issuer's keys could not be fetched.")
        return self.body

    def knows(self, kid: str | None) -> bool:
        try:
            self.keys.find(kid, "RS256")
        except Forbidden:
            return False
        return True


def test_keys_are_fetched_once() -> None:
    issuer = Issuer(ONE, TWO)
    assert all(issuer.knows(kid) for kid in ("one", "two", "one"))
    assert issuer.fetched == 1


def test_a_rotation_is_noticed_by_the_new_key_id() -> None:
    issuer = Issuer(ONE)
    assert issuer.knows("one")
    issuer.body = key_set(ONE, TWO)
    issuer.clock.advance(PAUSE_MS)
    assert issuer.knows("two")
    assert issuer.fetched == 2


def test_made_up_key_ids_cause_one_fetch_a_pause() -> None:
    issuer = Issuer(ONE)
    assert not any(issuer.knows(f"made-up-{number}") for number in range(50))
    assert issuer.fetched == 1
    issuer.clock.advance(PAUSE_MS - 1)
    assert not issuer.knows("made-up")
    assert issuer.fetched == 1
    issuer.clock.advance(1)
    assert not issuer.knows("made-up")
    assert issuer.fetched == 2
    assert issuer.knows("one")


def test_a_withdrawn_key_is_refused_after_the_ttl() -> None:
    issuer = Issuer(ONE, TWO)
    assert issuer.knows("one")
    issuer.body = key_set(TWO)
    issuer.clock.advance(TTL_MS - 1)
    assert issuer.knows("one")
    issuer.clock.advance(1)
    assert not issuer.knows("one")
    assert issuer.knows("two")


def test_a_replaced_key_of_the_same_id_is_used() -> None:
    issuer = Issuer(ONE)
    before = issuer.keys.find("one", "RS256")
    issuer.body = key_set(jwk(rsa_key("two"), "one"))
    issuer.clock.advance(TTL_MS)
    assert issuer.keys.find("one", "RS256") is not before


def test_known_keys_outlive_an_outage_for_a_while() -> None:
    issuer = Issuer(ONE)
    assert issuer.knows("one")
    issuer.body = None
    issuer.clock.advance(TTL_MS)
    assert issuer.knows("one")
    assert issuer.fetched == 2
    assert issuer.knows("one")
    assert issuer.fetched == 2, "not asked again within the pause"
    issuer.clock.advance(STALE_MS)
    with pytest.raises(Unavailable):
        issuer.keys.find("one", "RS256")
    with pytest.raises(Unavailable):
        issuer.keys.find("one", "RS256")
    assert issuer.fetched == 3, "still not more often than once a pause"


def test_an_issuer_that_never_answered_lets_nobody_in_and_recovers() -> None:
    issuer = Issuer(ONE)
    issuer.body = None
    for _ in range(3):
        with pytest.raises(Unavailable):
            issuer.keys.find("one", "RS256")
    assert issuer.fetched == 1
    issuer.body = key_set(ONE)
    issuer.clock.advance(PAUSE_MS)
    assert issuer.knows("one")


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b"null", b'{"keys": 7}', b"\xff\xfe", b"[" * 100_000])
def test_something_else_than_a_key_set_is_an_outage(body: bytes) -> None:
    issuer = Issuer()
    issuer.body = body
    with pytest.raises(Unavailable):
        issuer.keys.find("one", "RS256")


def test_keys_for_other_purposes_are_left_out() -> None:
    secret = {"kty": "oct", "kid": "secret", "k": "c2VjcmV0"}
    for_encryption = jwk(rsa_key("one"), "enc", use="enc")
    issuer = Issuer(ONE, secret, for_encryption)
    assert issuer.knows("one")
    assert not issuer.knows("secret")
    assert not issuer.knows("enc")


def test_a_malformed_key_spoils_only_itself() -> None:
    issuer = Issuer({"kty": "RSA", "kid": "broken"}, ONE)
    assert issuer.knows("one")
    assert not issuer.knows("broken")


def test_without_an_id_a_set_of_one_is_clear_and_a_set_of_two_is_not() -> None:
    assert Issuer(jwk(rsa_key("one"), None)).knows(None)
    assert Issuer(ONE).knows(None)
    assert not Issuer(ONE, TWO).knows(None)


def test_a_key_of_another_type_does_not_fit() -> None:
    assert not Issuer(jwk(ec_key("two"), "two")).knows("two")
