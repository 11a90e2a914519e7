"""Takes schools, devices, people, responsibilities and trainings from CSV and XLSX files into the registry."""

from alerts.importing.encodings import Encoding, FileUnreadable
from alerts.importing.importer import import_file, import_sources
from alerts.importing.report import BadRow, Counts, ImportReport
from alerts.importing.rows import Problem
from alerts.importing.source import Source, open_source
from alerts.importing.tables import DEVICES, PEOPLE, RESPONSIBILITIES, SCHOOLS, TRAININGS, TableKind

__all__ = [
    "DEVICES",
    "PEOPLE",
    "RESPONSIBILITIES",
    "SCHOOLS",
    "TRAININGS",
    "BadRow",
    "Counts",
    "Encoding",
    "FileUnreadable",
    "ImportReport",
    "Problem",
    "Source",
    "TableKind",
    "import_file",
    "import_sources",
    "open_source",
]
