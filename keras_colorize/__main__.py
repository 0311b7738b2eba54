"""`keras-colorize`, also as `python -m keras_colorize`."""

import sys


def main():
    """Runs the command; an interruption while it starts is no traceback."""
    try:
        from keras_colorize import cli

        return cli.main()
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
