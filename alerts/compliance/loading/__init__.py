"""Schools' days for the rules, loaded for many schools in a few statements: as much of them as rules ask."""

from alerts.compliance.loading.batch import EVERYTHING, Batch, batch_schools
from alerts.compliance.loading.days import load_days
from alerts.compliance.loading.people import CityDuties, FindCityDuties, load_city_duties

__all__ = ["EVERYTHING", "Batch", "CityDuties", "FindCityDuties", "batch_schools", "load_city_duties", "load_days"]
