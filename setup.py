"""Packaging of keras-colorize; settings of the tools are in pyproject.toml."""

import re
from pathlib import Path

from setuptools import find_packages, setup

ROOT = Path(__file__).parent


def version():
    """Reads the version from the package without importing it."""
    source = (ROOT / "keras_colorize" / "__init__.py").read_text(encoding="utf-8")
    return re.search(r'^__version__ = "(.+)"$', source, re.MULTILINE).group(1)


def description():
    """The README as the package index can show it, where no file of the repository is.

    Pictures, their captions and links to files go; the text of the links stays.
    """
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    text = re.sub(r"!\[[^\]]*\]\((?!http)[^)]*\)\n\n(\*[^\n]+\*\n\n)?", "", text)
    return re.sub(r"\[([^\]]*)\]\((?!http)[^)]*\)", r"\1", text)


setup(
    name="keras-colorize",
    version=version(),
    description="Colorization of black-and-white photographs with Keras",
    long_description=description(),
    long_description_content_type="text/markdown",
    license="Apache-2.0",
    license_files=["LICENSE"],
    python_requires=">=3.11",
    # saved_models/ stays at the top of the repository, where people look for it, and is installed
    # as the data of keras_colorize, where the presets are found.
    # The trainers, too, are scripts at the top, and are installed for `python -m`.
    packages=[
        *find_packages(include=["keras_colorize*"]),
        "keras_colorize.saved_models",
        "keras_colorize_trainers",
    ],
    package_dir={
        "keras_colorize.saved_models": "saved_models",
        "keras_colorize_trainers": "trainers",
    },
    package_data={
        "keras_colorize": ["py.typed"],
        "keras_colorize.evaluation": ["*.txt"],
        "keras_colorize.saved_models": ["**/*"],
        "keras_colorize.apps.study": ["*.html", "*.css", "*.js"],
        "keras_colorize.apps.web": ["*.html", "*.css", "*.js"],
        "keras_colorize_trainers": ["configs/*.json"],
    },
    install_requires=[
        "absl-py>=2.0",
        "h5py>=3.11",
        "imagecodecs>=2024.1.1",
        "keras>=3.13,<4",
        "numba>=0.61",
        "numpy>=1.26",
        "pillow>=10.3",
        "rich>=13.0",
        "scikit-image>=0.22",
        "tensorflow>=2.20,<3",
        "tifffile>=2023.7",
    ],
    extras_require={
        "c2pa": ["c2pa-python>=0.30"],
        "beam": ["apache-beam>=2.77"],
        "completion": ["argcomplete>=3.1"],
        "heif": ["pillow-heif>=0.22"],
        "jax": ["jax>=0.5", "optax>=0.2"],
        "litert": ["ai-edge-litert>=2.0"],
        "lpips": ["lpips>=0.1.4"],
        # Older tf2onnx holds protobuf to versions that TensorFlow does not take.
        "onnx": ["onnx>=1.17", "onnxruntime>=1.20", "tf2onnx>=1.17"],
        "openvino": ["keras-colorize[jax,onnx]", "openvino>=2025.0", "platformdirs>=3.0"],
        # Not required by all: Keras imports it wherever it is installed, half a second each time.
        "plot": ["matplotlib>=3.8"],
        "serving": [
            "grpcio>=1.66",
            "requests>=2.32",
            "tensorflow-serving-api>=2.20",
            "urllib3>=2.0",
        ],
        # Fetches and reads checkpoints that others publish.
        "import": ["platformdirs>=3.0", "requests>=2.32", "safetensors>=0.4", "torch>=2.0"],
        # Reads the published weights of EfficientNet-Lite2.
        "torch": ["torch>=2.0"],
        "train": ["tensorboard>=2.20"],
        "video": ["av>=18", "opencv-python-headless>=4.10"],
        "test": [
            "keras-colorize[c2pa,completion,heif,import,openvino,plot,serving,train,video]",
            # The Makefile gives its compiler flags that older ones may not know.
            "jax>=0.10",
            "optax>=0.2",
            "pytest>=8.0",
            "pytest-xdist>=3.6",
            "pyyaml>=6.0",
            # Held to one series: another one may format differently.
            "ruff==0.17.*",
            "scipy>=1.15",
            "selenium>=4.20",
            "torch==2.13.0",
        ],
    },
    entry_points={"console_scripts": ["keras-colorize = keras_colorize.__main__:main"]},
    classifiers=[
        "Development Status :: 4 - Beta",
        "Intended Audience :: Science/Research",
        "Programming Language :: Python :: 3",
        "Topic :: Multimedia :: Graphics",
        "Topic :: Scientific/Engineering :: Artificial Intelligence",
        "Typing :: Typed",
    ],
)
