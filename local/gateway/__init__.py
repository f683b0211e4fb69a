"""The WebSocket gateway and its `@connections` endpoint, with API Gateway's events, limits and close codes.

Not emulated: TLS and custom domains, stage variables, models and request templates, integrations other than Lambda
proxies, API keys and usage plans, WAF, access logs; the quotas of new connections (500/s) and of requests over all of
an account's APIs (`@connections` has its own limit here). IAM conditions are not judged at `@connections`.
"""
