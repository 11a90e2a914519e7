"""Takes in what devices say: presses in one transaction, reports and signs of life in theirs."""

from alerts.intake.intake import Intake

__all__ = ["Intake"]
