"""The one place where the synthesized template is changed for ministack. Everything left out is listed and printed.

What ministack cannot take, or would do a second time beside the host, and what stands in for it:

* `AWS::ApiGatewayV2::RouteResponse` fails the whole deploy: read here, obeyed by the host's gateway.
* Policies that only refuse requests without TLS would refuse everything, since ministack speaks plain HTTP.
* Event source mappings are deployed but disabled: the host's pumps deliver, with AWS's failure rules.
* TTL from a template is ignored: switched on by an API call after the deploy.
* Function code and layers: the host's workers run the working tree, so ministack gets an empty file. Only functions
  that serve custom resources run inside ministack (CloudFormation calls them during the deploy); they get a line
  that imports the working tree's handler, and this virtual environment's packages.
* The bootstrap version check and the log role of the account: there is no bootstrapped account.
* Where ministack asks a role for something else than AWS does, the role is given that: see `local.grants`.
* `TIDINGS_JWKS_URL` is the development issuer's, whose port is known only now.
"""

from __future__ import annotations

import copy
import sysconfig
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from local.grants import widen

ROOT = Path(__file__).resolve().parent.parent
ROUTE = "AWS::ApiGatewayV2::Route"
ROUTE_RESPONSE = "AWS::ApiGatewayV2::RouteResponse"
FUNCTION = "AWS::Lambda::Function"
LAYER = "AWS::Lambda::LayerVersion"
MAPPING = "AWS::Lambda::EventSourceMapping"
POLICIES = ("AWS::S3::BucketPolicy", "AWS::SQS::QueuePolicy", "AWS::SNS::TopicPolicy")
TABLES = ("AWS::DynamoDB::Table", "AWS::DynamoDB::GlobalTable")
NEEDLESS = ("AWS::ApiGateway::Account", "AWS::CDK::Metadata")
CUSTOM = ("Custom::", "AWS::CloudFormation::CustomResource")
JWKS_VARIABLE = "TIDINGS_JWKS_URL"


@dataclass(slots=True)
class Adapted:
    """The template to deploy, what was read from the original, and a line for everything left out or changed."""

    template: dict[str, Any]
    left_out: list[str] = field(default_factory=list)
    answering_routes: set[str] = field(default_factory=set)
    """Keys of the routes that have a route response."""
    ttl: dict[str, str] = field(default_factory=dict)
    """Tables' logical ids and their TTL attributes."""
    disabled: set[str] = field(default_factory=set)
    """Logical ids of mappings that the template itself disables."""
    deploy_time: set[str] = field(default_factory=set)
    """Logical ids of functions that only serve custom resources."""


def adapt(template: Mapping[str, Any], jwks_url: str) -> Adapted:
    """A copy of `template` that ministack can deploy."""
    done = Adapted(copy.deepcopy(dict(template)))
    resources: dict[str, dict[str, Any]] = done.template["Resources"]
    _drop_bootstrap(done)
    _drop_route_responses(done, resources)
    _drop_tls_policies(done, resources)
    _disable_mappings(done, resources)
    _postpone_ttl(done, resources)
    _replace_code(done, resources)
    done.left_out += widen(resources)
    _point_to_issuer(done, resources, jwks_url)
    _drop(done, resources, [name for name, each in resources.items() if each["Type"] in NEEDLESS], "not needed locally")
    return done


def of_type(resources: Mapping[str, Mapping[str, Any]], *types: str) -> dict[str, dict[str, Any]]:
    """The properties of the resources of these types, by logical id."""
    return {name: each.setdefault("Properties", {}) for name, each in resources.items() if each["Type"] in types}  # type: ignore[attr-defined]


def _drop_bootstrap(done: Adapted) -> None:
    done.template.pop("Rules", None)
    parameters = done.template.get("Parameters", {})
    if parameters.pop("BootstrapVersion", None) is not None:
        done.left_out.append("bootstrap version check: there is no bootstrapped account")
    if not parameters:
        done.template.pop("Parameters", None)


def _drop_route_responses(done: Adapted, resources: dict[str, dict[str, Any]]) -> None:
    responses = of_type(resources, ROUTE_RESPONSE)
    routes = of_type(resources, ROUTE)
    for properties in responses.values():
        done.answering_routes.add(routes[properties["RouteId"]["Ref"]]["RouteKey"])
    _drop(done, resources, responses, "ministack fails on it; the host's gateway answers on these routes")


