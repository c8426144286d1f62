"""Checks for anybody's training loop: `diagnose` and what it reports."""

from helpers.diagnosis.diagnose import diagnose
from helpers.diagnosis.faults import FAULTS
from helpers.diagnosis.report import Report

__all__ = ["FAULTS", "Report", "diagnose"]
