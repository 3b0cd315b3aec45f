//! What was found in a window, kept under a keyed hash of its text, so that a
//! conversation's next turn costs only its new text.

use std::future::Future;
use std::sync::Arc;

use quick_cache::sync::Cache;
use ring::{hmac, rand};

use super::words::Word;
use super::{NerError, NerVersion};

/// Holds neither text nor anything that can be guessed from outside: the key
/// is random, lives in this process only and dies with it.
pub(super) struct SegmentCache {
    key: hmac::Key,
    version: String,
    /// None where the configuration allows no segments.
    found: Option<Cache<[u8; 32], Arc<[Word]>>>,
}

impl SegmentCache {
    pub(super) fn new(segments_max: usize, version: &NerVersion) -> Result<SegmentCache, NerError> {
        let key = hmac::Key::generate(hmac::HMAC_SHA256, &rand::SystemRandom::new()).map_err(|_| NerError::Random)?;
        let version = format!("{version:?}");
        Ok(SegmentCache { key, version, found: (segments_max > 0).then(|| Cache::new(segments_max)) })
    }

    /// What the `model`th model is known to find in the window, else what `classify` finds. Of several
    /// callers with one text, one classifies and the others wait; where it gives up,
    /// the next one does.
    pub(super) async fn get_or_classify(
        &self,
        model: usize,
        window: &str,
        classify: impl Future<Output = Result<Vec<Word>, NerError>>,
    ) -> Result<Arc<[Word]>, NerError> {
        let mut missed = false;
        let classify = async {
            missed = true;
            classify.await.map(Arc::from)
        };
        let words = match &self.found {
            Some(found) => found.get_or_insert_async(&self.segment_key(model, window), classify).await,
            None => classify.await,
        };
        let result = if missed { "miss" } else { "hit" };
        metrics::counter!("cordon_ner_cache_total", "result" => result).increment(1);
        words
    }

    fn segment_key(&self, model: usize, window: &str) -> [u8; 32] {
        let mut context = hmac::Context::with_key(&self.key);
        context.update(self.version.as_bytes());
        context.update(&model.to_le_bytes());
        context.update(window.as_bytes());
        let mut key = [0; 32];
        key.copy_from_slice(context.sign().as_ref());
        key
    }
}
