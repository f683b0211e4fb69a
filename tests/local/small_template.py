"""A small stack in the shape that the CDK synthesizes, so that the deploy is tested without a synth."""

from __future__ import annotations

from typing import Any

HANDLER = "tests.local.echo.handler"


def small_template() -> dict[str, Any]:
    """One function behind a WebSocket API with an authorizer, one streamed table, one queue with a DLQ."""
    return {
        "Parameters": {"BootstrapVersion": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/cdk/x"}},
        "Rules": {"CheckBootstrapVersion": {"Assertions": []}},
        "Resources": _storage() | _function("Echo") | _function("Gate") | _api() | _sources(),
        "Outputs": {"Url": {"Value": {"Fn::Sub": "wss://${Api}.execute-api.${AWS::Region}.amazonaws.com/dev"}}},
    }


def _storage() -> dict[str, Any]:
    return {
        "Things": {
            "Type": "AWS::DynamoDB::GlobalTable",
            "Properties": {
                "AttributeDefinitions": [
                    {"AttributeName": "owner", "AttributeType": "S"},
                    {"AttributeName": "item", "AttributeType": "S"},
                ],
                "BillingMode": "PAY_PER_REQUEST",
                "KeySchema": [
                    {"AttributeName": "owner", "KeyType": "HASH"},
                    {"AttributeName": "item", "KeyType": "RANGE"},
                ],
                "Replicas": [
                    {
                        "Region": {"Ref": "AWS::Region"},
                        "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
                    }
                ],
                "StreamSpecification": {"StreamViewType": "NEW_IMAGE"},
                "TimeToLiveSpecification": {"AttributeName": "expires_at", "Enabled": True},
            },
        },
        "Failures": {"Type": "AWS::S3::Bucket", "Properties": {}},
        "FailuresPolicy": {
            "Type": "AWS::S3::BucketPolicy",
            "Properties": {
                "Bucket": {"Ref": "Failures"},
                "PolicyDocument": {
                    "Version": "2012-10-17",
                    "Statement": [
                        {
                            "Action": "s3:*",
                            "Effect": "Deny",
                            "Principal": {"AWS": "*"},
                            "Resource": [{"Fn::GetAtt": ["Failures", "Arn"]}],
                            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
                        }
                    ],
                },
            },
        },
        "Dead": {"Type": "AWS::SQS::Queue", "Properties": {"MessageRetentionPeriod": 1209600}},
        "Lane": {
            "Type": "AWS::SQS::Queue",
            "Properties": {
                "VisibilityTimeout": 60,
                "RedrivePolicy": {"deadLetterTargetArn": {"Fn::GetAtt": ["Dead", "Arn"]}, "maxReceiveCount": 2},
            },
        },
    }


def _function(name: str) -> dict[str, Any]:
    trust = {
        "Statement": [
            {"Action": "sts:AssumeRole", "Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}}
        ],
        "Version": "2012-10-17",
    }
    allow = {
        "Statement": [
            {"Action": ["dynamodb:PutItem"], "Effect": "Allow", "Resource": {"Fn::GetAtt": ["Things", "Arn"]}},
            {"Action": ["sqs:SendMessage"], "Effect": "Allow", "Resource": {"Fn::GetAtt": ["Lane", "Arn"]}},
        ],
        "Version": "2012-10-17",
    }
    return {
        f"{name}Role": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": trust}},
        f"{name}Policy": {
            "Type": "AWS::IAM::Policy",
            "Properties": {"PolicyDocument": allow, "PolicyName": f"{name}Policy", "Roles": [{"Ref": f"{name}Role"}]},
        },
        name: {
            "Type": "AWS::Lambda::Function",
            "DependsOn": [f"{name}Policy"],
            "Properties": {
                "Architectures": ["arm64"],
                "Code": {"S3Bucket": {"Fn::Sub": "cdk-x-assets-${AWS::AccountId}-${AWS::Region}"}, "S3Key": "abc.zip"},
                "Environment": {
                    "Variables": {
                        "TIDINGS_TABLE_THINGS": {"Ref": "Things"},
                        "TIDINGS_QUEUE_SMALL": {"Ref": "Lane"},
                        "TIDINGS_JWKS_URL": "http://issuer.invalid/jwks",
                    }
                },
                "Handler": HANDLER,
                "Layers": [{"Ref": "Deps"}],
                "MemorySize": 512,
                "Role": {"Fn::GetAtt": [f"{name}Role", "Arn"]},
                "Runtime": "python3.13",
                "Timeout": 10,
                "TracingConfig": {"Mode": "Active"},
            },
        },
        "Deps": {
            "Type": "AWS::Lambda::LayerVersion",
            "Properties": {"Content": {"S3Bucket": "nowhere", "S3Key": "deps.zip"}},
        },
    }


def _api() -> dict[str, Any]:
    def uri(function: str) -> dict[str, Any]:
        tail = ["/functions/", {"Fn::GetAtt": [function, "Arn"]}, "/invocations"]
        return {
            "Fn::Join": ["", ["arn:", {"Ref": "AWS::Partition"}, ":apigateway:us-east-1:lambda:path/2015-03-31", *tail]]
        }

    resources: dict[str, Any] = {
        "Api": {
            "Type": "AWS::ApiGatewayV2::Api",
            "Properties": {
                "Name": "small",
                "ProtocolType": "WEBSOCKET",
                "RouteSelectionExpression": "$request.body.action",
            },
        },
        "Authorizer": {
            "Type": "AWS::ApiGatewayV2::Authorizer",
            "Properties": {
                "ApiId": {"Ref": "Api"},
                "AuthorizerType": "REQUEST",
                "AuthorizerUri": uri("Gate"),
                "IdentitySource": ["route.request.header.Sec-WebSocket-Protocol"],
                "Name": "gate",
            },
        },
        "Stage": {
            "Type": "AWS::ApiGatewayV2::Stage",
            "Properties": {
                "ApiId": {"Ref": "Api"},
                "StageName": "dev",
                "AutoDeploy": True,
                "DefaultRouteSettings": {"ThrottlingRateLimit": 500, "ThrottlingBurstLimit": 1000},
                "RouteSettings": {"send": {"ThrottlingRateLimit": 50, "ThrottlingBurstLimit": 100}},
            },
        },
    }
    for name, key in (("Connect", "$connect"), ("Send", "send"), ("Default", "$default")):
        route: dict[str, Any] = {
            "ApiId": {"Ref": "Api"},
            "RouteKey": key,
            "Target": {"Fn::Join": ["", ["integrations/", {"Ref": f"{name}Integration"}]]},
        }
        if key == "$connect":
            route |= {"AuthorizationType": "CUSTOM", "AuthorizerId": {"Ref": "Authorizer"}}
        else:
            route["RouteResponseSelectionExpression"] = "$default"
            resources[f"{name}Response"] = {
                "Type": "AWS::ApiGatewayV2::RouteResponse",
                "Properties": {"ApiId": {"Ref": "Api"}, "RouteId": {"Ref": name}, "RouteResponseKey": "$default"},
            }
        resources[name] = {"Type": "AWS::ApiGatewayV2::Route", "Properties": route}
        resources[f"{name}Integration"] = {
            "Type": "AWS::ApiGatewayV2::Integration",
            "Properties": {"ApiId": {"Ref": "Api"}, "IntegrationType": "AWS_PROXY", "IntegrationUri": uri("Echo")},
        }
    return resources


def _sources() -> dict[str, Any]:
    pattern = '{"eventName":["INSERT"],"dynamodb":{"NewImage":{"push":{"S":[{"exists":true}]}}}}'
    return {
        "FromStream": {
            "Type": "AWS::Lambda::EventSourceMapping",
            "Properties": {
                "FunctionName": {"Ref": "Echo"},
                "EventSourceArn": {"Fn::GetAtt": ["Things", "StreamArn"]},
                "BatchSize": 25,
                "BisectBatchOnFunctionError": True,
                "DestinationConfig": {"OnFailure": {"Destination": {"Fn::GetAtt": ["Failures", "Arn"]}}},
                "FilterCriteria": {"Filters": [{"Pattern": pattern}]},
                "FunctionResponseTypes": ["ReportBatchItemFailures"],
                "MaximumBatchingWindowInSeconds": 3,
                "MaximumRecordAgeInSeconds": 3600,
                "MaximumRetryAttempts": 5,
                "StartingPosition": "TRIM_HORIZON",
            },
        },
        "FromLane": {
            "Type": "AWS::Lambda::EventSourceMapping",
            "Properties": {
                "FunctionName": {"Ref": "Echo"},
                "EventSourceArn": {"Fn::GetAtt": ["Lane", "Arn"]},
                "BatchSize": 5,
                "FunctionResponseTypes": ["ReportBatchItemFailures"],
                "ScalingConfig": {"MaximumConcurrency": 7},
            },
        },
    }
