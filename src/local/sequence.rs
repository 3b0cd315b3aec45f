//! One request while it is being answered.

use std::time::Instant;

use llama_cpp_2::context::LlamaContext;
use llama_cpp_2::model::LlamaModel;
use llama_cpp_2::sampling::LlamaSampler;
use llama_cpp_2::token::LlamaToken;
use tokio::sync::mpsc;

use super::output::{Output, Progress};
use super::{Chunk, End, FinishReason, LocalError};

/// llama.cpp draws a random seed in place of this one (`LLAMA_DEFAULT_SEED`).
const RANDOM_SEED: u32 = u32::MAX;

/// A request as it waits in the queue.
pub(super) struct Job {
    pub(super) prompt: Vec<LlamaToken>,
    pub(super) completion_tokens_max: usize,
    pub(super) sampling: Sampling,
    pub(super) stop: Vec<String>,
    pub(super) chunks: mpsc::UnboundedSender<Result<Chunk, LocalError>>,
}

/// How tokens are chosen.
#[derive(Clone, Copy)]
pub(super) struct Sampling {
    pub(super) temperature: f32,
    pub(super) top_p: f32,
    pub(super) seed: Option<u32>,
}

impl Sampling {
    fn sampler(self) -> LlamaSampler {
        if self.temperature <= 0.0 {
            return LlamaSampler::greedy();
        }
        LlamaSampler::chain(
            [
                LlamaSampler::temp(self.temperature),
                LlamaSampler::top_p(self.top_p, 1),
                LlamaSampler::dist(self.seed.unwrap_or(RANDOM_SEED)),
            ],
            true,
        )
    }
}

/// A request that has a slot. Its tokens are first those of the prompt, then those it answered with.
pub(super) struct Sequence {
    job: Job,
    sampler: LlamaSampler,
    output: Output,
    tokens_decoded: usize,
    next: Option<LlamaToken>,
    completion_tokens: usize,
    logprob_sum: f64,
    first_token_at: Option<Instant>,
}

impl Sequence {
    pub(super) fn new(mut job: Job) -> Self {
        Self {
            sampler: job.sampling.sampler(),
            output: Output::new(std::mem::take(&mut job.stop)),
            job,
            tokens_decoded: 0,
            next: None,
            completion_tokens: 0,
            logprob_sum: 0.0,
            first_token_at: None,
        }
    }

    /// Whether nobody waits for the answer any more.
    pub(super) fn is_cancelled(&self) -> bool {
        self.job.chunks.is_closed()
    }

    /// Whether a part of the prompt is still to be read.
    pub(super) fn is_reading(&self) -> bool {
        self.tokens_decoded < self.job.prompt.len()
    }

    /// The tokens to decode next, at most `prompt_tokens_max` of the prompt, and the position of the first.
    pub(super) fn pending(&self, prompt_tokens_max: usize) -> (usize, &[LlamaToken]) {
        let tokens = if self.is_reading() {
            let rest = &self.job.prompt[self.tokens_decoded..];
            &rest[..rest.len().min(prompt_tokens_max)]
        } else {
            self.next.as_slice()
        };
        (self.tokens_decoded, tokens)
    }

    /// Notes that `tokens` more were decoded, and says whether the model has now an opinion on the next token.
    pub(super) fn advance(&mut self, tokens: usize) -> bool {
        self.tokens_decoded += tokens;
        !self.is_reading()
    }

    /// Chooses the next token from what the model says at `index` of the decoded batch, and sends its text. `Some` when
    /// the answer is whole.
    pub(super) fn accept(&mut self, model: &LlamaModel, context: &LlamaContext, index: i32) -> Option<FinishReason> {
        let vocab = model.vocab();
        let token = self.sampler.sample(context, index);
        self.first_token_at.get_or_insert_with(Instant::now);
        if vocab.is_eog(token) {
            return Some(FinishReason::Stop);
        }
        self.completion_tokens += 1;
        self.logprob_sum += logprob(context.get_logits_ith(index), token);
        self.next = Some(token);
        let mut piece = String::new();
        let progress = self.output.push(&vocab.token_to_piece(token, false, None), &mut piece);
        self.send(piece);
        match progress {
            Progress::Stopped => Some(FinishReason::Stop),
            Progress::Continue if self.completion_tokens >= self.job.completion_tokens_max => {
                Some(FinishReason::Length)
            }
            Progress::Continue => None,
        }
    }

    /// Sends what is left of the text, and the end.
    pub(super) fn finish(mut self, finish_reason: FinishReason) {
        let mut piece = String::new();
        self.output.finish(&mut piece);
        self.send(piece);
        self.count();
        let mean_logprob = self.logprob_sum / self.completion_tokens.max(1) as f64;
        let end = End {
            finish_reason,
            prompt_tokens: u32::try_from(self.job.prompt.len()).unwrap_or(u32::MAX),
            completion_tokens: u32::try_from(self.completion_tokens).unwrap_or(u32::MAX),
            mean_logprob: mean_logprob as f32,
        };
        let _ = self.job.chunks.send(Ok(Chunk::End(end)));
    }

    /// Ends the answer with an error.
    pub(super) fn fail(self, error: LocalError) {
        self.count();
        let _ = self.job.chunks.send(Err(error));
    }

    /// Counts the work of a request that nobody waits for any more.
    pub(super) fn cancel(self) {
        self.count();
    }

    fn send(&self, piece: String) {
        if !piece.is_empty() {
            let _ = self.job.chunks.send(Ok(Chunk::Piece(piece)));
        }
    }

    fn count(&self) {
        let prompt_tokens = self.tokens_decoded.min(self.job.prompt.len());
        metrics::counter!("cordon_local_tokens_total", "kind" => "prompt").increment(prompt_tokens as u64);
        metrics::counter!("cordon_local_tokens_total", "kind" => "completion").increment(self.completion_tokens as u64);
        if let Some(first) = self.first_token_at.filter(|_| self.completion_tokens > 1) {
            let seconds = first.elapsed().as_secs_f64().max(f64::EPSILON);
            metrics::histogram!("cordon_local_tokens_per_second").record((self.completion_tokens - 1) as f64 / seconds);
        }
    }
}

/// The natural logarithm of the probability that the logits give a token (log-softmax).
fn logprob(logits: &[f32], token: LlamaToken) -> f64 {
    let max = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let sum: f32 = logits.iter().map(|logit| (logit - max).exp()).sum();
    let logit = logits.get(token.0 as usize).copied().unwrap_or(max);
    f64::from(logit - max) - f64::from(sum).ln()
}
