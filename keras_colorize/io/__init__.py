"""Photographs on disk: every mode, EXIF, ICC, 16 bits, metadata and writes that are whole."""

from .paths import Job, find_photographs, output_path, photographs_by_name, plan_jobs
from .photograph import Metadata, Photograph, PhotographError, jpeg_bytes, small_pixels, to_pil
from .reading import read_photograph
from .sheet import contact_sheet
from .writing import writable_format, write_photograph

__all__ = [
    "Job",
    "Metadata",
    "Photograph",
    "PhotographError",
    "contact_sheet",
    "find_photographs",
    "jpeg_bytes",
    "output_path",
    "photographs_by_name",
    "plan_jobs",
    "read_photograph",
    "small_pixels",
    "to_pil",
    "writable_format",
    "write_photograph",
]
