"""Photographs decoded ahead of their use, by other processes."""

import collections
import concurrent.futures
import contextlib
import multiprocessing
from pathlib import Path

import keras_colorize.io
from keras_colorize.io import PhotographError, read_photograph

AHEAD = 3
"""Photographs that each process may have finished before they are asked for."""

WORTH_A_PROCESS = 8
"""Photographs per process; for fewer its start takes longer than it saves."""

# What a new process runs first. To import one room of the library it would import the library
# as a whole, and with it Keras and TensorFlow: seconds and half a gigabyte for each process that
# decodes. An empty package with the same path has the same rooms.
_BARE_PACKAGE = """
import signal, sys, types
signal.signal(signal.SIGINT, signal.SIG_IGN)
if "keras_colorize" not in sys.modules:
    sys.modules["keras_colorize"] = types.ModuleType("keras_colorize")
    sys.modules["keras_colorize"].__path__ = [{folder!r}]
"""


def read_ahead(paths, workers=0):
    """Reads photographs in order, the next ones while the last one is worked on.

    Args:
        paths: list of paths.
        workers: processes that decode; 0 decodes in this one. As always with processes, a script
            that asks for them has its own work below `if __name__ == "__main__":`.

    Yields:
        For each path its `Photograph`, or the `PhotographError` that says why there is none.
    """
    workers = min(workers, len(paths) // WORTH_A_PROCESS)
    if not workers:
        yield from map(_read, paths)
        return
    with _pool(workers) as pool:
        waiting = collections.deque()
        for path in paths:
            waiting.append(pool.submit(read_photograph, path))
            if len(waiting) > workers * AHEAD:
                yield _result(waiting.popleft())
        while waiting:
            yield _result(waiting.popleft())


@contextlib.contextmanager
def _pool(workers):
    folder = str(Path(keras_colorize.io.__file__).parents[1])
    pool = concurrent.futures.ProcessPoolExecutor(
        workers,
        # TensorFlow has threads, and a forked copy of a process with threads may hang.
        mp_context=multiprocessing.get_context("spawn"),
        initializer=exec,
        initargs=(_BARE_PACKAGE.format(folder=folder), {}),
    )
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


def _read(path):
    try:
        return read_photograph(path)
    except PhotographError as error:
        return error


def _result(future):
    error = future.exception()
    if isinstance(error, PhotographError):
        return error
    return future.result()
