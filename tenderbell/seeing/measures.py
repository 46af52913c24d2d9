"""What `/metrics` says: one row for each figure, from which the answer is made and the documentation too."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

import msgspec
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

GAUGE, COUNTER, HISTOGRAM = "gauge", "counter", "histogram"


class Measure(msgspec.Struct, frozen=True):
    """One figure: its name with its unit, of which sort it is, what it means, and its labels."""

    name: str
    words: str
    labels: tuple[str, ...] = ()
    sort: str = GAUGE


class Sample(msgspec.Struct, frozen=True):
    """One value of a measure, with the values of its labels in their order."""

    measure: Measure
    value: float
    labels: tuple[str, ...] = ()


class Standing(Collector):
    """What stands in the files now, read when somebody asks. Every measure is named, also one without a value."""

    def __init__(self, measures: Sequence[Measure], samples: Iterable[Sample]) -> None:
        self._measures, self._samples = measures, samples

    def collect(self) -> Iterator[Metric]:
        """Yield a family for each measure, with its values."""
        found: defaultdict[str, list[Sample]] = defaultdict(list)
        for sample in self._samples:
            found[sample.measure.name].append(sample)
        for measure in self._measures:
            family = _FAMILIES[measure.sort](measure.name, measure.words, labels=measure.labels)
            for sample in found.pop(measure.name, ()):
                family.add_metric(sample.labels, sample.value)
            yield family
        if found:
            raise LookupError(f"No row of the measures is named {', '.join(found)}: add it.")


_FAMILIES = {GAUGE: GaugeMetricFamily, COUNTER: CounterMetricFamily}


def table(measures: Iterable[Measure]) -> str:
    """Return the measures as a table of the documentation."""
    rows = [
        f"| `{one.name}` | {one.sort} | {', '.join(f'`{label}`' for label in one.labels)} | {one.words} |"
        for one in sorted(measures, key=lambda one: one.name)
    ]
    return "\n".join(["| metric | sort | labels | meaning |", "|---|---|---|---|", *rows])
