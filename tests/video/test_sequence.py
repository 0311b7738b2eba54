import struct
from fractions import Fraction

import av
import numpy as np
import pytest
import tifffile
from PIL import Image

from keras_colorize.inference.pixels import lightness_of
from keras_colorize.video import Excerpt, VideoError, colorize_video
from keras_colorize.video.journal import Journal
from keras_colorize.video.reader import moved_timecode
from ._clips import Fake, decoded, packets

LEVELS = np.linspace(100, 900, 64).astype(int)


def write_dpx(path, timecode, order=">"):
    """A ramp of grey in 10 bits by SMPTE ST 268-1: three samples in 32 bits, the last two free."""
    header = bytearray(2048)
    struct.pack_into(order + "I", header, 0, 0x53445058)
    struct.pack_into(order + "I", header, 4, 2048)
    header[8:12], header[160:165], header[1732:1736] = b"V1.0", b"Scans", b"Reel"
    struct.pack_into(order + "I", header, 16, 2048 + 4 * 48 * 64)
    struct.pack_into(order + "HHII", header, 768, 0, 1, 64, 48)
    struct.pack_into(order + "4B2HI", header, 800, 50, 2, 2, 10, 1, 0, 2048)
    struct.pack_into(order + "f", header, 1724, 23.976)
    struct.pack_into(order + "I", header, 1920, timecode)
    words = np.tile(LEVELS << 22 | LEVELS << 12 | LEVELS << 2, 48)
    path.write_bytes(bytes(header) + words.astype(order + "u4").tobytes())


@pytest.mark.parametrize("order", "><")
def test_dpx_keeps_bits_header_and_time_code(tmp_path, order):
    (tmp_path / "scan").mkdir()
    for number in range(3):
        write_dpx(tmp_path / "scan" / f"f{number + 7:04d}.dpx", 0x01020300 + number, order)
    grey = Fake()
    grey.saturation = 0.0
    colorize_video(grey, tmp_path / "scan", f"{tmp_path}/out/")
    assert sorted(one.name for one in (tmp_path / "out").iterdir()) == [
        "f0007.dpx", "f0008.dpx", "f0009.dpx"
    ]  # fmt: skip
    before = (tmp_path / "scan" / "f0008.dpx").read_bytes()
    after = (tmp_path / "out" / "f0008.dpx").read_bytes()
    assert after[1408:2048] == before[1408:2048]
    assert b"compositeWithTrainedAlgorithmicMedia" in after[160:260]
    (start,) = struct.unpack_from(order + "I", after, 4)
    words = np.frombuffer(after, order + "u4", 48 * 64, start).astype(int).reshape(48, 64)
    for shift in (22, 12, 2):
        assert np.abs((words >> shift & 1023) - LEVELS).max() <= 1
    # A pattern, an excerpt, and a video with the rate and time code of the header.
    part = Excerpt(start=0.04, frames=1)
    clip, scan = tmp_path / "a.mov", tmp_path / "scan" / "f%04d.dpx"
    outcome = colorize_video(Fake(), scan, clip, excerpt=part, codec="prores")
    assert (outcome.frames, outcome.notes) == (1, ())
    with av.open(str(clip)) as made:
        stream = made.streams.video[0]
        assert stream.metadata["timecode"] == "01:02:03:01"
        assert float(stream.average_rate) == pytest.approx(23.976, abs=1e-4)
    # A damaged picture before them is no end.
    (tmp_path / "scan" / "f0006.dpx").write_bytes(b"SDPX")
    outcome = colorize_video(Fake(), scan, tmp_path / "b.mov", codec="prores")
    assert (outcome.frames, outcome.damaged) == (3, True)
    # A video has its time code written into DPX, too.
    colorize_video(Fake(), clip, tmp_path / "back" / "b%02d.dpx")
    assert (tmp_path / "back" / "b01.dpx").read_bytes()[1920:1924].hex() == "01020301"


