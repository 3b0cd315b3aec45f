//! The inference threads and the queue in front of them.

use std::time::Instant;

use metrics::{counter, histogram};
use tokio::sync::oneshot;

use super::NerError;
use super::classifier::Classifier;
use super::words::Word;

/// A window to classify.
pub(super) struct Job {
    model: usize,
    window: String,
    deadline: Instant,
    reply: oneshot::Sender<Result<Vec<Word>, NerError>>,
}

/// How a window enters a full queue.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Admission {
    /// Refused with [`NerError::Busy`]: a new text should fail at once rather
    /// than make everything else late.
    New,
    /// Waits for room: the text was let in before.
    Admitted,
}

/// Dedicated threads, each with its own session for each model, that share nothing
/// but the queue. They end when the pool is dropped.
pub(super) struct Pool {
    queue: flume::Sender<Job>,
}

impl Pool {
    /// A thread for each of `workers`, which hold a classifier for each model.
    pub(super) fn start(workers: Vec<Vec<Classifier>>, queue_len_max: usize) -> Result<Pool, NerError> {
        let (queue, jobs) = flume::bounded(queue_len_max.max(1));
        for (number, classifiers) in workers.into_iter().enumerate() {
            let jobs = jobs.clone();
            std::thread::Builder::new()
                .name(format!("ner-{number}"))
                .spawn(move || work(classifiers, &jobs))
                .map_err(NerError::Threads)?;
        }
        Ok(Pool { queue })
    }

    /// A pool whose queue somebody else serves.
    #[cfg(test)]
    pub(super) fn with_queue(queue: flume::Sender<Job>) -> Pool {
        Pool { queue }
    }

    /// Classifies a window with the `model`th model on one of the threads. When the returned future is
    /// dropped, a window that still waits is not looked at.
    pub(super) async fn classify(
        &self,
        model: usize,
        window: &str,
        deadline: Instant,
        admission: Admission,
    ) -> Result<Vec<Word>, NerError> {
        let (reply, answer) = oneshot::channel();
        let job = Job { model, window: window.to_owned(), deadline, reply };
        match admission {
            Admission::New => self.queue.try_send(job).map_err(|error| match error {
                flume::TrySendError::Full(_) => NerError::Busy,
                flume::TrySendError::Disconnected(_) => NerError::Stopped,
            })?,
            Admission::Admitted => self.queue.send_async(job).await.map_err(|_| NerError::Stopped)?,
        }
        answer.await.unwrap_or(Err(NerError::Stopped))
    }
}

fn work(mut classifiers: Vec<Classifier>, jobs: &flume::Receiver<Job>) {
    for job in jobs {
        if job.reply.is_closed() {
            continue;
        }
        let started = Instant::now();
        if started > job.deadline {
            // The receiver may have gone meanwhile; there is nobody to tell then.
            let _ = job.reply.send(Err(NerError::Deadline));
            continue;
        }
        let words = classifiers[job.model].classify(&job.window);
        histogram!("cordon_ner_inference_seconds").record(started.elapsed());
        counter!("cordon_ner_windows_total").increment(1);
        let _ = job.reply.send(words);
    }
}
