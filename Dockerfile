# The command keras-colorize with its presets:
#   docker build -t keras-colorize .      (written without Docker at hand: not built yet)
#   docker run --rm --user "$(id -u):$(id -g)" -v "$PWD:/photographs" keras-colorize \
#       colorize old.jpg -o color.jpg
# Extras: docker build --build-arg EXTRAS='[video,heif]' -t keras-colorize .
FROM python:3.11-slim

ARG EXTRAS=""
# Of any user: the compiled code of Numba, and weights that others published.
ENV HOME=/home/colorize NUMBA_CACHE_DIR=/tmp/numba PYTHONDONTWRITEBYTECODE=1

WORKDIR /source
COPY setup.py pyproject.toml MANIFEST.in README.md LICENSE ./
COPY keras_colorize keras_colorize
COPY saved_models saved_models
COPY trainers trainers
RUN pip install --no-cache-dir ".${EXTRAS}" && rm -rf /source \
    && useradd --create-home --home-dir /home/colorize colorize && chmod 1777 /home/colorize

USER colorize
WORKDIR /photographs
ENTRYPOINT ["keras-colorize"]
