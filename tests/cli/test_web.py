import pytest

from keras_colorize.apps import web


@pytest.fixture
def run(monkeypatch, command, tiny_preset):
    """Runs `web` with words; returns exit code, stdout, stderr and what was served."""

    def call(*words):
        served = []

        def serve(colorizer, *, on_start, **options):
            served.append((colorizer, options))
            on_start("http://127.0.0.1:7860")

        monkeypatch.setattr(web, "serve", serve)
        return *command("web", *words, "--preset", tiny_preset), served

    return call


def test_this_machine_alone_is_the_default(run):
    code, out, err, ((colorizer, options),) = run()
    assert (code, err) == (0, "")
    assert "http://127.0.0.1:7860" in out
    assert colorizer.name == "tiny"
    limits = web.Limits(100.0, 100.0)
    assert options == {"host": "127.0.0.1", "port": 7860, "root_path": "", "limits": limits}


def test_options_reach_the_page(run):
    words = "--host 0.0.0.0 --port 0 --root-path /color --max-upload-mb 5 --max-megapixels 2.5"
    code, _, _, ((colorizer, options),) = run(*words.split(), "--saturation", "1.2")
    assert code == 0
    assert colorizer.saturation == 1.2
    assert options["limits"] == web.Limits(5.0, 2.5)
    assert (options["host"], options["port"], options["root_path"]) == ("0.0.0.0", 0, "/color")
