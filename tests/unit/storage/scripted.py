"""A DynamoDB client that answers from a script and remembers what it was asked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError


def refusal(code: str, status: int = 400, **more: Any) -> ClientError:
    """What boto3 raises for an answer with an error code."""
    answer: Any = {"Error": {"Code": code, "Message": ""}, "ResponseMetadata": {"HTTPStatusCode": status}, **more}
    return ClientError(answer, "AnyOperation")


class ScriptedClient:
    """Each call takes the next answer of the script: raised if an exception, called with the request if callable.

    The last answer is kept for all further calls.
    """

    def __init__(self, *script: Any) -> None:
        self._script = list(script)
        self.calls: list[tuple[str, dict[str, Any]]] = []

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        def call(**request: Any) -> Any:
            self.calls.append((operation, request))
            answer = self._script.pop(0) if len(self._script) > 1 else self._script[0]
            if isinstance(answer, Exception):
                raise answer
            return answer(request) if callable(answer) else answer

        return call
