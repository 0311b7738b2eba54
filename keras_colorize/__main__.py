"""`python -m keras_colorize` is the command `keras-colorize`."""

import sys

from keras_colorize.cli import main

sys.exit(main())
