"""From an original's bytes to a thumbnail's: no I/O, and nothing of the original but its pixels."""

from dataclasses import dataclass
from io import BytesIO

from PIL import Image, ImageOps

FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
MAX_PIXELS = 50_000_000  # the most that phones make; as a WebP it takes 800 MB to decode
EDGE = 480

# Above this Pillow only warns, and raises above twice of it; so the size is looked at here, too.
Image.MAX_IMAGE_PIXELS = MAX_PIXELS


class NotAnImage(ValueError):
    """The bytes cannot become a thumbnail; the message says why."""


@dataclass(frozen=True)
class Thumbnail:
    """A WebP image, and the original's size as it is meant to be seen."""

    data: bytes
    width: int
    height: int


def make_thumbnail(original: bytes) -> Thumbnail:
    """Return the thumbnail of the first frame, upright and without metadata; raises NotAnImage."""
    try:
        with Image.open(BytesIO(original), formats=FORMATS) as image:
            return _shrink(image)
    except Image.DecompressionBombError as error:
        millions = MAX_PIXELS // 1_000_000
        raise NotAnImage(f"The image has more than {millions} million pixels.") from error
    except MemoryError:
        raise  # the machine's trouble, not the image's
    except Exception as error:  # broken images raise whatever a decoder trips over
        raise NotAnImage("The file cannot be read as an image.") from error


def _shrink(image: Image.Image) -> Thumbnail:
    if image.width * image.height > MAX_PIXELS:
        raise Image.DecompressionBombError
    upright = _is_upright(image)
    width, height = image.size if upright else image.size[::-1]
    if image.mode in ("1", "P"):  # which Pillow would shrink by dropping pixels
        image = image.convert("RGBA" if image.has_transparency_data else "RGB")
    image.thumbnail((EDGE, EDGE))  # a square bound, so it may go before the orientation
    small = ImageOps.exif_transpose(image)
    small = small.convert("RGBA" if small.has_transparency_data else "RGB")
    out = BytesIO()
    # Only pixels are copied: whatever else Pillow knows about the original stays behind.
    Image.frombytes(small.mode, small.size, small.tobytes()).save(out, "WEBP", quality=80)
    return Thumbnail(out.getvalue(), width, height)


def _is_upright(image: Image.Image) -> bool:
    orientation = image.getexif().get(0x0112, 1)  # EXIF: 5 to 8 lie on their side
    return orientation not in (5, 6, 7, 8)
