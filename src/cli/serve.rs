//! `cordon serve`: serve the API.

use std::net::{SocketAddr, TcpListener};
use std::process::ExitCode;

use super::paint::{self, Paint};
use super::{Common, Failure, Outcome};
use crate::config::Settings;
use crate::http;
use crate::startup::{self, App};
use crate::store::WhenInUse;
use crate::telemetry::{self, LogFormat};
use crate::tenant::TenantId;

/// Arguments of `cordon serve`.
#[derive(clap::Args)]
pub(super) struct Args {
    /// The address to serve on [default: of cordon.toml, else 127.0.0.1:8080; port 0 takes a free one]
    #[arg(long, value_name = "ADDR")]
    listen: Option<SocketAddr>,
    /// Print a client key of the tenant `default`, kept in the home folder and made
    /// where there is none that holds, and a request that works
    #[arg(long)]
    quickstart: bool,
}

pub(super) fn run(common: &Common, args: Args) -> Outcome {
    telemetry::init_logs(common.log.as_deref(), LogFormat::detect())?;
    let settings = common.serving_settings()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(serve(settings, args))
}

async fn serve(mut settings: Settings, args: Args) -> Outcome {
    settings.listen = args.listen.unwrap_or(settings.listen);
    // Bound first: an address that is taken must not start a database.
    let listener = TcpListener::bind(settings.listen).map_err(|error| {
        Failure::new(format!("cannot listen on {}: {error}; choose another by --listen", settings.listen))
    })?;
    let address = listener.local_addr()?;
    let app = App::start(settings, WhenInUse::Refuse).await?;
    // Before anybody is told that it serves: a stop must be recorded.
    let stop = startup::stop_signal();
    if args.quickstart {
        print_quickstart(&app, address).await?;
    }
    let warming = app.state.clone();
    tokio::spawn(async move { warming.pipeline.upstream.warm(&warming.pipeline.settings.targets).await });
    tracing::info!(%address, detector = app.state.pipeline.detector_version(), "serving");
    let served = http::serve(listener, app.state.clone(), stop).await;
    tracing::info!("stopping: no more requests are taken, the audit log is flushed");
    app.stop().await;
    served?;
    Ok(ExitCode::SUCCESS)
}

async fn print_quickstart(app: &App, address: SocketAddr) -> Result<(), Failure> {
    let tenant = TenantId::parse("default")?;
    let key = app.quickstart_key(&tenant).await?;
    let model = app.state.pipeline.models(&tenant)?.into_iter().next().unwrap_or_default();
    let paint = Paint::for_stdout();
    let heading = |text: &str| paint.with(paint::HEADING, text);
    say!("{} http://{address}/v1", heading("base URL  "));
    say!("{} {}", heading("client key"), key);
    say!("{} make a first request:\n", heading("try it    "));
    say!("curl -s http://{address}/v1/chat/completions \\");
    say!("  -H 'Authorization: Bearer {}' \\", key);
    say!("  -H 'Content-Type: application/json' \\");
    say!(
        "  -d '{{\"model\": \"{model}\", \"messages\": [{{\"role\": \"user\", \"content\": \"Write one line to Maria Gonzalez, maria@example.com.\"}}]}}'\n"
    );
    Ok(())
}
