//! `cordon demo`: one request's whole way, on the embedded parts alone.
//!
//! A server of this process stands in for the remote provider: it speaks
//! OpenAI's API over real HTTP, notes what reaches it and answers by the
//! embedded model. Everything else is what `cordon serve` runs.

mod remote;
mod show;

use std::net::TcpListener;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::mpsc::{self, UnboundedReceiver};
use tokio::sync::oneshot;

use super::{Common, Failure, Outcome};
use crate::audit::query::{self, Filter};
use crate::audit::verify;
use crate::config::{self, Environment, Home, Settings};
use crate::detect::{Slot, Span};
use crate::http;
use crate::startup::App;
use crate::store::WhenInUse;
use crate::tenant::{Role, TenantId};

use remote::Remote;
use show::Show;

/// Arguments of `cordon demo`.
#[derive(clap::Args)]
pub(super) struct Args {
    /// The prompt to send
    #[arg(value_name = "PROMPT", default_value = PROMPT)]
    prompt: String,
}

const PROMPT: &str = "Write a short, friendly e-mail to Maria Gonzalez (maria.gonzalez@example.com, \
     phone +1 415 555 0132): her card 4111 1111 1111 1111 was charged twice and we refund it.";

/// How often the record of the request's end is looked for.
const END_CHECKS_MAX: usize = 100;

/// The tenant of the demonstration, and the conversation that its request names.
const TENANT: &str = "demo";
const SESSION: &str = "demo";

/// The local model drafts, the remote one improves.
const POLICY: &str = "description = \"The demonstration's\"\n\n[first_pass]\nmode = \"draft\"\nmax_tokens = 96\n";

pub(super) async fn run(common: &Common, args: Args) -> Outcome {
    let folder = tempfile::tempdir()?;
    let beyond = TcpListener::bind("127.0.0.1:0")?;
    let settings = demo_settings(common, folder.path(), &beyond)?;
    let show = Show::new();
    show.starting();
    let (seen, drafts) = mpsc::unbounded_channel();
    let app = App::start_watched(settings, WhenInUse::Attach, Some(seen)).await?;
    let outcome = demonstrate(&app, beyond, &args.prompt, drafts, &show).await;
    app.stop().await;
    outcome
}

/// A configuration of its own, read as any other is.
fn demo_settings(common: &Common, folder: &Path, beyond: &TcpListener) -> Result<Settings, Failure> {
    let file = folder.join("cordon.toml");
    let address = beyond.local_addr()?;
    let text = format!(
        "policies = \"policies\"\n\n\
         [[provider]]\nname = \"remote\"\nkind = \"openai\"\nbase_url = \"http://{address}/v1\"\n\n\
         [[model]]\nname = \"frontier\"\ntargets = [{{ provider = \"remote\", model = \"embedded\" }}]\n"
    );
    std::fs::create_dir(folder.join("policies"))?;
    std::fs::write(folder.join("policies").join(format!("{TENANT}.toml")), POLICY)?;
    std::fs::write(&file, text)?;
    let home = Home::find(common.home.as_deref())?;
    Ok(config::load(Some(&file), home, &Environment::of_process())?)
}

async fn demonstrate(
    app: &App,
    beyond: TcpListener,
    prompt: &str,
    mut drafts: UnboundedReceiver<String>,
    show: &Show,
) -> Outcome {
    let tenant = TenantId::parse(TENANT)?;
    let Some(model) = app.state.pipeline.local.clone() else {
        return Err(Failure::new("the demonstration needs the embedded model; switch it on in cordon.toml"));
    };
    let spans = spans_of(app, &tenant, prompt).await?;
    show.prompt(prompt, &spans);
    let remote = Remote::start(beyond, model)?;
    let asked = ask(app, &tenant, prompt).await;
    let exchange = remote.exchanges().pop();
    remote.stop().await;
    let (request_id, answer) = asked?;
    let exchange = exchange.ok_or_else(|| Failure::new("nothing reached the remote model"))?;
    if let Ok(draft) = drafts.try_recv() {
        show.first_pass(&draft);
    }
    show.left(&exchange.request);
    show.came_back(text_of(&exchange.answer, "/choices/0/message/content"));
    show.restored(text_of(&answer, "/choices/0/message/content"));
    show_records(app, tenant, &request_id, show).await
}

async fn spans_of(app: &App, tenant: &TenantId, prompt: &str) -> Result<Vec<Span>, Failure> {
    let pipeline = &app.state.pipeline;
    let policy = pipeline.policies.get(tenant)?;
    let mut found = pipeline.detector.detect(&[Slot::text(prompt)], policy.rules()).await?;
    Ok(found.pop().unwrap_or_default())
}

/// Sends the prompt as any client does: over HTTP, with a key of its own.
async fn ask(app: &App, tenant: &TenantId, prompt: &str) -> Result<(String, Value), Failure> {
    let (key_id, key) = app.create_key(tenant, Role::Client).await?;
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let url = format!("http://{}/v1/chat/completions", listener.local_addr()?);
    let (stop, stopped) = oneshot::channel::<()>();
    let server = tokio::spawn(http::serve(listener, app.state.clone(), async { drop(stopped.await) }));
    let body = json!({
        "model": "frontier", "temperature": 0, "max_tokens": 96,
        "messages": [{"role": "user", "content": prompt}],
    });
    let client = reqwest::Client::builder().no_proxy().tls_certs_only([]).build()?;
    let response =
        client.post(url).bearer_auth(key.expose()).header("x-cordon-session", SESSION).json(&body).send().await?;
    let id =
        response.headers().get("x-cordon-request-id").and_then(|id| id.to_str().ok()).unwrap_or_default().to_owned();
    let answer: Value = response.json().await?;
    drop(stop);
    server.await??;
    app.revoke_key(&key_id).await?;
    match answer.get("error") {
        Some(error) => Err(Failure::new(format!("the request was refused: {}", text_of(error, "/message")))),
        None => Ok((id, answer)),
    }
}

async fn show_records(app: &App, tenant: TenantId, request_id: &str, show: &Show) -> Outcome {
    let pool = &app.state.store.pool;
    let filter = Filter { request: Some(request_id.parse()?), ..Filter::of(tenant.clone()) };
    let mut records = query::records(pool, &filter).await?;
    // An answer does not wait for the record of its end, which takes a moment.
    for _ in 0..END_CHECKS_MAX {
        if records.iter().any(|record| record.kind == "ended") {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
        records = query::records(pool, &filter).await?;
    }
    show.records(&records);
    let verdict = verify::verify(pool, &tenant, |_, _| {}).await?;
    show.verdict(&verdict.to_string(), verdict.is_whole());
    Ok(if verdict.is_whole() { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

fn text_of<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}
