"""The thin app: one stack around the construct.  `cdk deploy`, `cdk deploy -c stage=prod`."""

from __future__ import annotations

import os
import sys

# Said before the CDK's engine starts, which inherits the environment: the versions are pinned and tested.
os.environ.setdefault("JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION", "1")
os.environ.setdefault("JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION", "20")

from aws_cdk import App, CfnOutput, Stack

from infra.backend import Tidings
from infra.constructs.bundling import UNBUILT
from infra.settings import SettingsError, TidingsSettings, from_context


def build(app: App, settings: TidingsSettings) -> Stack:
    """The stack `Tidings-<stage>` with its outputs under plain names."""
    stack = Stack(
        app,
        f"Tidings-{settings.stage}",
        description=f"Tidings, a messaging and timeline backend ({settings.stage})",
        termination_protection=settings.production,
    )
    # The CDK writes a function's dependency on its role down although the reference implies it.
    stack.template_options.metadata = {"cfn-lint": {"config": {"ignore_checks": ["W3005"]}}}
    backend = Tidings(stack, "Tidings", settings)
    for name, value in backend.outputs.items():
        CfnOutput(stack, name, value=value)
    return stack


def main() -> None:
    """Synthesize; a wrong setting, or a layer that could not be built, is a sentence and not a trace."""
    app = App()
    try:
        build(app, from_context(app.node.try_get_context))
    except SettingsError as error:
        sys.exit(f"Settings: {error}")
    except RuntimeError as error:
        # What our own bundler raised comes back through the CDK's engine as text.
        _, mark, told = str(error).partition(UNBUILT)
        if not mark:
            raise
        sys.exit(f"{UNBUILT}{told}")
    app.synth()


if __name__ == "__main__":
    main()
