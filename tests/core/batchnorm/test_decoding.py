"""Photos from strangers: known pixels, and a sentence for everything that is no photo."""

import struct
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from core.batchnorm.data.decoding import MOST_BYTES, SQUEEZED, decode, squared
from core.errors import InputError
from tests.core.batchnorm.samples import encoded, photo_bytes


def halves(mode: str, left: object, right: object, *, wide: int = 80) -> Image.Image:
    image = Image.new(mode, (wide, 40), left)
    image.paste(right, (wide // 2, 0, wide, 40))
    return image


def chunk(kind: bytes, content: bytes) -> bytes:
    """Makes a chunk of a PNG."""
    check = struct.pack(">I", zlib.crc32(kind + content))
    return struct.pack(">I", len(content)) + kind + content + check


DEEP = np.repeat([256 * 30, 256 * 200], 40).astype(np.uint16)[None].repeat(40, axis=0)


def test_the_middle_square_is_cut_out_and_resized() -> None:
    image = Image.new("RGB", (90, 30), (255, 0, 0))
    image.paste((0, 0, 255), (30, 0, 60, 30))
    found = decode(encoded(image, "PNG"), size=20)
    assert found.shape == (20, 20, 3) and found.dtype == np.uint8
    inner = found[:, 1:-1]  # the outermost columns mix with what was cut off
    np.testing.assert_array_equal(inner, np.broadcast_to([0, 0, 255], inner.shape))


def test_the_whole_picture_is_squeezed_where_asked_for() -> None:
    picture = halves("RGB", (255, 0, 0), (0, 0, 255))
    for found in (
        decode(encoded(picture, "PNG"), size=20, framing=SQUEEZED),
        squared(np.asarray(picture), size=20, framing=SQUEEZED),
    ):
        assert found.shape == (20, 20, 3)
        for side, colour in ((found[:, :9], [255, 0, 0]), (found[:, 11:], [0, 0, 255])):
            np.testing.assert_array_equal(side, np.broadcast_to(colour, side.shape))
    with pytest.raises(InputError, match="framing"):
        decode(encoded(picture, "PNG"), size=20, framing="none")


@pytest.mark.parametrize(
    ("image", "how", "left", "right"),
    [
        (halves("L", 30, 200), {"kind": "PNG"}, (30, 30, 30), (200, 200, 200)),
        (halves("1", 0, 1), {"kind": "PNG"}, (0, 0, 0), (255, 255, 255)),
        (halves("LA", (0, 0), (9, 255)), {"kind": "PNG"}, (255, 255, 255), (9, 9, 9)),
        (
            halves("RGBA", (0, 0, 0, 0), (9, 8, 7, 255)),
            {"kind": "PNG"},
            (255, 255, 255),
            (9, 8, 7),
        ),
        (halves("CMYK", (0, 0, 0, 0), (0, 0, 0, 255)), {"kind": "JPEG"}, (255,) * 3, (0,) * 3),
        (Image.fromarray(DEEP), {"kind": "PNG"}, (30,) * 3, (200,) * 3),
    ],
    ids=["grey", "black and white", "grey with alpha", "alpha", "CMYK", "16 bits"],
)
def test_every_mode_becomes_red_green_blue(
    image: Image.Image, how: dict, left: tuple, right: tuple
) -> None:
    found = decode(encoded(image, **how), size=40).astype(int)
    assert np.abs(found[20, 5] - left).max() <= 3
    assert np.abs(found[20, 35] - right).max() <= 3


def test_a_palette_with_a_transparent_colour_lies_on_white() -> None:
    image = Image.new("P", (40, 40), 0)
    image.putpalette([9, 9, 9, 10, 200, 30])
    image.paste(1, (20, 0, 40, 40))
    found = decode(encoded(image, "PNG", transparency=0), size=40)
    assert tuple(found[20, 5]) == (255, 255, 255) and tuple(found[20, 35]) == (10, 200, 30)


def test_a_photo_taken_on_its_side_is_turned_upright() -> None:
    image = halves("RGB", (255, 0, 0), (0, 0, 255), wide=40)
    exif = Image.Exif()
    exif[0x0112] = 6  # turn by 90 degrees to the right
    found = decode(encoded(image, "JPEG", exif=exif, quality=95), size=40).astype(int)
    assert np.abs(found[5, 20] - [255, 0, 0]).max() < 10  # what was left is on top
    assert np.abs(found[35, 20] - [0, 0, 255]).max() < 10


def test_a_picture_of_a_hundred_megapixels_is_refused_before_it_is_decoded() -> None:
    for side in (7_000, 10_000, 60_000):
        header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
        bomb = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"0"))
        with pytest.raises(InputError, match="at most 40,000,000 pixels|at most 40,000,000: make"):
            decode(bomb, size=20, name="bomb.png")


