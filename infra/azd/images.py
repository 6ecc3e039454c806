"""Pass the running images to the next deployment.

azd stores an image's name on the machine that pushed it. From another machine, such as a
pipeline's, a deployment would return to the placeholder.
"""

import os
from collections.abc import Mapping

from infra.azd import apps
from infra.azd.choices import group_of
from infra.azd.tools import az, remember


def keep_images(env: Mapping[str, str] = os.environ) -> None:
    """Store the image of each app in the azd environment, unless it has one."""
    group = group_of(env)
    if not env.get("AZURE_SUBSCRIPTION_ID") or not az("group", "exists", "--name", group):
        return
    for app in apps.listed(group):
        name = variable(app.name)
        if not app.is_placeholder and not env.get(name):
            remember(name, app.image)
            print(f"  {app.name} keeps {app.image}")


def variable(app: str) -> str:
    """Return azd's variable for the name of an app's image."""
    return f"SERVICE_{app.upper().replace('-', '_')}_IMAGE_NAME"
