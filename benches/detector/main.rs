//! How fast the detector is: the patterns alone on texts of several kinds and
//! sizes, and with the token classifier on prompts, on a long document and on
//! what it has seen before.
//!
//! Times are of one core: the runtime has one thread, the classifier one
//! worker. `DETECTOR_BENCH_TEXTS=DIR` also writes the texts, for a comparison
//! with other detectors on the same ones.

#![allow(missing_docs, clippy::print_stdout, clippy::unwrap_used, reason = "a bench prints and may fail")]

mod texts;

use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use cordon::detect::ner::{Ner, NerConfig};
use cordon::detect::{Detector, Label, Rules, RulesSpec, Slot};
use tokio::runtime::Runtime;

/// Bytes of each text that the patterns are measured on.
const TEXT_BYTES: usize = 1 << 20;
/// The best of so many runs is told: what else the machine does only adds.
const RUNS: usize = 5;
/// New prompts of [`PROMPT_CHARS`] characters.
const PROMPTS: usize = 200;
const PROMPT_CHARS: usize = 300;
const DOCUMENT_CHARS: usize = 100_000;
/// Bars on the way to 10 MB, in bytes.
const SIZES: [usize; 3] = [1 << 20, 4 << 20, 10 << 20];

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let texts = texts::all(TEXT_BYTES);
    if let Some(dir) = std::env::var_os("DETECTOR_BENCH_TEXTS").map(PathBuf::from) {
        write_texts(&dir, &texts);
    }
    patterns(&runtime, &texts);
    names(&runtime);
}

/// What other detectors are measured on.
fn write_texts(dir: &Path, texts: &[(&str, String)]) {
    texts.iter().for_each(|(name, text)| std::fs::write(dir.join(format!("{name}.txt")), text).unwrap());
    std::fs::write(dir.join("prompts.json"), serde_json::to_string(&prompts()).unwrap()).unwrap();
    std::fs::write(dir.join("document.txt"), document()).unwrap();
}

fn prompts() -> Vec<String> {
    (1..=PROMPTS).map(|seed| texts::prompt(seed, PROMPT_CHARS)).collect()
}

fn document() -> String {
    texts::prompt(PROMPTS + 1, DOCUMENT_CHARS)
}

/// The patterns alone.
fn patterns(runtime: &Runtime, texts: &[(&str, String)]) {
    let started = Instant::now();
    let detector = Detector::new(None).unwrap();
    println!("catalogue, compile: {:.0} ms", millis(started.elapsed()));
    let mut spec = RulesSpec::default();
    let found_by_names = [Label::PERSON, Label::STREET_ADDRESS, Label::LOCATION, Label::ORGANIZATION, Label::NRP];
    spec.enabled.retain(|label| !found_by_names.contains(label));
    let rules = Rules::compile(spec).unwrap();
    for (name, text) in texts {
        let (best, spans) = best_of(RUNS, || detect(runtime, &detector, text, &rules));
        println!("catalogue, {name}: {:.1} MB/s ({spans} spans in {} bytes)", mb_per_s(text.len(), best), text.len());
    }
    for size in SIZES {
        let text = texts::mixed(size);
        let (best, _) = best_of(2, || detect(runtime, &detector, &text, &rules));
        println!(
            "catalogue, mixed text of {} MB: {:.1} ns/B",
            size >> 20,
            best.as_secs_f64() * 1e9 / text.len() as f64
        );
    }
}

/// With the token classifier.
fn names(runtime: &Runtime) {
    let assets = std::env::var_os("CORDON_HOME").map_or_else(|| PathBuf::from(".cordon"), PathBuf::from).join("assets");
    let mut config = NerConfig::new(assets.join("rampart"), assets.join("onnxruntime/libonnxruntime.so"));
    config.workers = 1;
    config.deadline = Duration::from_secs(600);
    let detector = Detector::new(Some(Ner::load(config).unwrap())).unwrap();
    let rules = Rules::default();
    detect(runtime, &detector, &texts::prompt(0, PROMPT_CHARS), &rules);

    let prompts = prompts();
    let new =
        percentiles(prompts.iter().map(|prompt| timed(|| detect(runtime, &detector, prompt, &rules)).0).collect());
    println!("names, new prompt of {PROMPT_CHARS} characters: p50 {:.1} ms, p95 {:.1} ms", new[0], new[1]);
    let seen =
        percentiles(prompts.iter().map(|prompt| timed(|| detect(runtime, &detector, prompt, &rules)).0).collect());
    println!("names, the same prompt again: p50 {:.3} ms, p95 {:.3} ms", seen[0], seen[1]);

    let document = document();
    let (time, spans) = timed(|| detect(runtime, &detector, &document, &rules));
    let peak = peak_memory_mib().map_or_else(|| "unknown".to_owned(), |mib| format!("{mib} MiB"));
    println!(
        "names, document of {DOCUMENT_CHARS} characters: {:.2} s ({spans} spans), peak memory {peak}",
        time.as_secs_f64()
    );
}

fn detect(runtime: &Runtime, detector: &Detector, text: &str, rules: &Rules) -> usize {
    let found = runtime.block_on(detector.detect(&[Slot::text(black_box(text))], rules));
    found.unwrap().iter().map(Vec::len).sum()
}

fn timed<T>(run: impl FnOnce() -> T) -> (Duration, T) {
    let started = Instant::now();
    let result = run();
    (started.elapsed(), result)
}

fn best_of<T>(runs: usize, mut run: impl FnMut() -> T) -> (Duration, T) {
    (1..runs).fold(timed(&mut run), |best, _| {
        let next = timed(&mut run);
        if next.0 < best.0 { next } else { best }
    })
}

/// The median and the 95th percentile, in milliseconds.
fn percentiles(mut times: Vec<Duration>) -> [f64; 2] {
    times.sort_unstable();
    [50, 95].map(|percent| millis(times[times.len() * percent / 100]))
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

fn mb_per_s(bytes: usize, time: Duration) -> f64 {
    bytes as f64 / 1e6 / time.as_secs_f64()
}

/// The most memory this process has had, as Linux counts it (`VmHWM`).
fn peak_memory_mib() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().strip_suffix(" kB")?.parse::<u64>().ok()? / 1024)
}