def test_an_animated_gif_is_refused() -> None:
    frames = [Image.new("RGB", (40, 40), (shade, 0, 0)) for shade in (10, 120, 250)]
    content = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])
    with pytest.raises(InputError, match=r"walk.gif \(3 frames\) should be a still image"):
        decode(content, size=20, name="walk.gif")
    still = decode(encoded(Image.new("RGB", (40, 40), (1, 2, 3)), "GIF"), size=20)
    assert tuple(still[0, 0]) == (1, 2, 3)


@pytest.mark.parametrize("share", [0.3, 0.6, 0.95])
def test_a_cut_jpeg_is_refused(share: float) -> None:
    content = photo_bytes()
    with pytest.raises(InputError, match="cut.jpg is (cut or )?broken"):
        decode(content[: int(share * len(content))], size=20, name="cut.jpg")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "should be an image"),
        (b"GIF89a", "should be an image|is broken"),
        (b"%PDF-1.7", "should be an image"),
        (b"x" * (MOST_BYTES + 1), "should have at most 20,000,000"),
    ],
)
def test_what_is_no_image_is_refused(content: bytes, said: str) -> None:
    with pytest.raises(InputError, match=said):
        decode(content, size=20)


def test_a_tiny_picture_is_refused() -> None:
    with pytest.raises(InputError, match=r"\(8 x 40 pixels\) should have at least 16"):
        decode(encoded(Image.new("RGB", (8, 40)), "PNG"), size=20)


def test_arrays_are_checked_and_cut_like_files() -> None:
    image = np.zeros((30, 90, 3), np.uint8)
    image[:, 30:60] = 200
    np.testing.assert_array_equal(squared(image, size=20)[:, 1:-1], np.full((20, 18, 3), 200))
    for wrong in (image.astype(float), image[:, :, 0], image[:, :, :2]):
        with pytest.raises(InputError, match=r"should be uint8\[height, width, 3\]"):
            squared(wrong, size=20)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_damage_gives_pixels_or_a_sentence(data: st.DataObject) -> None:
    content = bytearray(photo_bytes())
    for _ in range(data.draw(st.integers(1, 5))):
        at = data.draw(st.integers(0, len(content) - 1))
        content[at] = data.draw(st.integers(0, 255))
    try:
        found = decode(bytes(content), size=20)
    except InputError as error:
        assert "\n" not in str(error)
    else:
        assert found.shape == (20, 20, 3)


def test_a_png_full_of_texts_is_decoded_without_them() -> None:
    plain = encoded(halves("RGB", (255, 0, 0), (0, 0, 255)), "PNG")
    texts = [
        chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(5_000_000))),
        chunk(b"tEXt", b"b\0" + b"x" * 2_000_000),
        chunk(b"iTXt", b"c\0\1\0\0\0" + zlib.compress(bytes(5_000_000))),
        chunk(b"iCCP", b"d\0\0" + zlib.compress(bytes(5_000_000))),
    ]
    for text in texts:
        for at in (33, len(plain) - 12):  # behind the header, and before the end
            found = decode(plain[:at] + text + plain[at:], size=20)
            np.testing.assert_array_equal(found, decode(plain, size=20))
