"""The images that run now are the images that the next deployment is told of.

azd keeps an image's name on the machine that pushed it. From another one, a pipeline's above all,
a deployment would go back to the placeholder that each app begins with.
"""

import os
from collections.abc import Mapping

from infra.azd import apps
from infra.azd.choices import group_of
from infra.azd.programs import az, remember


def keep_images(env: Mapping[str, str] = os.environ) -> None:
    """Put the image of each app that runs one into the azd environment, unless it is there."""
    group = group_of(env)
    if not env.get("AZURE_SUBSCRIPTION_ID") or not az("group", "exists", "--name", group):
        return
    for app in apps.listed(group):
        name = variable(app.name)
        if not app.is_placeholder and not env.get(name):
            remember(name, app.image)
            print(f"  {app.name} goes on with {app.image}")


def variable(app: str) -> str:
    """Where azd keeps the name of an app's image."""
    return f"SERVICE_{app.upper().replace('-', '_')}_IMAGE_NAME"
