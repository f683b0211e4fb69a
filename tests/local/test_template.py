"""What is changed for ministack, and what is not."""

from __future__ import annotations

import copy
from typing import Any

from local.grants import SEND_BATCH
from local.names import short_names
from local.template import adapt, of_type
from tests.local.small_template import small_template

JWKS = "http://127.0.0.1:1/jwks"


def test_the_original_is_left_alone() -> None:
    original = small_template()
    before = copy.deepcopy(original)
    adapt(original, JWKS)
    assert original == before


def test_what_is_dropped_is_read_first_and_listed() -> None:
    done = adapt(small_template(), JWKS)
    kinds = {each["Type"] for each in done.template["Resources"].values()}
    assert done.answering_routes == {"send", "$default"}
    assert done.ttl == {"Things": "expires_at"}
    assert "AWS::ApiGatewayV2::RouteResponse" not in kinds and "AWS::Lambda::LayerVersion" not in kinds
    assert "Rules" not in done.template and "Parameters" not in done.template
    told = "\n".join(done.left_out)
    for word in ("RouteResponse (2)", "BucketPolicy (1)", "2 event source mappings", "TTL of 1", "bootstrap", "JWKS"):
        assert word in told


def test_only_the_demand_for_tls_goes_from_a_policy() -> None:
    template = small_template()
    statements = template["Resources"]["FailuresPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    kept = {"Action": "s3:DeleteObject", "Effect": "Deny", "Principal": "*", "Resource": "*"}
    statements.append(kept)
    done = adapt(template, JWKS)
    policy = done.template["Resources"]["FailuresPolicy"]["Properties"]["PolicyDocument"]
    assert policy["Statement"] == [kept]


def test_mappings_are_disabled_and_one_that_was_off_is_remembered() -> None:
    template = small_template()
    template["Resources"]["FromLane"]["Properties"]["Enabled"] = False
    done = adapt(template, JWKS)
    mappings = of_type(done.template["Resources"], "AWS::Lambda::EventSourceMapping")
    assert [each["Enabled"] for each in mappings.values()] == [False, False]
    assert done.disabled == {"FromLane"}


def test_functions_point_to_the_development_issuer() -> None:
    functions = of_type(adapt(small_template(), JWKS).template["Resources"], "AWS::Lambda::Function")
    assert {each["Environment"]["Variables"]["TIDINGS_JWKS_URL"] for each in functions.values()} == {JWKS}


def test_a_function_that_serves_a_custom_resource_runs_the_working_tree() -> None:
    template = small_template()
    token = {"Fn::GetAtt": ["Gate", "Arn"]}
    template["Resources"]["Made"] = {"Type": "Custom::Made", "Properties": {"ServiceToken": token}}
    done = adapt(template, JWKS)
    gate = done.template["Resources"]["Gate"]["Properties"]
    assert done.deploy_time == {"Gate"}
    assert "from tests.local.echo import handler" in gate["Code"]["ZipFile"]
    assert "PYTHONPATH" in gate["Environment"]["Variables"]


def test_a_role_may_send_batches_if_it_may_send_and_nothing_else_is_widened() -> None:
    template = small_template()
    policy = template["Resources"]["EchoPolicy"]["Properties"]["PolicyDocument"]
    policy["Statement"].append({"Action": "sns:Publish", "Effect": "Allow", "Resource": "arn:app"})
    changed: Any = adapt(template, JWKS).template["Resources"]["EchoPolicy"]["Properties"]["PolicyDocument"][
        "Statement"
    ]
    put, send, publish = changed
    assert put == policy["Statement"][0]
    assert send["Action"] == ["sqs:SendMessage", SEND_BATCH]
    assert publish["Resource"] == "*"


def test_short_names_drop_hash_and_shared_words() -> None:
    ids = ["TidingsFunctionsSend4EF36A0C", "TidingsFunctionsConnect94BFDFB5"]
    assert short_names(ids) == {ids[0]: "Send", ids[1]: "Connect"}
    assert short_names(["OnlyOne12345678"]) == {"OnlyOne12345678": "OnlyOne"}
    twins = ["TidingsSend4EF36A0C", "TidingsSend4EF36A0D", "TidingsAck4EF36A0D"]
    assert short_names(twins) == {twins[0]: twins[0], twins[1]: twins[1], twins[2]: "Ack"}
