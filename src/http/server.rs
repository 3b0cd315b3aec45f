//! The server: routes, limits, request ids, graceful stop.

use std::future::Future;
use std::io;
use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::{Service, ServiceResponse};
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::{App, HttpMessage, HttpRequest, HttpServer, web};
use tokio::sync::Semaphore;
use uuid::Uuid;

use super::{Verification, audit, dialects, models, operation};
use crate::audit::checkpoint::CheckpointMaker;
use crate::config::ServerSettings;
use crate::pipeline::Pipeline;
use crate::store::Store;
use crate::telemetry::Telemetry;
use crate::tenant::keys::KeyStore;

static REQUEST_ID_HEADER: HeaderName = HeaderName::from_static("x-cordon-request-id");

/// What the routes work with.
pub struct State {
    /// The life of a request.
    pub pipeline: Pipeline,
    /// API keys.
    pub keys: KeyStore,
    /// The database.
    pub store: Store,
    /// Checkpoints of the audit log, and whom they count from.
    pub checkpoints: CheckpointMaker,
    /// Whether the audit log is whole.
    pub verification: Verification,
    /// Metrics.
    pub telemetry: Telemetry,
    /// Limits.
    pub server: ServerSettings,
    /// A permit for each request in work.
    pub places: Arc<Semaphore>,
}

/// The id that names a request in its answer, the logs and the audit log.
#[derive(Clone, Copy)]
pub(super) struct RequestId(pub(super) Uuid);

impl RequestId {
    fn new() -> RequestId {
        RequestId(Uuid::now_v7())
    }

    /// The id that `request` got when it came.
    pub(super) fn of(request: &HttpRequest) -> RequestId {
        request.extensions().get::<RequestId>().map_or_else(RequestId::new, |id| *id)
    }
}

/// Serves on `listener` until `stop` resolves; streams in flight then get the
/// configured time to end.
pub async fn serve(
    listener: TcpListener,
    state: web::Data<State>,
    stop: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let settings = state.server.clone();
    let server = HttpServer::new(move || {
        App::new()
            .app_data(state.clone())
            .app_data(web::PayloadConfig::new(state.server.decoded_body_size_max_bytes))
            .wrap_fn(|request, service| {
                let id = RequestId::new();
                request.extensions_mut().insert(id);
                let answering = service.call(request);
                async move { Ok(with_id(answering.await?, id)) }
            })
            .configure(routes)
    })
    .workers(settings.workers.get())
    .tcp_nodelay(true)
    // Longer than the idle time of usual load balancers, which must be the
    // side that closes (L31).
    .keep_alive(Duration::from_secs(75))
    .client_request_timeout(settings.header_timeout)
    // A client that closes its side is gone: its request must end, and with it
    // the provider's work and the request's place.
    .h1_allow_half_closed(false)
    .shutdown_timeout(settings.shutdown_timeout.as_secs())
    .disable_signals()
    .listen(listener)?
    .run();
    let handle = server.handle();
    let stopping = async move {
        stop.await;
        handle.stop(true).await;
    };
    let (served, ()) = futures_util::future::join(server, stopping).await;
    served
}

fn routes(config: &mut web::ServiceConfig) {
    config
        .configure(dialects::routes)
        .configure(audit::routes)
        .route("/v1/models", web::get().to(models::list))
        .route("/v1/models/{name:.*}", web::get().to(models::one))
        .route("/healthz", web::get().to(operation::healthz))
        .route("/readyz", web::get().to(operation::readyz))
        .route("/metrics", web::get().to(operation::metrics))
        .default_service(web::to(models::unknown));
}

fn with_id<B>(mut response: ServiceResponse<B>, id: RequestId) -> ServiceResponse<B> {
    if let Ok(value) = HeaderValue::from_str(&id.0.to_string()) {
        response.headers_mut().insert(REQUEST_ID_HEADER.clone(), value);
    }
    response
}
