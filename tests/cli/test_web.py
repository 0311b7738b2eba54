from keras_colorize import Colorizer
from keras_colorize.apps import web


def test_this_machine_alone_is_the_default_and_options_reach_the_page(
    monkeypatch, command, tiny_preset
):
    served = []

    def serve(colorizers, *, on_start, **options):
        served.append((*colorizers.values(), options))
        on_start("http://127.0.0.1:7860")

    monkeypatch.setattr(web, "serve", serve)
    code, out, err = command("web", "--preset", tiny_preset)
    assert (code, err, "http://127.0.0.1:7860" in out) == (0, "", True)
    words = "--host 0.0.0.0 --port 0 --root-path /color --max-upload-mb 5 --max-megapixels 2.5"
    assert command("web", "--preset", tiny_preset, *words.split(), "--saturation", "1.2")[0] == 0
    (first, usual), (second, given) = served
    assert (first.name, second.saturation) == ("tiny", 1.2)
    limits = web.Limits(100.0, 100.0)
    assert usual == {"host": "127.0.0.1", "port": 7860, "root_path": "", "limits": limits}
    limits = web.Limits(5.0, 2.5)
    assert given == {"host": "0.0.0.0", "port": 0, "root_path": "/color", "limits": limits}


def test_presets_of_one_network_are_offered_by_default(command, monkeypatch, tiny_colorizer):
    asked = []

    def from_presets(presets, **_):
        asked.extend(presets)
        return dict.fromkeys(presets, tiny_colorizer)

    monkeypatch.setattr(Colorizer, "from_presets", from_presets)
    monkeypatch.setattr(web, "serve", lambda colorizers, **_: None)
    assert command("web")[0] == 0
    assert asked == ["vivid", "accurate", "portrait"]
