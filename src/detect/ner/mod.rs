//! The token classifier: any BERT-like model in ONNX that names entities.
//!
//! A text is cut into overlapping windows ([`window`]), each window's words
//! are classified on one of several threads ([`pool`], [`tokenizer`], [`classifier`],
//! [`words`]) unless the cache knows them ([`cache`]), the windows' words are
//! joined again and become spans ([`spans`], [`junk`]).

mod cache;
mod classifier;
mod config;
mod digest;
mod error;
mod junk;
mod labels;
mod load;
mod person;
mod pool;
mod protobuf;
mod requantize;
mod runtime;
mod spans;
mod tokenizer;
mod window;
mod words;

use std::ops::Range;
use std::time::{Duration, Instant};

use futures_util::{StreamExt, TryStreamExt, stream};

use cache::SegmentCache;
pub use config::{Device, ModelSource, ModelVersion, NerConfig, NerVersion, Weights};
pub use error::NerError;
use load::{LoadedModel, ModelTraits};
use pool::{Admission, Pool};
use runtime::Runtime;
use words::Word;

use super::{Label, Span};

/// The loaded classifier, of one model or several; shared between all requests.
pub struct Ner {
    version: NerVersion,
    models: Vec<ModelTraits>,
    pool: Pool,
    cache: SegmentCache,
    deadline: Duration,
    /// Windows of one call that may wait at a time, so that one long text
    /// does not fill the queue before everybody else's.
    in_flight_max: usize,
}

impl Ner {
    /// Loads runtime, tokenizers and models, checks what the configuration pins
    /// and that they fit together, and starts the workers. Takes some hundred
    /// milliseconds a model and blocks.
    ///
    /// # Errors
    /// Says which file or setting is wrong and what to do about it.
    pub fn load(config: NerConfig) -> Result<Ner, NerError> {
        let runtime = Runtime::open(&config.runtime, config.runtime_sha256.as_deref())?;
        let mut workers: Vec<Vec<_>> = (0..config.workers.max(1)).map(|_| Vec::new()).collect();
        let (mut traits, mut models) = (Vec::new(), Vec::new());
        for source in &config.models {
            let model = LoadedModel::load(source, &config, workers.len(), &runtime);
            let model = model.map_err(|error| error.in_model(&source.dir))?;
            workers.iter_mut().zip(model.classifiers).for_each(|(worker, classifier)| worker.push(classifier));
            traits.push(model.traits);
            models.push(model.version);
        }
        let version = NerVersion { models, runtime_sha256: runtime.sha256, runtime_version: runtime.version };
        Ok(Ner {
            cache: SegmentCache::new(config.cache_segments_max, &version)?,
            version,
            models: traits,
            in_flight_max: 2 * workers.len(),
            pool: Pool::start(workers, config.queue_len_max)?,
            deadline: config.deadline,
        })
    }

    /// What is running, for audit records.
    pub fn version(&self) -> &NerVersion {
        &self.version
    }

    /// Whether one of the models finds entities of `label`.
    pub fn finds(&self, label: Label) -> bool {
        self.models.iter().any(|model| model.labels.contains(&label))
    }

    /// The spans of each text, bytes of that text: those of each model sorted and
    /// without overlaps, one model's behind the other's.
    ///
    /// A span's score is the mean over its words of the probability that the
    /// word belongs to any entity, a person's of how sure each word is part of a
    /// name (see [`person`]); its label is the likeliest. Dropping the
    /// future gives up the windows that still wait.
    ///
    /// # Errors
    /// [`NerError::Busy`] when the queue is full, [`NerError::Deadline`] when
    /// the texts are not done in time; nothing is returned in part.
    pub async fn detect(&self, texts: &[&str]) -> Result<Vec<Vec<Span>>, NerError> {
        let found = self.words_of(texts).await?;
        let spans = |(text, words): (&&str, Vec<Vec<Word>>)| {
            let models = self.models.iter().zip(words);
            models
                .flat_map(|(model, words)| spans::join_words(text, &decide(model.ignores_case, text, words)))
                .collect()
        };
        Ok(texts.iter().zip(found).map(spans).collect())
    }

    /// A model that has a label which `is_expected` in `texts`, and finds nothing at all there.
    ///
    /// # Errors
    /// As [`Ner::detect`].
    pub(super) async fn blind(
        &self,
        is_expected: impl Fn(Label) -> bool,
        texts: &[&str],
    ) -> Result<Option<&ModelVersion>, NerError> {
        let mut found = Vec::new();
        for text in texts {
            // One after the other: at the start, a short queue is no reason to refuse.
            found.extend(self.words_of(&[text]).await?);
        }
        let is_blind = |model: usize| {
            self.models[model].labels.iter().any(|label| is_expected(*label))
                && found.iter().all(|models| words::sure(models[model].clone()).is_empty())
        };
        Ok((0..self.models.len()).find(|model| is_blind(*model)).map(|model| &self.version.models[model]))
    }

    /// What each model says of the words of each text.
    async fn words_of(&self, texts: &[&str]) -> Result<Vec<Vec<Vec<Word>>>, NerError> {
        let deadline = Instant::now() + self.deadline;
        let words = stream::iter(texts).map(|text| self.words_of_one(text, deadline)).buffered(self.in_flight_max);
        tokio::time::timeout_at(deadline.into(), words.try_collect()).await.map_err(|_| NerError::Deadline)?
    }

    async fn words_of_one(&self, text: &str, deadline: Instant) -> Result<Vec<Vec<Word>>, NerError> {
        let models = self.models.len();
        if !text.contains(char::is_alphanumeric) {
            return Ok(vec![Vec::new(); models]);
        }
        let windows = window::windows(text);
        let jobs = windows.iter().flat_map(|range| (0..models).map(move |model| (model, range.clone())));
        let parts: Vec<(usize, Part)> = stream::iter(jobs.enumerate())
            .map(|(at, (model, range))| async move {
                let window = &text[range.clone()];
                let admission = if at == 0 { Admission::New } else { Admission::Admitted };
                let classify = self.pool.classify(model, window, deadline, admission);
                let words = self.cache.get_or_classify(model, window, classify).await?;
                let words = words.iter().map(|word| word.shifted(range.start)).collect();
                Ok::<_, NerError>((model, (range, words)))
            })
            .buffered(self.in_flight_max)
            .try_collect()
            .await?;
        let mut by_model: Vec<Vec<Part>> = vec![Vec::new(); models];
        parts.into_iter().for_each(|(model, part)| by_model[model].push(part));
        Ok(by_model.into_iter().map(window::stitch).collect())
    }
}

/// The words that are found, of all that a model says something of.
fn decide(ignores_case: bool, text: &str, words: Vec<Word>) -> Vec<Word> {
    if ignores_case { person::weigh(text, &words) } else { words::sure(words) }
}

/// What was found in a stretch of the text.
type Part = (Range<usize>, Vec<Word>);

#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
