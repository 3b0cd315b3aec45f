//! Log lines: text on a terminal, JSON otherwise, to standard error.

use std::io::IsTerminal;

use tracing::level_filters::LevelFilter;
use tracing::{Level, Metadata};
use tracing_subscriber::filter::{EnvFilter, FilterExt, FilterFn, filter_fn};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::{Layer, Registry};

/// The logs cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum LoggingError {
    /// The level is none.
    #[error("the log level (--log or RUST_LOG) is not understood: {0}; try \"info\" or \"cordon=debug\"")]
    Filter(#[from] tracing_subscriber::filter::ParseError),
    /// Another subscriber is there.
    #[error("logging is set up twice")]
    Twice,
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// For machines: one JSON object a line.
    Json,
}

impl LogFormat {
    /// Text when standard error is a terminal, else JSON.
    pub fn detect() -> LogFormat {
        if std::io::stderr().is_terminal() { LogFormat::Text } else { LogFormat::Json }
    }
}

/// Sets up the process's logs: `level` (`--log`), else `RUST_LOG`, else `info`.
/// Also replaces the panic message, which may quote the text being worked on,
/// by the place of the panic.
pub fn init_logs(level: Option<&str>, format: LogFormat) -> Result<(), LoggingError> {
    let directives =
        level.map(str::to_owned).or_else(|| std::env::var("RUST_LOG").ok().filter(|text| !text.is_empty()));
    let subscriber = subscriber(directives.as_deref().unwrap_or("info"), format, std::io::stderr)?;
    tracing::subscriber::set_global_default(subscriber).map_err(|_| LoggingError::Twice)?;
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(place, "a panic; its message is left out because it may quote a request");
    }));
    Ok(())
}

fn subscriber<W>(
    directives: &str,
    format: LogFormat,
    writer: W,
) -> Result<impl tracing::Subscriber + Send + Sync, LoggingError>
where
    W: for<'w> tracing_subscriber::fmt::MakeWriter<'w> + Send + Sync + 'static,
{
    let filter = EnvFilter::builder().with_default_directive(LevelFilter::INFO.into()).parse(directives)?;
    let layer = tracing_subscriber::fmt::layer().with_writer(writer);
    let layer: Box<dyn Layer<Registry> + Send + Sync> = match format {
        LogFormat::Text => Box::new(layer.with_ansi(std::io::stderr().is_terminal())),
        LogFormat::Json => Box::new(layer.json().flatten_event(true).with_current_span(true).with_span_list(false)),
    };
    Ok(tracing_subscriber::registry().with(layer.with_filter(filter.and(third_party_cap()))))
}

/// Other crates say at `debug` and below what goes over the wire, and `sqlx`
/// quotes statements and the server's notices at every level. No level setting
/// opens that.
fn third_party_cap() -> FilterFn<impl Fn(&Metadata<'_>) -> bool> {
    filter_fn(|metadata| {
        let origin = metadata.target().split("::").next().unwrap_or_default();
        match origin {
            "cordon" => true,
            "sqlx" | "sqlx_core" | "sqlx_postgres" => false,
            _ => *metadata.level() <= Level::WARN,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use std::sync::{Arc, Mutex};

    #[derive(Clone, Default)]
    struct Sink(Arc<Mutex<Vec<u8>>>);

    impl Write for Sink {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    fn logged(directives: &str, format: LogFormat, work: impl FnOnce()) -> String {
        let sink = Sink::default();
        let writer = sink.clone();
        let subscriber = subscriber(directives, format, move || writer.clone()).unwrap();
        tracing::subscriber::with_default(subscriber, work);
        String::from_utf8(sink.0.lock().unwrap().clone()).unwrap()
    }

    /// L41
    #[test]
    fn no_level_setting_lets_other_crates_log_what_goes_over_the_wire() {
        let text = logged("trace,sqlx=trace,hyper=trace", LogFormat::Json, || {
            tracing::warn!(target: "sqlx::query", "select 'planted'");
            tracing::debug!(target: "hyper::proto", "planted");
            tracing::info!(target: "reqwest::connect", "planted");
            tracing::warn!(target: "actix_server", "a warning");
            tracing::trace!(target: "cordon::pipeline", "own");
        });
        assert!(!text.contains("planted"), "{text}");
        assert!(text.contains("a warning") && text.contains("own"), "{text}");
    }

    #[test]
    fn a_json_line_is_one_object_with_its_fields_at_the_top() {
        let text = logged("info", LogFormat::Json, || tracing::info!(target: "cordon", entities = 3, "scrubbed"));
        let line: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(line["entities"], 3);
        assert_eq!(line["message"], "scrubbed");
    }

    #[test]
    fn a_level_that_is_none_is_an_error() {
        assert!(matches!(subscriber("cordon=loud", LogFormat::Text, std::io::stderr), Err(LoggingError::Filter(_))));
    }
}
