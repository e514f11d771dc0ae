"""Photos from strangers: bytes -> a square of pixels, or one sentence that says why not.

Nothing a file says of itself is believed: its size is bounded before a pixel is decoded, its kind
is found by content, and whatever the decoder raises becomes an `InputError`.
"""

import io
import struct
import warnings
import zlib

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from core.errors import InputError, pick

MOST_PIXELS = 40_000_000
MOST_BYTES = 20_000_000
STORED = 240  # side of kept squares, pixels: the shorter side of the sample's photos
LEAST_SIDE = 16  # pixels; less than that shows neither cat nor dog
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP")
MIDDLE, SQUEEZED = "middle", "squeezed"
FRAMINGS = (MIDDLE, SQUEEZED)  # the middle square is cut out; the whole picture is made square

_PNG = b"\x89PNG\r\n\x1a\n"
_NO_PICTURE = (b"tEXt", b"zTXt", b"iTXt", b"iCCP")  # chunks of a PNG: texts, a colour profile
_CHUNK_FRAME = 12  # bytes: length, kind and checksum around the data of a chunk

# Pillow would only warn of a picture that is far too large; decoded it must not be in any case.
warnings.filterwarnings("error", category=Image.DecompressionBombWarning)

_WHITE = (255, 255, 255, 255)
_BROKEN = (
    OSError,
    SyntaxError,
    ValueError,
    EOFError,
    IndexError,
    KeyError,
    TypeError,
    struct.error,
)


class NoImage(InputError):
    """The content is none of the kinds of image that are decoded, whatever its name says."""


def decode(
    content: bytes, *, size: int, framing: str = MIDDLE, name: str = "the image"
) -> np.ndarray:
    """Decodes one photo, turns it upright, and makes a square of it.

    Args:
        content: bytes of a JPEG, PNG, WebP, GIF or BMP file.
        size: side of the square, pixels.
        framing: one of `FRAMINGS`.
        name: of the file, for messages.

    Returns:
        u8[size, size, 3], red, green, blue; transparent parts lie on white.

    Raises:
        NoImage: it is no image of these kinds.
        InputError: the file is too large, broken or animated; the message says which.
    """
    if len(content) > MOST_BYTES:
        raise InputError(
            f"{name} ({len(content):,} bytes) should have at most {MOST_BYTES:,}: make it smaller"
        )
    image = _opened(content, name)
    try:
        # A JPEG is decoded at a fraction of its size where that is still large enough.
        image.draft(image.mode, (2 * size, 2 * size))
        image.load()
        upright = ImageOps.exif_transpose(image)
        square = _square(_coloured(upright), size, framing)
    except (*_BROKEN, zlib.error, Image.DecompressionBombError) as error:
        raise InputError(
            f"{name} is cut or broken ({_said(error)}); open it in a viewer and save it again"
        ) from error
    return np.asarray(square, np.uint8)


def squared(image: np.ndarray, *, size: int, framing: str = MIDDLE) -> np.ndarray:
    """Makes a square of an array, as `decode` does of a file.

    Args:
        image: u8[H, W, 3], red, green, blue.
        size: side of the square, pixels.
        framing: one of `FRAMINGS`.

    Raises:
        InputError: it is no such array, or too large.
    """
    image = np.asarray(image)
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3:
        raise InputError(
            f"image ({image.dtype}{list(image.shape)}) should be uint8[height, width, 3]"
        )
    _check_sides("image", image.shape[1], image.shape[0])
    return np.asarray(_square(Image.fromarray(image), size, framing), np.uint8)


def _square(image: Image.Image, size: int, framing: str) -> Image.Image:
    pick("framing", framing, dict.fromkeys(FRAMINGS))
    if framing == SQUEEZED:
        return image.resize((size, size), Image.Resampling.BILINEAR)
    return ImageOps.fit(image, (size, size), Image.Resampling.BILINEAR)


def _opened(content: bytes, name: str) -> Image.Image:
    """Reads the header only, and refuses what must not be decoded."""
    try:
        image = Image.open(io.BytesIO(_without_texts(content)), formats=FORMATS)
        # A phone's JPEG may hold a second picture behind the first (MPO): the first one counts.
        n_frames = 1 if image.format == "MPO" else getattr(image, "n_frames", 1)
    except UnidentifiedImageError as error:
        raise NoImage(f"{name} should be an image: {', '.join(FORMATS)}") from error
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise InputError(
            f"{name} should have at most {MOST_PIXELS:,} pixels: it has far more"
        ) from error
    except (*_BROKEN, zlib.error) as error:
        raise InputError(f"{name} is broken ({_said(error)})") from error
    _check_sides(name, *image.size)
    if n_frames > 1:
        raise InputError(f"{name} ({n_frames} frames) should be a still image: save one frame")
    return image


def _without_texts(content: bytes) -> bytes:
    """Leaves out what a PNG holds besides its picture, which Pillow would unpack and keep.

    Editors store megabytes of texts and profiles there, more than Pillow's bounds; none of it
    changes a pixel of what is decoded here.
    """
    if not content.startswith(_PNG):
        return content
    kept, at = [_PNG], len(_PNG)
    while at + _CHUNK_FRAME <= len(content):
        end = at + _CHUNK_FRAME + int.from_bytes(content[at : at + 4])
        if content[at + 4 : at + 8] not in _NO_PICTURE:
            kept.append(content[at:end])
        at = end
    return b"".join(kept)


def _check_sides(name: str, width: int, height: int) -> None:
    if width * height > MOST_PIXELS:
        raise InputError(
            f"{name} ({width:,} x {height:,} pixels) should have at most {MOST_PIXELS:,}: "
            "make it smaller"
        )
    if min(width, height) < LEAST_SIDE:
        raise InputError(
            f"{name} ({width} x {height} pixels) should have at least {LEAST_SIDE} on each side"
        )


def _coloured(image: Image.Image) -> Image.Image:
    """Returns an image in red, green and blue, whatever it was in."""
    if image.mode.startswith("I"):  # 16 bits of grey, of which the upper eight are kept
        image = Image.fromarray((np.asarray(image) >> 8).clip(0, 255).astype(np.uint8))
    if image.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in image.info:
        image = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", image.size, _WHITE), image).convert("RGB")
    return image.convert("RGB")


def _said(error: BaseException) -> str:
    return (str(error) or type(error).__name__).splitlines()[0][:120]
