"""Reads what a scraper gets, with the parsers of Prometheus's own Python client.

    python metrics.py openmetrics|text < EXPOSITION

Prints JSON: the type and unit of each family, and each sample as `name{label="value",…}` with its value.
"""

import json
import sys

from prometheus_client import parser
from prometheus_client.openmetrics import parser as openmetrics

reader = {"openmetrics": openmetrics, "text": parser}[sys.argv[1]]
families, samples = {}, {}
for family in reader.text_string_to_metric_families(sys.stdin.read()):
    families[family.name] = {"type": family.type, "unit": family.unit, "help": family.documentation}
    for sample in family.samples:
        labels = ",".join(f'{name}="{value}"' for name, value in sorted(sample.labels.items()))
        key = sample.name + (f"{{{labels}}}" if labels else "")
        assert key not in samples, f"{key} is there twice"
        samples[key] = sample.value
json.dump({"families": families, "samples": samples}, sys.stdout)
