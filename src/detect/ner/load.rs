//! Starting a model: on which device, with which weights.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::classifier::{Classifier, Model};
use super::config::{Device, ModelSource, ModelVersion, NerConfig, Weights};
use super::requantize::with_int8_weights;
use super::runtime::Runtime;
use super::{Label, NerError, decide};

/// A model that has proved that it fits.
pub(super) struct LoadedModel {
    /// One for each worker.
    pub(super) classifiers: Vec<Classifier>,
    pub(super) traits: ModelTraits,
    pub(super) version: ModelVersion,
}

/// What one has to know of a model to read its answers.
pub(super) struct ModelTraits {
    /// What it finds.
    pub(super) labels: BTreeSet<Label>,
    /// Whether capitals and small letters are the same to it.
    pub(super) ignores_case: bool,
}

impl LoadedModel {
    pub(super) fn load(
        source: &ModelSource,
        config: &NerConfig,
        workers: usize,
        runtime: &Runtime,
    ) -> Result<LoadedModel, NerError> {
        let files = source.read()?;
        let traits = ModelTraits { labels: files.outputs.labels(), ignores_case: files.tokenizer.ignores_case() };
        let model =
            Arc::new(Model { tokenizer: files.tokenizer, outputs: files.outputs, tokens_max: files.tokens_max });
        let start = Start { model: &model, runtime, workers };
        let (classifiers, weights) = start.on_device(config, files.graph)?;
        let version =
            ModelVersion { model_sha256: files.model_sha256, tokenizer_sha256: files.tokenizer_sha256, weights };
        Ok(LoadedModel { classifiers, traits, version })
    }
}

/// What classifiers are made from.
pub(super) struct Start<'a> {
    pub(super) model: &'a Arc<Model>,
    pub(super) runtime: &'a Runtime,
    pub(super) workers: usize,
}

impl Start<'_> {
    /// A classifier for each worker, where the configuration wants them.
    fn on_device(&self, config: &NerConfig, graph: Vec<u8>) -> Result<(Vec<Classifier>, Weights), NerError> {
        let cuda = match config.device {
            Device::Cuda(device) => Some(self.classifiers(&graph, Some(device))?),
            Device::Auto if self.runtime.offers_cuda() => self
                .classifiers(&graph, Some(0))
                .inspect_err(
                    |error| tracing::warn!(%error, "the runtime offers CUDA, but it does not start; using the CPU"),
                )
                .ok(),
            Device::Auto | Device::Cpu => None,
        };
        if let Some(classifiers) = cuda {
            return Ok((classifiers, Weights::AsStored));
        }
        let int8 = if config.weights == Weights::Int8 { with_int8_weights(&graph) } else { None };
        self.with_weights(graph, int8)
    }

    /// Classifiers over `int8` where it does what `stored` does, else over `stored`.
    pub(super) fn with_weights(
        &self,
        stored: Vec<u8>,
        int8: Option<Vec<u8>>,
    ) -> Result<(Vec<Classifier>, Weights), NerError> {
        if let Some(int8) = int8 {
            match self.agree(&stored, &int8) {
                Ok(()) => {
                    drop(stored);
                    return Ok((self.classifiers(&int8, None)?, Weights::Int8));
                }
                Err(reason) => {
                    tracing::warn!(%reason, "the model with eight-bit weights is not used; the stored one is slower");
                }
            }
        }
        Ok((self.classifiers(&stored, None)?, Weights::AsStored))
    }

    fn classifiers(&self, graph: &[u8], cuda: Option<u32>) -> Result<Vec<Classifier>, NerError> {
        (0..self.workers).map(|_| self.classifier(graph, cuda)).collect()
    }

    fn classifier(&self, graph: &[u8], cuda: Option<u32>) -> Result<Classifier, NerError> {
        Classifier::new(Arc::clone(self.model), self.runtime.session(graph, cuda)?)
    }

    /// Whether both find the same words, and the same in them, in every probe (L29).
    fn agree(&self, stored: &[u8], int8: &[u8]) -> Result<(), String> {
        let mut int8 = self.classifier(int8, None).map_err(|error| error.to_string())?;
        let mut stored = self.classifier(stored, None).map_err(|error| error.to_string())?;
        let ignores_case = self.model.tokenizer.ignores_case();
        for (number, probe) in PROBES.iter().enumerate() {
            let [found, wanted] = [&mut int8, &mut stored].map(|classifier| {
                let words = classifier.classify(probe).map_err(|error| error.to_string())?;
                Ok::<Vec<_>, String>(
                    decide(ignores_case, probe, words).iter().map(|word| (word.start, word.end, word.class)).collect(),
                )
            });
            if found? != wanted? {
                return Err(format!("it finds other words than the stored model in probe {}", number + 1));
            }
        }
        Ok(())
    }
}

/// Texts with names, places and numbers in several languages, and one with none. All are made up.
const PROBES: &[&str] = &[
    "Please call Maria Gonzalez at +1 415 555 0132 or write to maria.gonzalez@example.com.",
    "Patient John Miller, SSN 536-22-8726, lives at 4417 Old Kettle Road in Springfield.",
    "Guten Tag Frau Müller, Ihre Sendung an die Hauptstraße 12, 10115 Berlin ist unterwegs.",
    "Bonjour, je suis Claire Dubois, j'habite au 8 rue des Lilas, 69003 Lyon.",
    "Hola, me llamo Carlos Herrera y vivo en la calle Mayor 14, Madrid.",
    "my name is priya sharma and i work with tom baker",
    "The committee met again to talk about the budget of the coming year.",
];
