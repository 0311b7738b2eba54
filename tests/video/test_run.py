import importlib
import sys
from fractions import Fraction

import av
import numpy as np
import pytest
from PIL import Image

from keras_colorize.inference.pixels import lightness_of
from keras_colorize.video import VideoError, colorize_video
from keras_colorize.video.journal import Journal
from ._clips import Fake, decoded, packets

VFR = [0, 512, 700, 3000, 3001, 9000]


@pytest.mark.parametrize("name", ["out.mp4", "out.mov"])
def test_sound_is_copied_to_the_byte_and_timestamps_are_equal(make_clip, tmp_path, name):
    clip, said = make_clip(pts=VFR, sound=True), []
    (tmp_path / name).write_text("mine")
    with pytest.raises(ValueError, match="exists"):
        colorize_video(Fake(), clip, tmp_path / name)
    assert (tmp_path / name).read_text() == "mine"
    progress = {"on_frame": lambda *words: said.append(words)}
    outcome = colorize_video(Fake(), clip, tmp_path / name, overwrite=True, **progress)
    assert said == [(done, 6) for done in range(7)]
    assert {path.name for path in tmp_path.iterdir()} == {"clip.mp4", name}
    assert (outcome.frames, outcome.resumed, outcome.damaged) == (6, 0, False)
    frames = decoded(tmp_path / name)
    assert [frame.pts for frame in frames] == VFR
    assert frames[0].time_base == Fraction(1, 12800)
    assert packets(tmp_path / name) == packets(clip)
    assert len(packets(clip)) > 5
    # Matroska rounds times to milliseconds.
    colorize_video(Fake(), make_clip("mute.mp4", pts=VFR), tmp_path / "out.mkv")
    times = [frame.time for frame in decoded(tmp_path / "out.mkv")]
    np.testing.assert_allclose(times, np.array(VFR) / 12800, atol=0.0006)


def test_colors_are_made_and_lightness_is_kept(make_clip, tmp_path):
    clip = make_clip()
    colorize_video(Fake(), clip, tmp_path / "out.mkv", lossless=True)
    before, after = decoded(clip), decoded(tmp_path / "out.mkv")
    assert after[0].format.name == "bgr0"
    for frames in zip(before, after, strict=True):
        old, new = (one.to_ndarray(format="rgb24") for one in frames)
        np.testing.assert_allclose(lightness_of(new), lightness_of(old), atol=0.8)
        assert np.mean(new[..., 0] - new[..., 2].astype(float)) > 10


@pytest.mark.parametrize("kind", ["limited", "full", "deep"])
def test_grey_comes_out_as_it_was(make_clip, tmp_path, kind):
    def describe(stream):
        stream.codec_context.color_range = 2 if kind == "full" else 1

    levels = np.linspace(9000, 50000, 64).astype(np.uint16)[:, None]
    deep = [np.broadcast_to(levels, (48, 64, 3))] * 3
    is_deep = kind == "deep"
    settings = {"frames": deep, "pix_fmt": "yuv420p10le"} if is_deep else {}
    clip = make_clip(before_start=describe, **settings)
    grey = Fake()
    grey.saturation = 0.0
    colorize_video(grey, clip, tmp_path / "out.mp4", crf=0)
    before, after = decoded(clip), decoded(tmp_path / "out.mp4")
    assert after[0].color_range == (2 if kind == "full" else 1)
    assert after[0].format.name == before[0].format.name
    for old, new in zip(before, after, strict=True):
        levels = [one.to_ndarray()[:48].astype(int) for one in (old, new)]
        assert np.abs(levels[0] - levels[1]).max() <= (4 if is_deep else 1)
    assert len(np.unique(levels[1])) > 60


