//! The metrics of this process, by name.

use std::any::TypeId;
use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use prometheus_client::encoding::EncodeMetric;
use prometheus_client::encoding::prometheus_text;
use prometheus_client::metrics::family::{Family, MetricConstructor};
use prometheus_client::metrics::{TypedMetric, counter, gauge, histogram};
use prometheus_client::registry::{Metric, Registry};

use super::process::ProcessMetrics;

/// The content type of what [`render`] returns.
pub(crate) const CONTENT_TYPE: &str = prometheus_text::CONTENT_TYPE;

/// The upper ends of the buckets of a histogram, in seconds: from half a millisecond, about what a
/// page without a statement takes, to the time at which a visitor has left.
const BUCKETS: [f64; 14] = [
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0,
];

type Labels = Vec<(&'static str, String)>;

/// A number of things that happened.
#[derive(Clone, Debug)]
pub struct Counter(counter::Counter);

impl Counter {
    /// One more.
    pub fn increment(&self) {
        self.0.inc();
    }

    /// `more` more.
    pub fn add(&self, more: u64) {
        self.0.inc_by(more);
    }

    /// How many there were.
    pub fn get(&self) -> u64 {
        self.0.get()
    }
}

/// A number that goes up and down.
#[derive(Clone, Debug)]
pub struct Gauge(gauge::Gauge);

impl Gauge {
    /// It is `value` now.
    pub fn set(&self, value: i64) {
        self.0.set(value);
    }

    /// One more.
    pub fn increment(&self) {
        self.0.inc();
    }

    /// One less.
    pub fn decrement(&self) {
        self.0.dec();
    }

    /// What it is.
    pub fn get(&self) -> i64 {
        self.0.get()
    }
}

/// How long things took: how many were faster than each of some bounds.
#[derive(Clone, Debug)]
pub struct Histogram(histogram::Histogram);

impl Histogram {
    /// One more, which took `time`.
    pub fn observe(&self, time: Duration) {
        self.0.observe(time.as_secs_f64());
    }
}

/// The counter `name` with these labels, the same one each time. Its name ends in `_total` where it
/// is shown, and is given without that.
///
/// ```
/// use std::sync::LazyLock;
///
/// use plain::metrics::{Counter, counter};
///
/// static SOLD: LazyLock<Counter> =
///     LazyLock::new(|| counter("shop_sold", "Mugs that were sold", &[("kind", "mug")]));
///
/// SOLD.increment();
/// assert_eq!(SOLD.get(), 1);
/// ```
pub fn counter(name: &'static str, help: &'static str, labels: &[(&'static str, &str)]) -> Counter {
    let mut all = all();
    let All {
        registry,
        kinds,
        counters,
        ..
    } = &mut *all;
    Counter(counters.get(registry, kinds, name, help, labels, Default::default))
}

/// The gauge `name` with these labels, the same one each time.
pub fn gauge(name: &'static str, help: &'static str, labels: &[(&'static str, &str)]) -> Gauge {
    let mut all = all();
    let All {
        registry,
        kinds,
        gauges,
        ..
    } = &mut *all;
    Gauge(gauges.get(registry, kinds, name, help, labels, Default::default))
}

/// The histogram `name` with these labels, the same one each time. Its name ends in `_seconds`.
pub fn histogram(
    name: &'static str,
    help: &'static str,
    labels: &[(&'static str, &str)],
) -> Histogram {
    let mut all = all();
    let All {
        registry,
        kinds,
        histograms,
        ..
    } = &mut *all;
    let new = || histogram::Histogram::new(BUCKETS);
    Histogram(histograms.get(registry, kinds, name, help, labels, new))
}

/// All metrics, as Prometheus reads them.
pub(crate) fn render() -> String {
    let mut text = String::new();
    if let Err(error) = prometheus_text::encode(&mut text, &all().registry) {
        tracing::error!(target: "plain::metrics", %error, "not all metrics can be written");
    }
    text
}

/// All metrics of this process.
#[derive(Default)]
struct All {
    registry: Registry,
    /// Of which kind the metric of a name is.
    kinds: HashMap<&'static str, TypeId>,
    counters: Families<counter::Counter>,
    gauges: Families<gauge::Gauge>,
    histograms: Families<histogram::Histogram>,
}

/// The metrics of one kind and name, by their labels.
type Labelled<M> = Family<Labels, M, fn() -> M>;

/// The metrics of one kind.
struct Families<M>(HashMap<&'static str, Labelled<M>>);

impl<M> Default for Families<M> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<M> Families<M>
where
    M: Clone + TypedMetric + 'static,
    Labelled<M>: EncodeMetric + Metric,
    fn() -> M: MetricConstructor<M>,
{
    fn get(
        &mut self,
        registry: &mut Registry,
        kinds: &mut HashMap<&'static str, TypeId>,
        name: &'static str,
        help: &'static str,
        labels: &[(&'static str, &str)],
        new: fn() -> M,
    ) -> M {
        let kind = kinds.entry(name).or_insert(TypeId::of::<M>());
        if *kind != TypeId::of::<M>() {
            tracing::error!(
                target: "plain::metrics",
                name,
                "this metric is of two kinds; the later one is not shown: give it another name"
            );
            return new();
        }
        let family = self.0.entry(name).or_insert_with(|| {
            let family = Family::new_with_constructor(new);
            registry.register(name, help, family.clone());
            family
        });
        let labels: Labels = labels
            .iter()
            .map(|(name, value)| (*name, (*value).to_owned()))
            .collect();
        family.get_or_create_owned(&labels)
    }
}

fn all() -> MutexGuard<'static, All> {
    static ALL: LazyLock<Mutex<All>> = LazyLock::new(|| {
        let mut all = All::default();
        all.registry
            .register_collector(Box::new(ProcessMetrics::default()));
        Mutex::new(all)
    });
    // What is there is whole, wherever a thread that held the lock broke off.
    ALL.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_and_its_labels_lead_to_one_metric_however_often_they_are_asked_for() {
        let mugs = || counter("test_sold", "What was sold", &[("kind", "mug")]);
        mugs().increment();
        mugs().add(2);
        counter("test_sold", "What was sold", &[("kind", "a \"pot\"\n")]).increment();
        gauge("test_open", "What is open", &[]).set(-3);
        histogram("test_wait_seconds", "Waiting", &[]).observe(Duration::from_millis(3));
        let text = render();
        for line in [
            "# TYPE test_sold_total counter",
            r#"test_sold_total{kind="mug"} 3"#,
            r#"test_sold_total{kind="a \"pot\"\n"} 1"#,
            "test_open -3",
            r#"test_wait_seconds_bucket{le="0.0025"} 0"#,
            r#"test_wait_seconds_bucket{le="0.005"} 1"#,
            "test_wait_seconds_count 1",
        ] {
            assert!(text.lines().any(|known| known == line), "{line}: {text}");
        }
        assert_eq!(text.matches("# TYPE test_sold_total").count(), 1);
    }

    #[test]
    fn a_name_that_is_taken_by_another_kind_is_not_shown_twice() {
        gauge("test_kind", "The first", &[]).set(1);
        counter("test_kind", "The second", &[]).increment();
        assert_eq!(render().matches("# TYPE test_kind").count(), 1);
    }
}
