//! The runs. Those whose figures are compared take turns, so that whatever
//! else the machine does meets all of them.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use cordon::store::Store;
use futures_util::future::try_join_all;

use crate::Fallible;
use crate::caller::{Caller, request};
use crate::provider::{EVENTS, delays};
use crate::server::Keys;
use crate::timings::Timings;

const ONE_AFTER_ANOTHER: Duration = Duration::from_secs(30);
const BACK_TO_BACK: Duration = Duration::from_secs(5);
/// Before each call of the first run. A request's second record is written after
/// its answer; a call that comes in that moment waits for two commits, which
/// only a provider that answers at once brings about.
const PAUSE: Duration = Duration::from_millis(8);
const NEW_PROMPTS: Duration = Duration::from_secs(15);
const MANY_AT_ONCE: Duration = Duration::from_secs(8);
const CALLERS: usize = 32;
const WARM_UP: usize = 50;
const PACED_STREAMS: usize = 10;
const BURST_STREAMS: usize = 150;
/// Bytes of the row in the plain INSERT: about those of an audit record.
const ROW_BYTES: usize = 1000;

pub(crate) struct Bench {
    pub(crate) direct: SocketAddr,
    pub(crate) cordon: SocketAddr,
    pub(crate) keys: Keys,
    pub(crate) database: Store,
}

/// One caller, the same prompt again and again, with pauses.
#[derive(Default)]
pub(crate) struct Latency {
    pub(crate) direct: Timings,
    pub(crate) patterns: Timings,
    pub(crate) cached: Timings,
    pub(crate) insert: Timings,
    /// Patterns only, without a pause between the calls.
    pub(crate) back_to_back: Timings,
}

/// One caller, a prompt that was never seen before each time.
#[derive(Default)]
pub(crate) struct NewPrompts {
    pub(crate) direct: Timings,
    pub(crate) cordon: Timings,
}

/// Requests per second of 32 callers.
pub(crate) struct Throughput {
    pub(crate) direct: f64,
    pub(crate) patterns: f64,
    pub(crate) cached: f64,
}

/// One stream after another.
#[derive(Default)]
pub(crate) struct Streams {
    pub(crate) first_direct: Timings,
    pub(crate) first_cordon: Timings,
    pub(crate) unstreamed_direct: Timings,
    pub(crate) unstreamed_cordon: Timings,
    /// How long events are on their way when they come one at a time.
    pub(crate) event_direct: Timings,
    pub(crate) event_cordon: Timings,
    /// Whole streams whose events come all at once.
    pub(crate) burst_direct: Timings,
    pub(crate) burst_cordon: Timings,
}

/// A prompt of 300 characters; another `number` makes another prompt.
fn prompt(number: usize) -> String {
    let start = format!(
        "Case {number}: write to Maria Gonzalez (patient{number}@example.com, +34 612 345 678), who lives at \
         {number} Maple Street in Portland, that her appointment on the account DE89 3704 0044 0532 0130 00 is moved. "
    );
    let filled = start + &"Be polite, keep it short, and say that we are sorry for the change. ".repeat(3);
    filled.chars().take(300).collect()
}

async fn timed(caller: &mut Caller, request: &[u8], timings: &mut Timings) -> Fallible<()> {
    let started = Instant::now();
    caller.call(request).await?;
    timings.push(started.elapsed());
    Ok(())
}

impl Bench {
    pub(crate) async fn one_after_another(&self) -> Fallible<Latency> {
        let patterns = request("plain", &self.keys.patterns, &prompt(0), false);
        let ner = request("plain", &self.keys.ner, &prompt(0), false);
        let (mut direct, mut cordon) = (Caller::connect(self.direct).await?, Caller::connect(self.cordon).await?);
        let table = "CREATE TABLE bench_insert (seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, body bytea)";
        sqlx::raw_sql(table).execute(&self.database.pool).await?;
        for _ in 0..WARM_UP {
            direct.call(&ner).await?;
            cordon.call(&patterns).await?;
            cordon.call(&ner).await?;
            self.insert().await?;
        }
        let mut latency = Latency::default();
        let until = Instant::now() + ONE_AFTER_ANOTHER;
        while Instant::now() < until {
            tokio::time::sleep(PAUSE).await;
            timed(&mut direct, &ner, &mut latency.direct).await?;
            tokio::time::sleep(PAUSE).await;
            timed(&mut cordon, &patterns, &mut latency.patterns).await?;
            tokio::time::sleep(PAUSE).await;
            timed(&mut cordon, &ner, &mut latency.cached).await?;
            tokio::time::sleep(PAUSE).await;
            let started = Instant::now();
            self.insert().await?;
            latency.insert.push(started.elapsed());
        }
        let until = Instant::now() + BACK_TO_BACK;
        while Instant::now() < until {
            timed(&mut cordon, &patterns, &mut latency.back_to_back).await?;
        }
        Ok(latency)
    }

