"""What a sent file really is, told by its content alone; images are made anew, so that nothing hidden in them stays."""

import threading
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING

from fieldapp.core.sheets import N_, Message

if TYPE_CHECKING:
    from PIL.Image import Image

MAX_BYTES = 10 * 1024 * 1024
MAX_PIXELS = 24_000_000
LONGEST_SIDE = 1600
PDF = "application/pdf"
JPEG = "image/jpeg"
_QUALITY = 85
_TAIL = 2048

# A decoded photo takes up to 100 MB: one at a time in a process.
_decoding = threading.Lock()


class ContentError(ValueError):
    """Refused; `reason` says why and what to do."""

    def __init__(self, reason: Message) -> None:
        super().__init__(str(reason))
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Content:
    """What is kept: `media_type` is ours, not the sender's."""

    data: bytes
    media_type: str


def examine(data: bytes) -> Content:
    """The content to keep of a sent file. Raises ContentError for anything but a JPEG, PNG, WebP or PDF.

    An image comes back as a JPEG of at most 1600 × 1600 without its metadata (place, camera, comments); a PDF as it is.
    """
    if not data:
        raise ContentError(Message(N_("The file is empty. Choose another one.")))
    if len(data) > MAX_BYTES:
        limits = {"size": MAX_BYTES >> 20}
        raise ContentError(Message(N_("The file is larger than %(size)s MB. Send a smaller one."), limits))
    if data.startswith(b"%PDF-"):
        if b"%%EOF" not in data[-_TAIL:]:
            raise ContentError(Message(N_("The PDF is not complete. Save it again and send it once more.")))
        return Content(data, PDF)
    form = _image_form(data)
    if form is None:
        raise ContentError(
            Message(N_("This is neither a photo (JPEG, PNG, WebP) nor a PDF, whatever its name says. Choose another."))
        )
    return Content(_made_anew(data, form), JPEG)


def examine_photo(data: bytes) -> Content:
    """The same for what has to be a photo. Raises ContentError, for a PDF too."""
    if data.startswith(b"%PDF-"):
        raise ContentError(Message(N_("This is a PDF. Choose a photo (JPEG, PNG, WebP).")))
    return examine(data)


def _image_form(data: bytes) -> str | None:
    if data.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    return "WEBP" if data[:4] == b"RIFF" and data[8:12] == b"WEBP" else None


def _made_anew(data: bytes, form: str) -> bytes:
    from PIL import Image, UnidentifiedImageError  # with the first photo: most workers see none for hours

    # We look at the size ourselves, before anything is decoded; Pillow's own limit would only warn.
    Image.MAX_IMAGE_PIXELS = None
    damaged = ContentError(Message(N_("The photo is damaged. Take it again.")))
    try:
        with Image.open(BytesIO(data), formats=[form]) as image:
            width, height = image.size
            if width * height > MAX_PIXELS:
                limits = {"pixels": MAX_PIXELS // 1_000_000}
                raise ContentError(
                    Message(N_("The photo has more than %(pixels)s million pixels. Send a smaller one."), limits)
                )
            with _decoding:
                return _shrunk(image)
    except ContentError:
        raise
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, EOFError, OverflowError) as error:
        raise damaged from error


def _shrunk(image: "Image") -> bytes:
    from PIL import Image, ImageOps

    image.thumbnail((LONGEST_SIDE, LONGEST_SIDE))  # in place, and first: everything after is cheap
    upright = ImageOps.exif_transpose(image)
    if upright.mode in {"RGBA", "LA", "P", "PA"}:
        layered = upright.convert("RGBA")
        plain = Image.new("RGB", layered.size, "white")
        plain.paste(layered, mask=layered.getchannel("A"))
    else:
        plain = upright.convert("RGB")
    plain.info.clear()
    target = BytesIO()
    plain.save(target, "JPEG", quality=_QUALITY, optimize=True)
    return target.getvalue()