def test_ten_bits_have_the_colors_that_eight_have(make_clip, tmp_path):
    colors = []
    for dtype, pix_fmt in ((np.uint8, "yuv420p"), (np.uint16, "yuv420p10le")):
        frame = np.full((48, 64, 3), np.iinfo(dtype).max // 2, dtype)
        clip = make_clip(f"{pix_fmt}.mp4", frames=[frame] * 2, pix_fmt=pix_fmt)
        out = tmp_path / f"{pix_fmt}.out.mkv"
        colorize_video(Fake(), clip, out, crf=0)
        colors.append(decoded(out)[0].to_ndarray(format="rgb24").astype(int).mean((0, 1)))
    np.testing.assert_allclose(colors[0], colors[1], atol=2)
    assert colors[0][0] - colors[0][2] > 20


def test_odd_sizes_and_lying_pictures(make_clip, tmp_path):
    frame = np.zeros((35, 61, 3), np.uint8)
    frame[:, :20] = 220
    clip = make_clip(
        frames=[frame] * 2,
        pix_fmt="yuv444p",
        before_start=lambda stream: stream.set_display_rotation(90),
    )
    colorizer = Fake()
    colorize_video(colorizer, clip, tmp_path / "out.mp4")
    before, after = decoded(clip)[0], decoded(tmp_path / "out.mp4")[0]
    assert (after.width, after.height, after.format.name) == (61, 35, "yuv444p")
    assert after.rotation == before.rotation != 0
    # Turned by a quarter against the clock, what was left is below.
    seen = colorizer.seen[0]
    assert seen.shape[0] > seen.shape[1]
    assert seen[-8:].mean() > 70 > 20 > seen[:8].mean()


def test_shape_of_pixels_colors_and_metadata_are_kept(make_clip, tmp_path):
    def describe(stream):
        stream.codec_context.sample_aspect_ratio = Fraction(4, 3)
        stream.codec_context.colorspace = stream.codec_context.color_primaries = 1
        stream.codec_context.color_trc = 1
        stream.container.metadata.update({"title": "Home", "comment": "1931"})

    clip = make_clip(before_start=describe)
    colorize_video(Fake(), clip, tmp_path / "out.mp4")
    with av.open(str(tmp_path / "out.mp4")) as made:
        stream = made.streams.video[0]
        assert stream.sample_aspect_ratio == Fraction(4, 3)
        frame = next(made.decode(stream))
        assert (frame.colorspace, frame.color_primaries, frame.color_trc) == (1, 1, 1)
        assert made.metadata["title"] == "Home"
        assert made.metadata["comment"].startswith("1931; Colors made by keras-colorize with fake")
    outcome = colorize_video(Fake(), clip, tmp_path / "out.mkv", lossless=True)
    assert any("not square" in note for note in outcome.notes)
    outcome = colorize_video(Fake(), clip, tmp_path / "out.mxf")
    assert "MXF does not hold comment, title: left out" in outcome.notes
    colorize_video(Fake(), clip, tmp_path / "plain.mp4", mark_colorized=False)
    with av.open(str(tmp_path / "plain.mp4")) as made:
        assert made.metadata["comment"] == "1931"


def test_a_folder_of_frames(make_clip, tmp_path):
    clip = make_clip(pts=VFR, sound=True)
    outcome = colorize_video(Fake(), clip, f"{tmp_path}/frames/")
    names = sorted(path.name for path in (tmp_path / "frames").iterdir())
    assert names == [*(f"{i:06d}.png" for i in range(1, 7)), "timestamps.txt"]
    pixels = np.asarray(Image.open(tmp_path / "frames" / "000001.png"), float)
    assert pixels.shape == (48, 64, 3)
    assert np.mean(pixels[..., 0] - pixels[..., 2]) > 10
    lines = (tmp_path / "frames" / "timestamps.txt").read_text().splitlines()
    assert lines[0] == "# timestamp format v2"
    assert [float(line) for line in lines[1:]] == pytest.approx([one / 12.8 for one in VFR])
    assert "only pictures" in outcome.notes[-1]


def test_what_the_container_cannot_hold_is_known_before_work(make_clip, tmp_path):
    clip = make_clip(sound=True)
    colorizer = Fake()
    for source, suffix, options, message in (
        (clip, "webm", {}, "webm.*aac|aac.*webm"),
        (make_clip("mute.mp4"), "webm", {"codec": "libx264"}, "webm.*libx264"),
        (clip, "mp4", {"codec": "libx264", "lossless": True}, "among ffv1, received"),
        (clip, "gif", {}, r"\.mp4, \.m4v"),
        (clip, "mp4", {"codec": "h266"}, "libx264"),
        (clip, "mp4", {"steady": 2}, "between 0 and 1"),
    ):
        with pytest.raises(ValueError, match=message):
            colorize_video(colorizer, source, tmp_path / f"out.{suffix}", **options)
    assert colorizer.calls == 0
    options = {"cpu-used": "8", "deadline": "realtime"}
    outcome = colorize_video(
        colorizer, clip, tmp_path / "out.webm", drop_unsupported=True, encoder_options=options
    )
    assert "stream 1 (audio) is left out" in outcome.notes[0]


def test_subtitles_chapters_and_attachments_are_copied(make_clip, tmp_path):
    clip = tmp_path / "titles.mkv"
    chapter = {"id": 1, "start": 0, "end": 100, "metadata": {"title": "one"}}
    chapter["time_base"] = Fraction(1, 1000)
    with av.open(str(make_clip())) as given, av.open(str(clip), "w") as made:
        video = made.add_stream_from_template(given.streams.video[0])
        titles = made.add_mux_stream("subrip")
        made.add_attachment("font.ttf", "font/ttf", b"letters")
        made.set_chapters([chapter])
        for packet in given.demux(video=0):
            if packet.size:
                packet.stream = video
                made.mux(packet)
        words = av.Packet(b"hello")
        words.pts = words.dts = 40
        words.duration, words.time_base, words.stream = 40, Fraction(1, 1000), titles
        made.mux(words)
    outcome = colorize_video(Fake(), clip, tmp_path / "out.mkv")
    assert not any("left out" in note for note in outcome.notes)
    assert packets(tmp_path / "out.mkv", "subtitle") == [(b"hello", Fraction(1, 25))]
    with av.open(str(tmp_path / "out.mkv")) as made:
        assert [one.type for one in made.streams] == ["video", "subtitle", "attachment"]
        assert made.chapters()[0]["metadata"] == {"title": "one"}
    outcome = colorize_video(Fake(), clip, tmp_path / "out.mp4", drop_unsupported=True)
    assert ["subtitle" in outcome.notes[-2], "attachment" in outcome.notes[-1]] == [True, True]


def test_shots_in_color_keep_their_colors(make_clip, tmp_path, monkeypatch):
    monkeypatch.setattr(Journal, "segment_frames", 3)
    grey = np.repeat(np.tile(np.arange(20, 200, 180 / 64), (48, 1))[..., None], 3, axis=-1)
    color = np.random.default_rng(0).integers(0, 255, (6, 8, 3)).repeat(8, 0).repeat(8, 1)
    frames = [*[grey] * 4, *[color] * 5, *[grey[:, ::-1]] * 3]
    clip = make_clip(frames=[frame.astype("uint8") for frame in frames], pix_fmt="yuv444p")

    def interrupt(done, total):
        if done == 8:
            raise KeyboardInterrupt

    how, before = {"lossless": True, "keep_color": True}, decoded(clip)
    with pytest.raises(KeyboardInterrupt):
        colorize_video(Fake(), clip, tmp_path / "out.mkv", on_frame=interrupt, **how)
    outcome = colorize_video(Fake(), clip, tmp_path / "out.mkv", **how)
    assert (outcome.frames, outcome.resumed, outcome.kept) == (12, 6, 5)
    assert any("5 frames are in shots that are in color" in note for note in outcome.notes)
    for number, frame in enumerate(decoded(tmp_path / "out.mkv")):
        old, new = (one.to_ndarray(format="rgb24").astype(int) for one in (before[number], frame))
        assert (np.abs(old - new).max() <= 6) == (4 <= number < 9)
    every = colorize_video(Fake(), clip, tmp_path / "all.mkv", lossless=True)
    assert every.kept == 0
    # The mark is only where colors were made.
    colorize_video(Fake(), clip, f"{tmp_path}/frames/", keep_color=True)
    xmp = [
        b"DigitalSourceType" in one.read_bytes() for one in sorted(tmp_path.glob("frames/*.png"))
    ]
    assert xmp == [not 4 <= number < 9 for number in range(12)]


def test_interlaced_stays_interlaced(make_clip, tmp_path):
    clip = make_clip(before_start=lambda one: one.options.update({"flags": "+ildct+ilme"}))
    outcome = colorize_video(Fake(), clip, tmp_path / "out.mp4")
    after = decoded(tmp_path / "out.mp4")[0]
    assert decoded(clip)[0].interlaced_frame and after.interlaced_frame
    assert after.format.name == "yuv422p"
    assert "interlaced" in outcome.notes[0]
    outcome = colorize_video(Fake(), clip, tmp_path / "out.mkv", lossless=True)
    assert "ffv1 does not say that it is interlaced" in outcome.notes


def test_what_is_no_video_is_said(make_clip, tmp_path):
    (tmp_path / "text.mp4").write_text("no video")
    with pytest.raises(VideoError, match="expected a video"):
        colorize_video(Fake(), tmp_path / "text.mp4", tmp_path / "out.mp4")
    with av.open(str(tmp_path / "sound.wav"), "w") as made:
        audio = made.add_stream("pcm_s16le", rate=16000)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 3200), np.int16), "s16", "stereo")
        frame.sample_rate, frame.pts = 16000, 0
        made.mux(audio.encode(frame))
    with pytest.raises(VideoError, match="received streams: audio"):
        colorize_video(Fake(), tmp_path / "sound.wav", tmp_path / "out.mp4")
    for name in ("empty.mkv", "empty.mp4"):
        with av.open(str(tmp_path / name), "w") as made:
            made.add_stream("libx264", rate=25)
            made.start_encoding()
        with pytest.raises(VideoError, match=f"{name}: expected"):
            colorize_video(Fake(), tmp_path / name, tmp_path / "out.mp4")


@pytest.mark.parametrize("name", ["clip.mkv", "clip.mp4"])
def test_a_truncated_file_is_colorized_as_far_as_it_goes(make_clip, tmp_path, name):
    noise = np.random.default_rng(0).integers(0, 256, (20, 48, 64, 3), dtype=np.uint8)

    def at_the_front(stream):
        stream.container.container_options["movflags"] = "+faststart"

    clip = make_clip(name, frames=list(noise), before_start=at_the_front)
    whole = clip.read_bytes()
    clip.write_bytes(whole[: len(whole) // 2])
    outcome = colorize_video(Fake(), clip, tmp_path / "out.mp4")
    assert outcome.damaged and outcome.notes
    assert 2 < outcome.frames < 18
    assert len(decoded(tmp_path / "out.mp4")) == outcome.frames


def test_a_missing_package_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "av", None)
    for name in ("video", "video.reader"):
        monkeypatch.delitem(sys.modules, f"keras_colorize.{name}")
    with pytest.raises(ImportError, match=r"keras-colorize\[video\]"):
        importlib.import_module("keras_colorize.video")
