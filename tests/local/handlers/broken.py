"""A handler module that fails when it is imported."""

1 / 0  # noqa: B018


def handler(event: object, context: object) -> None:
    """Never there."""
