//! The token classifier: any BERT-like model in ONNX that names entities.
//!
//! A text is cut into overlapping windows ([`window`]), each window's words
//! are classified on one of several threads ([`pool`], [`classifier`],
//! [`words`]) unless the cache knows them ([`cache`]), the windows' words are
//! joined again and become spans ([`spans`], [`junk`]).

mod cache;
mod classifier;
mod config;
mod digest;
mod error;
mod junk;
mod labels;
mod pool;
mod protobuf;
mod requantize;
mod runtime;
mod spans;
mod window;
mod words;

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::{StreamExt, TryStreamExt, stream};

use cache::SegmentCache;
use classifier::{Classifier, Model};
pub use config::{Device, NerConfig, NerVersion, Weights};
pub use error::NerError;
use pool::{Admission, Pool};
use runtime::Runtime;

use super::Span;

/// The loaded classifier; shared between all requests.
pub struct Ner {
    version: NerVersion,
    pool: Pool,
    cache: SegmentCache,
    deadline: Duration,
    /// Windows of one call that may wait at a time, so that one long text
    /// does not fill the queue before everybody else's.
    in_flight_max: usize,
}

impl Ner {
    /// Loads runtime, tokenizer and model, checks what the configuration pins
    /// and that they fit together, and starts the workers. Takes some hundred
    /// milliseconds and blocks.
    ///
    /// # Errors
    /// Says which file or setting is wrong and what to do about it.
    pub fn load(config: NerConfig) -> Result<Ner, NerError> {
        let runtime = Runtime::open(&config.runtime, config.runtime_sha256.as_deref())?;
        let files = config.read_model()?;
        let model =
            Arc::new(Model { tokenizer: files.tokenizer, outputs: files.outputs, tokens_max: files.tokens_max });
        let (classifiers, weights) = classifiers(&config, &runtime, &model, files.graph)?;
        let in_flight_max = 2 * classifiers.len();
        let version = NerVersion {
            model_sha256: files.model_sha256,
            tokenizer_sha256: files.tokenizer_sha256,
            runtime_sha256: runtime.sha256,
            runtime_version: runtime.version,
            weights,
        };
        Ok(Ner {
            cache: SegmentCache::new(config.cache_segments_max, &version)?,
            version,
            pool: Pool::start(classifiers, config.queue_len_max)?,
            deadline: config.deadline,
            in_flight_max,
        })
    }

    /// What is running, for audit records.
    pub fn version(&self) -> &NerVersion {
        &self.version
    }

    /// The spans of each text, sorted and without overlaps, bytes of that text.
    ///
    /// A span's score is the mean over its words of the probability that the
    /// word belongs to any entity; its label is the likeliest. Dropping the
    /// future gives up the windows that still wait.
    ///
    /// # Errors
    /// [`NerError::Busy`] when the queue is full, [`NerError::Deadline`] when
    /// the texts are not done in time; nothing is returned in part.
    pub async fn detect(&self, texts: &[&str]) -> Result<Vec<Vec<Span>>, NerError> {
        let deadline = Instant::now() + self.deadline;
        let detect = stream::iter(texts).map(|text| self.detect_one(text, deadline)).buffered(self.in_flight_max);
        tokio::time::timeout_at(deadline.into(), detect.try_collect()).await.map_err(|_| NerError::Deadline)?
    }

    async fn detect_one(&self, text: &str, deadline: Instant) -> Result<Vec<Span>, NerError> {
        if !text.contains(char::is_alphanumeric) {
            return Ok(Vec::new());
        }
        let windows = window::windows(text);
        let admission = |at: usize| if at == 0 { Admission::New } else { Admission::Admitted };
        let parts: Vec<_> = stream::iter(windows.into_iter().enumerate())
            .map(|(at, range)| async move {
                let window = &text[range.clone()];
                let classify = self.pool.classify(window, deadline, admission(at));
                let words = self.cache.get_or_classify(window, classify).await?;
                Ok::<_, NerError>((range.clone(), words.iter().map(|word| word.shifted(range.start)).collect()))
            })
            .buffered(self.in_flight_max)
            .try_collect()
            .await?;
        Ok(spans::join_words(text, &window::stitch(parts)))
    }
}

/// A classifier for each worker, where the configuration wants them.
fn classifiers(
    config: &NerConfig,
    runtime: &Runtime,
    model: &Arc<Model>,
    graph: Vec<u8>,
) -> Result<(Vec<Classifier>, Weights), NerError> {
    let start = |graph: &[u8], cuda: Option<u32>| -> Result<Vec<Classifier>, NerError> {
        let workers = 0..config.workers.max(1);
        workers.map(|_| Classifier::new(Arc::clone(model), runtime.session(graph, cuda)?)).collect()
    };
    let cuda = match config.device {
        Device::Cuda(device) => Some(start(&graph, Some(device))?),
        Device::Auto if runtime.offers_cuda() => start(&graph, Some(0))
            .inspect_err(
                |error| tracing::warn!(%error, "the runtime offers CUDA, but it does not start; using the CPU"),
            )
            .ok(),
        Device::Auto | Device::Cpu => None,
    };
    if let Some(classifiers) = cuda {
        return Ok((classifiers, Weights::AsStored));
    }
    let int8 = (config.weights == Weights::Int8).then(|| requantize::with_int8_weights(&graph)).flatten();
    let Some(int8) = int8 else { return Ok((start(&graph, None)?, Weights::AsStored)) };
    drop(graph);
    Ok((start(&int8, None)?, Weights::Int8))
}

#[cfg(test)]
mod tests;