    async fn insert(&self) -> Fallible<()> {
        let body = vec![7u8; ROW_BYTES];
        sqlx::query("INSERT INTO bench_insert (body) VALUES ($1)").bind(body).execute(&self.database.pool).await?;
        Ok(())
    }

    pub(crate) async fn new_prompts(&self) -> Fallible<NewPrompts> {
        let (mut direct, mut cordon) = (Caller::connect(self.direct).await?, Caller::connect(self.cordon).await?);
        let mut timings = NewPrompts::default();
        let until = Instant::now() + NEW_PROMPTS;
        for number in 100_000.. {
            if Instant::now() > until {
                break;
            }
            let new = request("plain", &self.keys.ner, &prompt(number), false);
            timed(&mut direct, &new, &mut timings.direct).await?;
            timed(&mut cordon, &new, &mut timings.cordon).await?;
        }
        Ok(timings)
    }

    pub(crate) async fn many_at_once(&self) -> Fallible<Throughput> {
        let patterns = request("plain", &self.keys.patterns, &prompt(0), false);
        let ner = request("plain", &self.keys.ner, &prompt(0), false);
        Ok(Throughput {
            direct: per_second(self.direct, &ner).await?,
            patterns: per_second(self.cordon, &patterns).await?,
            cached: per_second(self.cordon, &ner).await?,
        })
    }

    pub(crate) async fn streams(&self) -> Fallible<Streams> {
        let (mut direct, mut cordon) = (Caller::connect(self.direct).await?, Caller::connect(self.cordon).await?);
        let [paced, burst] = ["paced", "plain"].map(|model| request(model, &self.keys.patterns, &prompt(0), true));
        let unstreamed = request("plain", &self.keys.patterns, &prompt(0), false);
        let mut streams = Streams::default();
        for _ in 0..PACED_STREAMS {
            streams.event_direct.extend(event_delays(&mut direct, &paced).await?);
            streams.event_cordon.extend(event_delays(&mut cordon, &paced).await?);
        }
        for _ in 0..BURST_STREAMS {
            timed(&mut direct, &unstreamed, &mut streams.unstreamed_direct).await?;
            timed(&mut cordon, &unstreamed, &mut streams.unstreamed_cordon).await?;
            burst_of(&mut direct, &burst, &mut streams.first_direct, &mut streams.burst_direct).await?;
            burst_of(&mut cordon, &burst, &mut streams.first_cordon, &mut streams.burst_cordon).await?;
        }
        Ok(streams)
    }
}

async fn per_second(address: SocketAddr, request: &[u8]) -> Fallible<f64> {
    let started = Instant::now();
    let answered = try_join_all((0..CALLERS).map(|_| async move {
        let mut caller = Caller::connect(address).await?;
        let mut answered = 0;
        while started.elapsed() < MANY_AT_ONCE {
            caller.call(request).await?;
            answered += 1;
        }
        Ok::<_, Box<dyn std::error::Error>>(answered)
    }))
    .await?;
    Ok(f64::from(answered.iter().sum::<u32>()) / started.elapsed().as_secs_f64())
}

async fn event_delays(caller: &mut Caller, request: &[u8]) -> Fallible<Timings> {
    let mut timings = Timings::default();
    let each = |piece: &[u8], at| delays(piece, at).into_iter().for_each(|delay| timings.push(delay));
    caller.call_streamed(request, each).await?;
    if timings.len() < EVENTS * 9 / 10 {
        return Err(format!("of {EVENTS} events {} came as they were sent", timings.len()).into());
    }
    Ok(timings)
}

/// Time to the first piece of the body, and to its end.
async fn burst_of(caller: &mut Caller, request: &[u8], first: &mut Timings, whole: &mut Timings) -> Fallible<()> {
    let started = Instant::now();
    let mut first_at = None;
    caller.call_streamed(request, |_, at| _ = first_at.get_or_insert(at)).await?;
    whole.push(started.elapsed());
    first.push(first_at.ok_or("an empty stream")?.duration_since(started));
    Ok(())
}
