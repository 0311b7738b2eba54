"""The one place where photographs are colorized, whoever asked for it: one at a time."""

import concurrent.futures
import dataclasses
import secrets
import zipfile

from keras_colorize.errors import expect
from keras_colorize.inference.batch import colorize_files
from keras_colorize.inference.heads import is_distribution
from keras_colorize.inference.options import AFTER_NETWORK, DECODERS, Options
from keras_colorize.io import Job, jpeg_bytes, read_photograph
from keras_colorize.io.atomic import atomic_file, write_file

# Lowest and highest value of each option that are of use here, or its choices.
_CONTROLS = {"working_size": (64, 1024), "saturation": (0, 2), "decoder": DECODERS}
_CONTROLS |= {"temperature": (0.05, 1), "seed": (0, 99), "refine": ("none", "mrf")}
_CONTROLS |= {"palette_strength": (0, 1)}
OFFERED = tuple(_CONTROLS)
"""Options of a `Colorizer` that have a control on the page."""


class Queue:
    """Colorizes for all visitors, in the order in which they asked."""

    def __init__(self, colorizers):
        self.colorizers = colorizers
        self._network = concurrent.futures.ThreadPoolExecutor(1, "network")

    def presets(self):
        """What the page shows of each preset: a dict for JSON."""
        return {
            name: {"about": one.config.description, "controls": self.controls(one)}
            for name, one in self.colorizers.items()
        }

    def controls(self, colorizer):
        """What an option may be on the page, of each that the network takes: a list for JSON."""
        fields, controls = Options.__dataclass_fields__, []
        distribution = is_distribution(colorizer.config.output)
        for name in (x for x in OFFERED if distribution or x in AFTER_NETWORK):
            limits, value = _CONTROLS[name], getattr(colorizer, name)
            if name == "refine":
                value = "mrf" if colorizer.refinement else "none"
            info = fields[name].metadata["help"].partition(". ")[0]
            control = {"name": name, "value": value, "info": f"{info[0].upper()}{info[1:]}."}
            if isinstance(limits[0], str):
                control["choices"] = limits
            else:
                control |= {"low": min(limits[0], value), "high": max(limits[1], value)}
            controls.append(control)
        return controls

    def configured(self, options, palette=None, hints=None):
        """The `Colorizer` as a dict from the page says; `InputError` for what no control gives."""
        preset, values = options.get("preset", next(iter(self.colorizers))), {}
        expect(preset in self.colorizers, f"a preset of the page, received {preset!r}")
        colorizer = self.colorizers[preset]
        for control in self.controls(colorizer):
            name, value = control["name"], options.get(control["name"], control["value"])
            if "choices" in control:
                fits = isinstance(value, str) and value in control["choices"]
            else:
                fits = type(value) in (int, float) and control["low"] <= value <= control["high"]
            expect(fits, f"a value of the control {name}, received {value!r}")
            is_whole = Options.__dataclass_fields__[name].type is int
            values[name] = int(value) if is_whole else value
        if values.get("decoder") == colorizer.decoder:
            # One that is asked for comes without the class weights of the preset.
            del values["decoder"]
        if values.get("refine") == "mrf" and colorizer.refinement:
            # The field that the page was started with, with its own parameters.
            values["refine"] = colorizer.refinement
        if palette is not None and "palette_strength" in values:
            values["palette"] = palette
        return colorizer.replace(**values, hints=hints)

    def preview(self, session, photo, options):
        """Colorizes a photograph at screen size; returns the path of a JPEG."""
        return self._network.submit(self._preview, session, photo, options).result()

    def finish(self, session, options):
        """Writes a session's photographs at full size and yields each; archives two or more."""
        photos = list(session.photos)
        session.archive.unlink(missing_ok=True)
        for photo in photos:
            photo.outcome = None
        for photo in photos:
            photo.outcome = self._network.submit(self._finish, session, photo, options).result()
            done = [one.target for one in photos if one.outcome and one.outcome.status == "done"]
            if photo is photos[-1] and len(done) > 1:
                archive = atomic_file(session.archive, overwrite=True)
                with archive as stream, zipfile.ZipFile(stream, "w") as file:
                    # Not compressed, as photographs are already.
                    for target in done:
                        file.write(target, target.name)
            yield photo

    def close(self):
        """Lets go of the thread that colorizes."""
        self._network.shutdown(cancel_futures=True)

    def _preview(self, session, photo, options):
        made_of = options, list(photo.points), session.palette
        if photo.after and photo.made_of[:2] == made_of[:2] and photo.made_of[2] is made_of[2]:
            return photo.after
        before = read_photograph(photo.preview).pixels
        hints = photo.hints_at(before.shape[:2])
        after = self.configured(options, session.palette, hints)(before)
        # Under a new name, as browsers keep what they have seen under an old one.
        folder = photo.preview.parent
        for path in sorted(folder.glob("shown-*"), key=lambda path: path.stat().st_mtime)[:-2]:
            path.unlink()
        path = folder / f"shown-{secrets.token_hex(4)}.jpg"
        write_file(path, jpeg_bytes(after))
        photo.after, photo.made_of = path, made_of
        return path

    def _finish(self, session, photo, options):
        hints = photo.hints_at(photo.size)
        colorizer = self.configured(options, session.palette, hints)
        job = Job(photo.path, photo.target, photo.path)
        (outcome,) = colorize_files(colorizer, [job], overwrite=True)
        return dataclasses.replace(outcome, before=None, after=None)
