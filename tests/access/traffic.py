"""Traffic that makes the services use each of their rights; another deployment has its own here."""

from cli.demo_run import send, wait_until_done
from cli.photos import uploads
from tests.conftest import Running


def put_through(sandbox: Running) -> None:
    """Put three photos and a broken file through, and wait for the last of them."""
    gallery = sandbox.report.gallery
    for upload in uploads():
        wait_until_done(gallery, upload, send(gallery, upload))