def test_16_bits_metadata_gaps_and_damage(tmp_path):
    scan, values = tmp_path / "scan", np.linspace(3000, 60000, 64).astype(np.uint16)
    scan.mkdir()
    for number in (8, 9, 11, 12):
        pixels = np.broadcast_to(values[None, :, None], (48, 64, 3))
        about = {"description": f"frame {number}", "metadata": None, "photometric": "rgb"}
        tifffile.imwrite(scan / f"{number}.tif", pixels, **about)
    (scan / "11.tif").write_bytes(b"II*\0 damaged")
    (scan / "readme.txt").touch()
    outcome = colorize_video(Fake(), scan, f"{tmp_path}/out/", rate=25)
    assert (outcome.frames, outcome.damaged) == (3, True)
    assert any("1 numbers between 8 and 12" in note for note in outcome.notes)
    with tifffile.TiffFile(tmp_path / "out" / "12.tif") as made:
        page = made.pages[0]
        assert (page.dtype, page.description) == (np.uint16, "frame 12")
        assert b"compositeWithTrained" in page.tags[700].value
        pixels = page.asarray()
    assert pixels[..., 0].mean() - pixels[..., 2].mean() > 2000
    expected = lightness_of(np.repeat(values[None, :, None], 3, axis=-1))
    np.testing.assert_allclose(lightness_of(pixels)[:1], expected, atol=0.5)
    colorize_video(Fake(), scan, tmp_path / "out.mkv", rate=25, lossless=True)
    colorize_video(Fake(), scan, tmp_path / "dpx" / "%d.dpx", rate=25)
    (frame,) = decoded(tmp_path / "dpx" / "12.dpx")
    np.testing.assert_array_equal(frame.to_ndarray(format="rgb48le"), pixels)
    frames = decoded(tmp_path / "out.mkv")
    assert [round(frame.time * 25) for frame in frames] == [0, 1, 4]
    assert frames[0].format.name == "gbrp16le"
    with pytest.raises(ValueError, match="received that of the input"):
        colorize_video(Fake(), scan, f"{scan}/", overwrite=True)
    with pytest.raises(ValueError, match=r"received none"):
        colorize_video(Fake(), tmp_path / "f%d.tif", f"{tmp_path}/none/")
    Image.new("RGB", (64, 48)).save(scan / "a01.png")
    with pytest.raises(ValueError, match=r"received \*\.tif, a\*\.png"):
        colorize_video(Fake(), scan, f"{tmp_path}/none/")


