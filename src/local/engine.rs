//! The thread that owns the model's context and answers all requests at once (continuous batching).
//!
//! Each request is a sequence of the context. A step decodes one batch: the last token of every running answer, and a
//! piece of each prompt that is still being read. A new request joins at the next step; nobody waits for another's end.

use std::num::NonZeroU32;
use std::sync::mpsc::sync_channel;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use llama_cpp_2::context::LlamaContext;
use llama_cpp_2::context::params::LlamaContextParams;
use llama_cpp_2::llama_batch::{BatchAddError, LlamaBatch};
use llama_cpp_2::model::LlamaModel;

use super::load::backend;
use super::sequence::{Job, Sequence};
use super::{LocalConfig, LocalError};

/// Most prompt tokens in one step. Large batches read prompts faster.
const PROMPT_TOKENS_ALONE: usize = 512;
/// The same while answers are running, which wait for the step to end: about as long as four tokens take on a CPU.
const PROMPT_TOKENS_BESIDE: usize = 64;

/// Starts the thread, and returns once it can serve. It ends when the queue's sender is dropped.
pub(super) fn start(
    model: Arc<LlamaModel>,
    config: &LocalConfig,
    queue: flume::Receiver<Job>,
) -> Result<JoinHandle<()>, LocalError> {
    let (ready, is_ready) = sync_channel(1);
    let config = config.clone();
    let thread = std::thread::Builder::new().name("cordon-local".to_owned()).spawn(move || {
        match new_context(&model, &config) {
            Ok(context) => {
                let _ = ready.send(Ok(()));
                Engine::new(&model, context, &config).run(&queue);
            }
            Err(error) => {
                let _ = ready.send(Err(error));
            }
        }
    })?;
    is_ready.recv().unwrap_or(Err(LocalError::Stopped)).map(|()| thread)
}

fn new_context<'m>(model: &'m LlamaModel, config: &LocalConfig) -> Result<LlamaContext<'m>, LocalError> {
    /// llama.cpp changes the model while a context is made, which must not happen twice at once.
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let out_of_range = |_| LocalError::Config("slots, threads or context_tokens are out of range");
    let slots = u32::try_from(config.slots).map_err(out_of_range)?;
    let threads = i32::try_from(config.threads).map_err(out_of_range)?;
    let threads_batch = i32::try_from(config.threads_batch).map_err(out_of_range)?;
    let cells = config.context_tokens.checked_mul(slots).and_then(NonZeroU32::new);
    let cells = cells.ok_or(LocalError::Config("context_tokens x slots is out of range"))?;
    let batch = batch_tokens(config.slots) as u32;
    let params = LlamaContextParams::default()
        .with_n_ctx(Some(cells))
        .with_n_seq_max(slots)
        .with_n_batch(batch)
        .with_n_ubatch(batch)
        .with_n_threads(threads)
        .with_n_threads_batch(threads_batch)
        .with_no_perf(true);
    let _guard = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    model.new_context(backend()?, params).map_err(|_| LocalError::Unusable {
        path: config.model.clone(),
        reason: "no memory for its context (lower context_tokens or slots)",
    })
}

fn batch_tokens(slots: usize) -> usize {
    PROMPT_TOKENS_ALONE + slots
}

struct Engine<'m> {
    model: &'m LlamaModel,
    context: LlamaContext<'m>,
    batch: LlamaBatch<'static>,
    /// By sequence number of the context.
    slots: Vec<Option<Sequence>>,
}

/// What one sequence has in a batch: how many tokens, and the place of the last one.
struct Share {
    slot: usize,
    tokens: usize,
    last: i32,
}

impl<'m> Engine<'m> {
    fn new(model: &'m LlamaModel, context: LlamaContext<'m>, config: &LocalConfig) -> Self {
        let batch = LlamaBatch::new(batch_tokens(config.slots), 1);
        Self { model, context, batch, slots: (0..config.slots).map(|_| None).collect() }
    }

    /// Answers requests until the queue's sender is gone; what is running then ends without an end.
    fn run(&mut self, queue: &flume::Receiver<Job>) {
        while self.admit(queue) {
            self.drop_cancelled();
            self.step();
        }
    }

    /// Gives free slots to waiting requests; waits for one when there is nothing to do. `false` when all is over.
    fn admit(&mut self, queue: &flume::Receiver<Job>) -> bool {
        if self.slots.iter().all(Option::is_none) {
            let Ok(job) = queue.recv() else { return false };
            self.slots[0] = Some(Sequence::new(job));
        }
        for slot in self.slots.iter_mut().filter(|slot| slot.is_none()) {
            let waiting = std::iter::from_fn(|| queue.try_recv().ok()).find(|job| !job.chunks.is_closed());
            match waiting {
                Some(job) => *slot = Some(Sequence::new(job)),
                None => break,
            }
        }
        !queue.is_disconnected()
    }

    fn drop_cancelled(&mut self) {
        for slot in 0..self.slots.len() {
            if self.slots[slot].as_ref().is_some_and(Sequence::is_cancelled) {
                self.free(slot).into_iter().for_each(Sequence::cancel);
            }
        }
    }

    /// Decodes one batch and hands each sequence that reached its end of text the model's opinion on what follows.
    fn step(&mut self) {
        let shares = match self.fill_batch() {
            Ok(shares) if shares.is_empty() => return,
            Ok(shares) => shares,
            Err(_) => return self.fail_all(),
        };
        if self.context.decode(&mut self.batch).is_err() {
            return self.fail_all();
        }
        for share in shares {
            let Some(sequence) = &mut self.slots[share.slot] else { continue };
            if !sequence.advance(share.tokens) {
                continue;
            }
            if let Some(reason) = sequence.accept(self.model, &self.context, share.last) {
                self.free(share.slot).into_iter().for_each(|sequence| sequence.finish(reason));
            }
        }
    }

    fn fill_batch(&mut self) -> Result<Vec<Share>, BatchAddError> {
        self.batch.clear();
        let running = |slot: &&Sequence| !slot.is_reading();
        let active = || self.slots.iter().flatten();
        let answers = active().filter(running).count();
        let readers = active().count() - answers;
        let budget = if answers > 0 { PROMPT_TOKENS_BESIDE } else { PROMPT_TOKENS_ALONE };
        let prompt_tokens_max = (budget / readers.max(1)).max(1);
        let mut shares = Vec::with_capacity(answers + readers);
        for (slot, sequence) in self.slots.iter().enumerate() {
            let Some(sequence) = sequence else { continue };
            let (start, tokens) = sequence.pending(prompt_tokens_max);
            for (offset, token) in tokens.iter().enumerate() {
                let is_last = offset + 1 == tokens.len();
                self.batch.add(*token, (start + offset) as i32, &[slot as i32], is_last)?;
            }
            shares.push(Share { slot, tokens: tokens.len(), last: self.batch.n_tokens() - 1 });
        }
        Ok(shares)
    }

    fn fail_all(&mut self) {
        tracing::error!("llama.cpp failed to decode a batch; the requests in it are refused");
        for slot in 0..self.slots.len() {
            self.free(slot).into_iter().for_each(|sequence| sequence.fail(LocalError::Compute));
        }
    }

    /// Takes the sequence out of its slot and forgets its tokens.
    fn free(&mut self, slot: usize) -> Option<Sequence> {
        let _ = self.context.clear_kv_cache_seq(u32::try_from(slot).ok(), None, None);
        self.slots[slot].take()
    }
}
