"""One script per network; after `pip install`: `python -m keras_colorize_trainers NAME FLAGS`."""