def test_an_interrupted_sequence_is_taken_up(tmp_path, monkeypatch):
    monkeypatch.setattr(Journal, "segment_frames", 2)
    (tmp_path / "scan").mkdir()
    for number in range(5):
        Image.new("L", (64, 48), 60 + 20 * number).save(tmp_path / "scan" / f"p{number:03d}.png")
    (tmp_path / "scan" / "p001.png").write_bytes(b"damaged")

    def interrupt(done, total):
        if done == 3:
            raise KeyboardInterrupt

    source, target = tmp_path / "scan" / "p%03d.png", f"{tmp_path}/out/q%02d.png"
    with pytest.raises(KeyboardInterrupt):
        colorize_video(Fake(), source, target, on_frame=interrupt)
    outcome = colorize_video(Fake(), source, target)
    assert (outcome.frames, outcome.resumed, outcome.damaged) == (4, 2, True)
    colorize_video(Fake(), source, f"{tmp_path}/whole/q%02d.png")
    names = sorted(path.name for path in (tmp_path / "whole").iterdir())
    assert names == ["q00.png", "q02.png", "q03.png", "q04.png"]
    for name in names:
        assert (tmp_path / "out" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()


@pytest.mark.parametrize(("pal", "rate"), [(True, 25), (False, 29.97)])
def test_raw_dv_has_the_rate_of_its_frames(tmp_path, pal, rate):
    clip, shape = tmp_path / "tape.dv", (576, 720, 3) if pal else (480, 720, 3)
    with av.open(str(clip), "w") as made:
        stream = made.add_stream("dvvideo", rate=25 if pal else Fraction(30000, 1001))
        stream.height, stream.width = shape[:2]
        stream.pix_fmt = "yuv420p" if pal else "yuv411p"
        for level in (60, 120, 180):
            made.mux(stream.encode(av.VideoFrame.from_ndarray(np.full(shape, level, np.uint8))))
        made.mux(stream.encode(None))
    outcome = colorize_video(Fake(), clip, tmp_path / "out.mov")
    assert any("60000 frames a second" in note for note in outcome.notes)
    times = [frame.time for frame in decoded(tmp_path / "out.mov")]
    np.testing.assert_allclose(np.diff(times), 1 / rate, atol=1e-5)


@pytest.mark.parametrize(
    ("codec", "suffix", "name", "pix_fmt"),
    [
        ("prores", "mxf", "prores", "yuv422p10le"),
        ("dnxhr", "mov", "dnxhd", "yuv422p"),
        ("h264", "mxf", "h264", "yuv420p"),
        ("ffv1", "mxf", "ffv1", "bgr0"),
    ],
)
def test_codecs_of_archives(make_clip, tmp_path, codec, suffix, name, pix_fmt):
    frames = [np.full((128, 256, 3), level, np.uint8) for level in (40, 60, 80, 200)]
    grey, out = Fake(), tmp_path / f"out.{suffix}"
    grey.saturation = 0.0
    clip = make_clip(frames=frames)
    colorize_video(grey, clip, out, codec=codec)
    with av.open(str(out)) as made:
        stream = made.streams.video[0]
        after = list(made.decode(stream))
        assert stream.codec_context.name == name
        tags = made.metadata
        assert "Colors made by" in tags.get("product_name", "") + tags.get("comment", "")
    assert after[0].format.name == pix_fmt
    assert [round(frame.time * 25) for frame in after] == [0, 1, 2, 3]
    for frame, level in zip(after, (40, 60, 80, 200), strict=True):
        assert abs(frame.to_ndarray(format="rgb24").mean() - level) < 2.5
    first = out.read_bytes()
    colorize_video(grey, clip, out, codec=codec, overwrite=True)
    assert out.read_bytes() == first


def test_an_excerpt_with_its_sound(make_clip, tmp_path):
    clip = make_clip(sound=True, before_start=lambda x: x.metadata.update(timecode="00:00:59:23"))
    part = Excerpt(start=0.04, duration=0.15)
    outcome = colorize_video(Fake(), clip, tmp_path / "out.mov", excerpt=part)
    assert outcome.frames == 4
    assert not outcome.damaged
    assert [frame.pts for frame in decoded(tmp_path / "out.mov")] == [0, 512, 1024, 1536]
    whole = [data for data, time in packets(clip) if 0.04 <= time < 0.2]
    assert [data for data, _ in packets(tmp_path / "out.mov")] == whole != []
    with av.open(str(tmp_path / "out.mov")) as made:
        assert made.streams.video[0].metadata["timecode"] == "00:00:59:24"
    with pytest.raises(ValueError, match="before the end"):
        colorize_video(Fake(), clip, tmp_path / "none.mp4", excerpt=Excerpt(start=9))
    with pytest.raises(VideoError, match="received a photograph"):
        Image.new("L", (64, 48)).save(tmp_path / "photograph.jpg")
        colorize_video(Fake(), tmp_path / "photograph.jpg", tmp_path / "none.mp4")


def test_time_codes():
    for before, frames, rate, after in (
        # SMPTE ST 12-1: numbers 0 and 1 are dropped each minute, but not each tenth.
        ("00:00:59;29", 1, 30000 / 1001, "00:01:00;02"),
        ("00:09:59;29", 1, 30000 / 1001, "00:10:00;00"),
        ("00:00:00;00", 107892, 30000 / 1001, "01:00:00;00"),
        ("23:59:59:24", 1, 25, "00:00:00:00"),
        ("none", 1, 25, None),
    ):
        assert moved_timecode(before, frames, rate) == after
