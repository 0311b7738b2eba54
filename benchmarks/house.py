"""The size of the house, and how many of its functions run for one photograph.

python benchmarks/house.py
"""

import contextlib
import io
import sys
import tempfile
import threading
from collections import Counter
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).parents[1]
LIBRARY = ROOT / "keras_colorize"
NEW_LOCALS = 0x2
"""A flag of code objects that functions have and bodies of classes have not."""


def main():
    """Prints the counts; with `--functions` also the functions that ran."""
    modules = [path for path in sorted(LIBRARY.rglob("*.py")) if path.name != "__init__.py"]
    names = Counter(path.name for path in modules)
    twice = sorted(name for name, count in names.items() if count > 1)
    short = [str(path.relative_to(LIBRARY)) for path in modules if lines(path) < 40]
    ran = functions_of_one_photograph()

    print("| what | count |\n|---|---|")
    print(f"| lines of the library | {sum(map(lines, LIBRARY.rglob('*.py')))} |")
    print(f"| modules, without `__init__` | {len(modules)} |")
    print(f"| lines of tests | {sum(map(lines, (ROOT / 'tests').rglob('*.py')))} |")
    print(f"| lines of trainers | {sum(map(lines, (ROOT / 'trainers').rglob('*.py')))} |")
    print(f"| file names that appear twice | {len(twice)} |")
    print(f"| modules under 40 lines | {len(short)} |")
    print(f"| library functions that one JPEG runs | {len(ran)} |")
    print(f"| modules that they are in | {len({path for path, *_ in ran})} |")
    print("\nTwice:", ", ".join(twice) or "none")
    print("Under 40 lines:", ", ".join(short) or "none")
    if "--functions" in sys.argv[1:]:
        for path, _, name in sorted(ran):
            print(Path(path).relative_to(LIBRARY), name)


def lines(path):
    """Number of lines of a file."""
    return len(path.read_text(encoding="utf-8").splitlines())


def functions_of_one_photograph():
    """Runs `keras-colorize colorize` on one JPEG in this process.

    Returns:
        Set of (file, line, name) of the library's functions that were called, without module
        and class bodies, comprehensions and lambdas.
    """
    sys.path.insert(0, str(ROOT))
    from keras_colorize import cli

    ran = set()

    def count(frame, event, _):
        code = frame.f_code
        ours = event == "call" and code.co_filename.startswith(str(LIBRARY))
        if ours and code.co_name[0] != "<" and code.co_flags & NEW_LOCALS:
            ran.add((code.co_filename, code.co_firstlineno, code.co_name))

    with tempfile.TemporaryDirectory() as folder:
        photograph = Path(folder, "grey.jpg")
        Image.linear_gradient("L").resize((320, 240)).save(photograph)
        said = io.StringIO()
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            threading.setprofile(count)  # photographs are read and written by threads
            sys.setprofile(count)
            try:
                code = cli.main(["colorize", str(photograph), "-o", str(Path(folder, "made.jpg"))])
            finally:
                sys.setprofile(None)
                threading.setprofile(None)
        if code:
            sys.exit(f"keras-colorize colorize ended with {code}: {said.getvalue()}")
    return ran


if __name__ == "__main__":
    main()