def _drop_tls_policies(done: Adapted, resources: dict[str, dict[str, Any]]) -> None:
    """Take the statements out that demand TLS, and the policies of which nothing is left."""
    empty = []
    for name, properties in of_type(resources, *POLICIES).items():
        document = properties["PolicyDocument"]
        document["Statement"] = [each for each in document["Statement"] if not _demands_tls(each)]
        if not document["Statement"]:
            empty.append(name)
    _drop(done, resources, empty, "refuses requests without TLS; ministack speaks plain HTTP")


def _demands_tls(statement: Mapping[str, Any]) -> bool:
    condition = statement.get("Condition", {}).get("Bool", {})
    return statement.get("Effect") == "Deny" and str(condition.get("aws:SecureTransport")).lower() == "false"


def _disable_mappings(done: Adapted, resources: dict[str, dict[str, Any]]) -> None:
    mappings = of_type(resources, MAPPING)
    for name, properties in mappings.items():
        if properties.get("Enabled") is False:
            done.disabled.add(name)
        properties["Enabled"] = False
    if mappings:
        done.left_out.append(f"{len(mappings)} event source mappings: disabled, the host's pumps deliver")


def _postpone_ttl(done: Adapted, resources: dict[str, dict[str, Any]]) -> None:
    for name, properties in of_type(resources, *TABLES).items():
        wanted = properties.pop("TimeToLiveSpecification", None)
        if wanted and wanted.get("Enabled", True):
            done.ttl[name] = wanted["AttributeName"]
    if done.ttl:
        done.left_out.append(f"TTL of {len(done.ttl)} tables: switched on after the deploy")


def _replace_code(done: Adapted, resources: dict[str, dict[str, Any]]) -> None:
    functions = of_type(resources, FUNCTION)
    done.deploy_time = _custom_resource_functions(resources)
    for name, properties in functions.items():
        properties.pop("Layers", None)
        properties["Code"] = {"ZipFile": "# the host's workers run the working tree\n"}
        if name in done.deploy_time:
            _run_inside(properties)
    _drop(done, resources, of_type(resources, LAYER), "the host's workers use this virtual environment")
    if functions:
        done.left_out.append(f"code of {len(functions)} functions: the host's workers run the working tree")


def _custom_resource_functions(resources: Mapping[str, Mapping[str, Any]]) -> set[str]:
    """The logical ids of the functions that custom resources name as their service token."""
    tokens = (each["Properties"]["ServiceToken"] for each in resources.values() if each["Type"].startswith(CUSTOM))
    return {token["Fn::GetAtt"][0] for token in tokens if isinstance(token, Mapping) and "Fn::GetAtt" in token}


def _run_inside(properties: dict[str, Any]) -> None:
    """Let ministack run this function from the working tree, on the interpreter that it has."""
    module, _, name = properties["Handler"].rpartition(".")
    paths = (str(ROOT), str(ROOT / "layers" / "tidings" / "python"), sysconfig.get_path("purelib"))
    properties["Code"] = {"ZipFile": f"from {module} import {name} as handler\n"}
    properties["Handler"] = "index.handler"
    variables = properties.setdefault("Environment", {}).setdefault("Variables", {})
    variables["PYTHONPATH"] = ":".join(paths)


def _point_to_issuer(done: Adapted, resources: dict[str, dict[str, Any]], jwks_url: str) -> None:
    for name, properties in of_type(resources, FUNCTION).items():
        variables = properties.get("Environment", {}).get("Variables", {})
        if JWKS_VARIABLE in variables:
            variables[JWKS_VARIABLE] = jwks_url
            done.left_out.append(f"{JWKS_VARIABLE} of {name}: the development issuer's")


def _drop(done: Adapted, resources: dict[str, dict[str, Any]], names: Iterable[str], why: str) -> None:
    """Take resources out, and the `DependsOn` that name them."""
    gone = set(names)
    kinds = Counter(resources[name]["Type"] for name in gone)
    for name in gone:
        del resources[name]
    for each in resources.values():
        wanted = each.get("DependsOn")
        if wanted is not None:
            kept = [name for name in ([wanted] if isinstance(wanted, str) else wanted) if name not in gone]
            each["DependsOn"] = kept
    for kind, count in sorted(kinds.items()):
        done.left_out.append(f"{kind} ({count}): {why}")
